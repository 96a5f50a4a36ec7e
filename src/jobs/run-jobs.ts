// Runs queued jobs: by polling, or all that wait once.
import type { Dependencies } from '../domain/context.ts'
import { errorFields } from '../observability/log.ts'
import { type JobData, QUEUES, type QueueName } from '../queue/queue-names.ts'
import { TASKS } from './tasks.ts'

type Job = { id: string; data: JobData; retryCount: number }

/** Seconds between two looks at a queue. */
const POLL_SECONDS = 1
/** Jobs of one kind at once in this process: a long one of one tenant leaves room for another's. */
const AT_ONCE = 2
/** Jobs taken from a queue in one go when all are run. */
const DRAIN_BATCH = 20

const NAMES = Object.keys(QUEUES) as QueueName[]

/** Polls all queues until the answered function is called, which waits for the jobs under way. */
export async function pollQueues(dependencies: Dependencies): Promise<() => Promise<void>> {
  const { boss } = dependencies.queue
  for (const name of NAMES) {
    await boss.work<JobData>(
      name,
      { batchSize: 1, pollingIntervalSeconds: POLL_SECONDS, localConcurrency: AT_ONCE },
      async jobs => {
        for (const job of jobs) await runJob(dependencies, name, job)
      },
    )
  }
  return async () => {
    await Promise.all(NAMES.map(name => boss.offWork(name, { wait: true })))
  }
}

/** Runs every job that waits now; answers how many. A failure is left to the queue's retries. */
export async function drainQueues(dependencies: Dependencies): Promise<number> {
  const { boss } = dependencies.queue
  let ran = 0
  for (const name of NAMES) {
    const jobs = await boss.fetch<JobData>(name, { batchSize: DRAIN_BATCH })
    for (const job of jobs) {
      ran++
      try {
        await runJob(dependencies, name, job)
        await boss.complete(name, job.id)
      } catch {
        await boss.fail(name, job.id)
      }
    }
  }
  return ran
}

async function runJob(dependencies: Dependencies, name: QueueName, job: Job): Promise<void> {
  const started = performance.now()
  const fields = { queue: name, job: job.id, tenant: job.data.tenantId }
  try {
    await dependencies.region.requireAgreement()
    await TASKS[name](dependencies, { data: job.data, last: job.retryCount >= QUEUES[name].retryLimit })
    dependencies.log.debug({ ...fields, ms: Math.round(performance.now() - started) }, 'a job is done')
  } catch (error) {
    dependencies.log.error({ ...fields, ...errorFields(error) }, 'a job failed')
    throw error
  }
}
