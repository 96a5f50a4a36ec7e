// Postgres through postgres.js, and Drizzle over the same connection for cold queries.
import { readFileSync } from 'node:fs'
import { drizzle, type PostgresJsDatabase } from 'drizzle-orm/postgres-js'
import postgres, { type Sql, type TransactionSql } from 'postgres'

/** One transaction of one tenant: `sql` for plain SQL, `orm` for typed cold queries. Row security sees `tenantId`. */
export type Tx = { sql: TransactionSql; orm: PostgresJsDatabase; tenantId: string }

export type Database = {
  /** For functions that set the tenant themselves, and for tables that belong to no tenant. */
  sql: Sql
  orm: PostgresJsDatabase
  /** Runs `work` in one transaction in which row security admits only this tenant's rows. */
  transaction<T>(tenantId: string, work: (tx: Tx) => Promise<T>): Promise<T>
  close(): Promise<void>
}

export type DatabaseOptions = {
  url: string
  poolMax: number
  caFile?: string
  applicationName?: string
  /** Connections that were idle for so long are closed. */
  idleSeconds?: number
  /** Called with the seconds that a transaction waited for a connection. */
  onWait?: (seconds: number) => void
  /** How long a transaction waits for a connection before it fails with the code POOL_WAIT. */
  poolWaitMs?: number
}

// Longer than any statement of ours runs; a stuck one must not hold a pooled connection.
const STATEMENT_TIMEOUT_MS = 15_000
const LOCK_TIMEOUT_MS = 8_000
const IDLE_IN_TRANSACTION_TIMEOUT_MS = 10_000
const CONNECT_TIMEOUT_SECONDS = 5
// A caller is told to come back rather than left hanging behind statements that are stuck.
export const POOL_WAIT_MS = 10_000
const TENANT_ID = /^[a-z0-9][a-z0-9-]{0,39}$/

export function openDatabase(options: DatabaseOptions): Database {
  const { url, ...target } = connectionTarget(options)
  const sql = postgres(url, {
    max: options.poolMax,
    connect_timeout: CONNECT_TIMEOUT_SECONDS,
    idle_timeout: options.idleSeconds,
    onnotice: () => {},
    ...target,
    connection: {
      application_name: options.applicationName ?? 'panless',
      statement_timeout: STATEMENT_TIMEOUT_MS,
      lock_timeout: LOCK_TIMEOUT_MS,
      idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_TIMEOUT_MS,
    },
    types: { bigint: INTEGERS, json: JSON_TEXT },
  }) as unknown as Sql
  const { poolWaitMs = POOL_WAIT_MS } = options
  return {
    sql,
    orm: ormOver(sql),
    transaction<T>(tenantId: string, work: (tx: Tx) => Promise<T>): Promise<T> {
      const asked = performance.now()
      return new Promise<T>((resolve, reject) => {
        let gaveUp = false
        const timer = setTimeout(() => {
          gaveUp = true
          reject(new PoolWait())
        }, poolWaitMs)
        const done = sql.begin(async tx => {
          clearTimeout(timer)
          // The connection came too late: nothing is done with it.
          if (gaveUp) throw new PoolWait()
          options.onWait?.((performance.now() - asked) / 1000)
          await tx.unsafe(setTenant(tenantId))
          return work({
            sql: tx,
            // Made when it is asked for: most transactions go without.
            get orm() {
              return ormOver(tx)
            },
            tenantId,
          })
        }) as Promise<T>
        done.then(resolve, reject).finally(() => clearTimeout(timer))
      })
    },
    close: () => sql.end({ timeout: 5 }),
  }
}

/** No connection came free in time; nothing was sent to the database. */
class PoolWait extends Error {
  readonly code = 'POOL_WAIT'
  constructor() {
    super('no connection came free in time')
  }
}

/** `SET LOCAL`, not set_config(): only the former reaches the workers of a distributed Postgres. */
export function setTenant(tenantId: string): string {
  if (!TENANT_ID.test(tenantId)) throw new Error('ill-formed tenant id')
  return `set local app.tenant = '${tenantId}'`
}

/** Drizzle changes the parsers of the client that it is given, so it gets a copy and dates stay dates for plain SQL. */
function ormOver(sql: Sql | TransactionSql): PostgresJsDatabase {
  const facade = new Proxy(sql, {
    get: (target, name) => (name === 'options' ? { parsers: {}, serializers: {} } : Reflect.get(target, name, target)),
  })
  return drizzle(facade as Sql)
}

/** bigint columns hold amounts and counters, all far below 2^53; anything else is a fault worth stopping for. */
const INTEGERS = {
  to: 20,
  from: [20],
  serialize: (value: number | bigint | string) => String(value),
  parse: (text: string) => {
    const value = Number(text)
    if (!Number.isSafeInteger(value)) throw new RangeError('an integer from the database is out of range')
    return value
  },
}

/** Text is taken as JSON that is already written; that is how Drizzle hands it over. */
const JSON_TEXT = {
  to: 3802,
  from: [114, 3802],
  serialize: (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value)),
  parse: (text: string) => JSON.parse(text) as unknown,
}

/** postgres.js sends what it does not know of a URL as a server setting, so socket and TLS are taken out of it here. */
export function connectionTarget({ url, caFile }: { url: string; caFile?: string }) {
  const parsed = new URL(url)
  const socket = parsed.searchParams.get('host')
  const mode = parsed.searchParams.get('sslmode')
  parsed.searchParams.delete('host')
  parsed.searchParams.delete('sslmode')
  return {
    url: parsed.href,
    ...(socket?.startsWith('/') ? { host: socket, port: Number(parsed.port || 5432) } : {}),
    ...(mode === 'verify-full'
      ? { ssl: { rejectUnauthorized: true, ...(caFile ? { ca: readFileSync(caFile, 'utf8') } : {}) } }
      : {}),
  }
}
