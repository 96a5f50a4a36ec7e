// Puts work on the queue in the transaction that asks for it.
import { PgBoss } from 'pg-boss'
import { connectionTarget, type Tx } from '../db/client.ts'
import { type JobData, QUEUES, type QueueName } from './queue-names.ts'

export type Queue = {
  /** `singletonKey`: while a job with this key waits, another is not added. */
  enqueue(tx: Tx, name: QueueName, data: JobData, options?: { singletonKey?: string }): Promise<void>
  /** Jobs that wait, by queue: for metrics. */
  depths(): Promise<Record<string, number>>
  /** The library itself, for the worker alone. */
  boss: PgBoss
  close(): Promise<void>
}

export const QUEUE_SCHEMA = 'pgboss'
const CLOSE_TIMEOUT_MS = 10_000

export type QueueOptions = { url: string; caFile?: string; onError: (error: Error) => void; work: boolean }

/** Starts the queue; with `work`, this process also keeps its clocks and clears its tables. */
export async function openQueue(options: QueueOptions): Promise<Queue> {
  const boss = new PgBoss({
    ...pgOptions(options),
    schema: QUEUE_SCHEMA,
    migrate: false,
    createSchema: false,
    supervise: options.work,
    schedule: options.work,
    max: 2,
    application_name: 'panless-queue',
  })
  boss.on('error', options.onError)
  await boss.start()
  return {
    boss,
    async enqueue(tx, name, data, { singletonKey } = {}) {
      const db = { executeSql: async (text: string, values?: unknown[]) => runIn(tx, text, values) }
      await boss.send(name, data, { db, ...(singletonKey ? { singletonKey } : {}) })
    },
    async depths() {
      const queues = await boss.getQueues()
      return Object.fromEntries(queues.map(queue => [queue.name, queue.queuedCount ?? 0]))
    },
    close: () => boss.stop({ graceful: true, timeout: CLOSE_TIMEOUT_MS }),
  }
}

async function runIn(tx: Tx, text: string, values: unknown[] = []) {
  const rows = await tx.sql.unsafe(text, values as never[])
  return { rows: [...rows] }
}

/** Makes the queue library's schema and our queues, as the owner, and lets the service's role use them. */
export async function migrateQueue(url: string, caFile?: string): Promise<void> {
  const boss = new PgBoss({
    ...pgOptions({ url, caFile }),
    schema: QUEUE_SCHEMA,
    supervise: false,
    schedule: false,
    max: 1,
  })
  await boss.start()
  try {
    for (const [name, options] of Object.entries(QUEUES)) {
      const known = await boss.getQueue(name)
      if (!known) await boss.createQueue(name, { ...options, partition: false })
    }
    await boss.getDb().executeSql(
      `grant usage on schema ${QUEUE_SCHEMA} to panless_app;
       grant select, insert, update, delete on all tables in schema ${QUEUE_SCHEMA} to panless_app;
       grant usage on all sequences in schema ${QUEUE_SCHEMA} to panless_app;
       grant execute on all functions in schema ${QUEUE_SCHEMA} to panless_app;`,
    )
  } finally {
    await boss.stop({ graceful: false })
  }
}

/** The `pg` driver takes a socket directory as its host, and TLS as an option. */
function pgOptions(options: { url: string; caFile?: string }) {
  const { url, ssl, host, port } = connectionTarget(options)
  const parsed = new URL(url)
  return {
    host: host ?? parsed.hostname,
    port: port ?? Number(parsed.port || 5432),
    user: decodeURIComponent(parsed.username),
    password: decodeURIComponent(parsed.password),
    database: parsed.pathname.slice(1),
    ...(ssl ? { ssl } : {}),
  }
}
