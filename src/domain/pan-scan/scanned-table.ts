// Tables as the scan for card numbers reads them: whole, in bounded pages, as the app's role sees them.
import type { Sql, TransactionSql } from 'postgres'

/** Rows are at most some 100 KiB, so a page stays in memory and under the statement timeout. */
export const PAGE_ROWS = 200

export type ScannedTable = {
  schema: string
  name: string
  ofTenant: boolean
  readable: boolean
  /** The planner's guess, for the progress bar. */
  rowsGuess: number
  columns: { name: string; bytes: boolean }[]
  /** Columns of the primary key, in its order; empty without one. */
  key: { name: string; type: string }[]
}

export type Page = { rows: { key: string[]; values: (string | Buffer | null)[] }[]; next: string[] | null }

/** Every table outside the system's schemas; partitions are read through their parents. */
export async function scannedTables(sql: Sql): Promise<ScannedTable[]> {
  const rows = await sql<ScannedTable[]>`
    select n.nspname as schema, c.relname as name, greatest(c.reltuples, 0)::float8 as "rowsGuess",
           has_schema_privilege(n.oid, 'usage') and has_table_privilege(c.oid, 'select') as readable,
           exists (select 1 from pg_attribute a where a.attrelid = c.oid and a.attname = 'tenant_id' and not a.attisdropped) as "ofTenant",
           coalesce((select json_agg(json_build_object('name', a.attname, 'bytes', t.typname = 'bytea') order by a.attnum)
              from pg_attribute a join pg_type t on t.oid = a.atttypid
             where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and t.typcategory not in ('B', 'D', 'T')), '[]') as columns,
           coalesce((select json_agg(json_build_object('name', a.attname, 'type', format_type(a.atttypid, a.atttypmod))
                                     order by array_position(i.indkey::int2[], a.attnum))
              from pg_index i join pg_attribute a on a.attrelid = c.oid and a.attnum = any (i.indkey::int2[])
             where i.indrelid = c.oid and i.indisprimary), '[]') as key
      from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where c.relkind in ('r', 'p', 'm') and not c.relispartition
       and n.nspname not in ('pg_catalog', 'information_schema') and n.nspname not like 'pg\\_%'
     order by n.nspname, c.relname`
  return [...rows]
}

/** Reads the page after a key; rows come in the order of the key, or of their place where there is none. */
export async function readPage(sql: Sql | TransactionSql, table: ScannedTable, after: string[] | null): Promise<Page> {
  const key =
    table.key.length > 0 ? table.key.map(part => ({ ...part, sql: quoted(part.name) })) : [{ type: 'tid', sql: 'ctid' }]
  const columns = table.columns.map(column => (column.bytes ? quoted(column.name) : `${quoted(column.name)}::text`))
  const order = key.map(part => part.sql).join(', ')
  const bound = key.map((part, index) => `$${index + 1}::text::${part.type}`).join(', ')
  const text = `
    select array[${key.map(part => `${part.sql}::text`).join(', ')}] as key, ${columns.map((column, index) => `${column} as v${index}`).join(', ') || 'null as v0'}
      from ${quoted(table.schema)}.${quoted(table.name)}
     ${after === null ? '' : `where (${order}) > (${bound})`}
     order by ${order} limit ${PAGE_ROWS}`
  const found = await sql.unsafe(text, after ?? [])
  const rows = found.map(row => ({
    key: row.key as string[],
    values: columns.map((_, index) => row[`v${index}`] as string | Buffer | null),
  }))
  return { rows, next: rows.length < PAGE_ROWS ? null : (rows.at(-1)?.key ?? null) }
}

const quoted = (name: string) => `"${name.replaceAll('"', '""')}"`
