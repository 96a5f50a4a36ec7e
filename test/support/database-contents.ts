// What a suite's database really holds, read past row security: for tests that say what must not be stored.
import postgres from 'postgres'
import type { SuiteDatabase } from './database.ts'

/** Runs `work` on one connection and closes it, whatever becomes of it. */
export async function connected<Value>(url: string, work: (sql: postgres.Sql) => Promise<Value>): Promise<Value> {
  const sql = postgres(url, { max: 1, onnotice: () => {}, types: { bigint: postgres.BigInt } })
  try {
    return await work(sql as unknown as postgres.Sql)
  } finally {
    await sql.end()
  }
}

export const asSuperuser = <Value>(
  database: Pick<SuiteDatabase, 'superuserUrl'>,
  work: (sql: postgres.Sql) => Promise<Value>,
) => connected(database.superuserUrl, work)

export type TableText = { table: string; rows: string[] }

/** Every row of every table (the queue's too) as text; bytes as the text that they would be if they were any. */
export async function databaseTexts(database: Pick<SuiteDatabase, 'superuserUrl'>): Promise<TableText[]> {
  return asSuperuser(database, async sql => {
    const tables = await sql<{ name: string; bytes: string[] | null }[]>`
      select format('%I.%I', n.nspname, c.relname) as name,
             (select array_agg(a.attname::text) from pg_attribute a
               where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.atttypid = 'bytea'::regtype) as bytes
        from pg_class c join pg_namespace n on n.oid = c.relnamespace
       where c.relkind = 'r' and n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast') order by 1`
    const texts: TableText[] = []
    for (const { name, bytes } of tables) {
      const rows = await sql.unsafe<{ row: string }[]>(`select t::text as row from ${name} t`)
      const raw: string[] = []
      for (const column of bytes ?? []) {
        const values = await sql.unsafe<{ value: Buffer }[]>(
          `select "${column}" as value from ${name} where "${column}" is not null`,
        )
        raw.push(...values.map(({ value }) => value.toString('latin1')))
      }
      texts.push({ table: name, rows: [...rows.map(({ row }) => row), ...raw] })
    }
    return texts
  })
}

/** The tables that hold a text; none when it is nowhere. */
export const tablesHolding = (texts: readonly TableText[], needle: string): string[] =>
  texts.filter(({ rows }) => rows.some(row => row.includes(needle))).map(({ table }) => table)
