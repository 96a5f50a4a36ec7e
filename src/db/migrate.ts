// Brings a database to this version's schema, under a lock, and tells whether a database is at it.
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { drizzle } from 'drizzle-orm/postgres-js'
import { migrate as applyMigrations } from 'drizzle-orm/postgres-js/migrator'
import postgres, { type Sql } from 'postgres'
import { connectionTarget } from './client.ts'

// Any number, as long as every panless uses the same: two that migrate at once take turns.
const MIGRATION_LOCK = 7_265_315

export type MigrationState = { applied: number; known: number; state: 'current' | 'behind' | 'ahead' }

/** Applies what is missing. `alongside` runs under the same lock: the queue library makes its own schema there. */
export async function migrate(options: {
  url: string
  caFile?: string
  alongside?: (url: string) => Promise<void>
}): Promise<MigrationState> {
  const { url, ...target } = connectionTarget(options)
  const sql = postgres(url, { ...target, max: 1, onnotice: () => {} })
  try {
    await sql`select pg_advisory_lock(${MIGRATION_LOCK})`
    await applyMigrations(drizzle(sql), { migrationsFolder: migrationsFolder() })
    await options.alongside?.(options.url)
    return await migrationState(sql)
  } finally {
    await sql.end({ timeout: 5 })
  }
}

/** Compares what the database has with what this version brings; the app's role may ask. */
export async function migrationState(sql: Sql): Promise<MigrationState> {
  const journal = JSON.parse(readFileSync(`${migrationsFolder()}/meta/_journal.json`, 'utf8')) as {
    entries: { when: number }[]
  }
  const times = journal.entries.map(entry => entry.when)
  const [exists] = await sql`select to_regclass('drizzle.__drizzle_migrations') is not null as there`
  const rows = exists?.there ? await sql`select created_at::text as at from drizzle.__drizzle_migrations` : []
  const applied = rows.map(row => Number(row.at))
  const state = applied.some(at => !times.includes(at)) ? 'ahead' : applied.length < times.length ? 'behind' : 'current'
  return { applied: applied.length, known: times.length, state }
}

/** Beside the bundle in an image, at the top of the repository otherwise. */
function migrationsFolder(): string {
  const beside = fileURLToPath(new URL('./drizzle', import.meta.url))
  return existsSync(`${beside}/meta/_journal.json`) ? beside : fileURLToPath(new URL('../../drizzle', import.meta.url))
}
