// The worker: for each tenant and kind of work a loop of its own, quick while there is something to do and slow when
// not, beside the queued jobs. Nothing is held in memory that another worker would need.
import type { Dependencies } from '../domain/context.ts'
import { errorFields } from '../observability/log.ts'
import { ROW_WORK, type RowWork } from './row-work.ts'
import { drainQueues, pollQueues } from './run-jobs.ts'

export type Worker = {
  /** Starts nothing new and waits for what is under way. */
  stop(): Promise<void>
  /** Does everything that is due, once. */
  runDue(): Promise<void>
}

/** How soon a new tenant's work is begun. */
const TENANTS_EVERY_MS = 3_000
/** So many looks a second that find nothing are spent on all tenants together, at most. */
const IDLE_LOOKS_PER_SECOND = 100
/** After a failure a loop waits so long, so that a database that is down is not hammered. */
const AFTER_FAILURE_MS = 2_000
/** Each round may make work for the next: events ask for jobs, jobs bring events. More rounds than this is a circle. */
const ROUNDS_MAX = 20

/** Starts working and comes back. */
export async function startWorker(dependencies: Dependencies): Promise<Worker> {
  const stopping = new AbortController()
  const loops = new Set<Promise<void>>()
  const begun = new Set<string>()
  const stopQueues = await pollQueues(dependencies)

  async function watchTenants(): Promise<void> {
    while (!stopping.signal.aborted) {
      try {
        const tenants = await dependencies.tenants.list()
        for (const { id } of tenants) {
          if (begun.has(id)) continue
          begun.add(id)
          for (const [name, work] of Object.entries(ROW_WORK)) loops.add(loop(id, name, work))
        }
        await pause(TENANTS_EVERY_MS, stopping.signal)
      } catch (error) {
        dependencies.log.error(errorFields(error), 'the tenants could not be read')
        await pause(AFTER_FAILURE_MS, stopping.signal)
      }
    }
  }

  async function loop(tenantId: string, name: string, work: RowWork): Promise<void> {
    while (!stopping.signal.aborted) {
      const did = await pass(dependencies, tenantId, name, work)
      if (did === null) await pause(AFTER_FAILURE_MS, stopping.signal)
      else if (did === 0) await pause(idlePause(work, begun.size), stopping.signal)
    }
  }

  loops.add(watchTenants())
  return {
    async stop() {
      stopping.abort()
      await Promise.all([stopQueues(), ...loops])
    },
    runDue: () => runDueWork(dependencies),
  }
}

/** Everything that is due for every tenant, without timers: for tests and the command line. */
export async function runDueWork(dependencies: Dependencies): Promise<void> {
  for (let round = 0; round < ROUNDS_MAX; round++) {
    let did = 0
    for (const { id } of await dependencies.tenants.list()) {
      for (const [name, work] of Object.entries(ROW_WORK)) did += (await pass(dependencies, id, name, work)) ?? 0
    }
    did += await drainQueues(dependencies)
    if (did === 0) return
  }
}

/** One batch of one kind of work; null when it failed. */
async function pass(dependencies: Dependencies, tenantId: string, name: string, work: RowWork): Promise<number | null> {
  try {
    await dependencies.region.requireAgreement()
    return await work.run(dependencies, tenantId)
  } catch (error) {
    dependencies.log.error({ tenant: tenantId, name, ...errorFields(error) }, 'background work failed')
    return null
  }
}

/** With many tenants each is looked at less often. */
const idlePause = (work: RowWork, tenants: number): number =>
  Math.max(work.idleMs, (tenants * Object.keys(ROW_WORK).length * 1000) / IDLE_LOOKS_PER_SECOND)

function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve()
  return new Promise(resolve => {
    const end = () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', end)
      resolve()
    }
    const timer = setTimeout(end, ms)
    signal.addEventListener('abort', end, { once: true })
  })
}
