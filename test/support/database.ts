// A database of its own for each suite, cloned from the migrated template.
import { randomBytes } from 'node:crypto'
import postgres from 'postgres'
import { inject } from 'vitest'
import type {} from './global-setup.ts'

export interface SuiteDatabase {
  name: string
  superuserUrl: string
  ownerUrl: string
  /** The service's role: neither owner nor superuser. */
  appUrl: string
  /** Drops the database; fails when a connection of the service or the owner was left open. */
  drop(): Promise<void>
}

/** A connection that is being closed takes a moment to leave pg_stat_activity. */
const CLOSING_GRACE_MS = 2_000

/** Clones the template. Call {@link SuiteDatabase.drop} after the last test: a leaked connection fails the suite there. */
export async function createSuiteDatabase(): Promise<SuiteDatabase> {
  const server = inject('postgres')
  const name = `suite_${randomBytes(8).toString('hex')}`
  await asSuperuser(sql => sql.unsafe(`create database ${name} template ${server.template} owner panless_owner`))
  return {
    name,
    superuserUrl: server.superuserUrl + name,
    ownerUrl: server.ownerUrl + name,
    appUrl: server.appUrl + name,
    drop: () => drop(name),
  }
}

async function drop(name: string): Promise<void> {
  await asSuperuser(async sql => {
    const leaked = await connectionsLeft(sql, name)
    await sql.unsafe(`drop database ${name} with (force)`)
    if (leaked.length > 0) throw new Error(`connections left open: ${leaked.join(', ')}`)
  })
}

async function connectionsLeft(sql: postgres.Sql, name: string): Promise<string[]> {
  const until = performance.now() + CLOSING_GRACE_MS
  for (;;) {
    const rows = await sql<{ who: string }[]>`
      select application_name || ' (' || coalesce(state, 'no state') || ')' as who from pg_stat_activity
      where datname = ${name} and backend_type = 'client backend'`
    if (rows.length === 0 || performance.now() > until) return rows.map(row => row.who)
    await sql`select pg_sleep(0.02)`
  }
}

async function asSuperuser<T>(work: (sql: postgres.Sql) => Promise<T>): Promise<T> {
  const sql = postgres(`${inject('postgres').superuserUrl}postgres`, { max: 1, onnotice: () => {} })
  try {
    return await work(sql)
  } finally {
    await sql.end()
  }
}
