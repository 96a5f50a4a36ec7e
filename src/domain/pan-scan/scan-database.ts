// Searches the whole database for card numbers in the clear, tenant by tenant, as the service's own role.
import { findCardNumbers, maskCardNumbers } from '../../crypto/pan.ts'
import type { Database } from '../../db/client.ts'
import type { Ctx } from '../context.ts'
import { requireScope } from '../permissions.ts'
import { listTenants } from '../tenants/list-tenants.ts'
import { write } from '../write.ts'
import { type Page, readPage, type ScannedTable, scannedTables } from './scanned-table.ts'

/** Places are listed up to here, and counted beyond: a flood of them is one incident. */
const HITS_LISTED_MAX = 1_000

/** Where card numbers are, and how many; never a value. */
export type DatabaseHit = { table: string; column: string; row: string; places: number }

export type DatabaseScan = {
  tables: number
  rows: number
  hits: DatabaseHit[]
  /** All places, listed or not. */
  places: number
  /** Tables that the role may not read. */
  unread: string[]
}

/**
 * Reads every text, JSON, number and bytea column. What is sealed is not opened: it was searched at the door.
 * `ctxOf` gives the operator's context in a tenant; each tenant's audit log keeps that it was searched.
 * @throws insufficient_scope
 */
export async function scanDatabase(
  ctxOf: (tenantId: string) => Ctx,
  anyTenant: string,
  onProgress: (rows: number, of: number) => void,
): Promise<DatabaseScan> {
  const ctx = ctxOf(anyTenant)
  requireScope(ctx, 'admin')
  const tenants = (await listTenants(ctx)).map(tenant => tenant.id)
  const tables = await scannedTables(ctx.db.sql)
  const guess = tables.reduce((sum, table) => sum + table.rowsGuess, 0)
  const scan: DatabaseScan = { tables: 0, rows: 0, hits: [], places: 0, unread: [] }
  const progress = () => onProgress(scan.rows, Math.max(guess, scan.rows))
  for (const table of tables) {
    if (!table.readable) {
      scan.unread.push(nameOf(table))
      continue
    }
    scan.tables++
    if (!table.ofTenant) await scanTable(ctx.db, table, null, scan, progress)
    else for (const tenant of tenants) await scanTable(ctx.db, table, tenant, scan, progress)
  }
  for (const tenant of tenants) await record(ctxOf(tenant), scan)
  return scan
}

async function scanTable(
  db: Database,
  table: ScannedTable,
  tenant: string | null,
  scan: DatabaseScan,
  progress: () => void,
): Promise<void> {
  for (let after: string[] | null = null, first = true; first || after !== null; first = false) {
    const from: string[] | null = after
    const page: Page =
      tenant === null
        ? await readPage(db.sql, table, from)
        : await db.transaction(tenant, tx => readPage(tx.sql, table, from))
    for (const row of page.rows) {
      for (const [index, value] of row.values.entries()) {
        const places = placesIn(value)
        if (places === 0) continue
        scan.places += places
        if (scan.hits.length >= HITS_LISTED_MAX) continue
        const column = table.columns[index]?.name ?? ''
        scan.hits.push({ table: nameOf(table), column, row: maskCardNumbers(row.key.join('/')), places })
      }
    }
    scan.rows += page.rows.length
    progress()
    after = page.next
  }
}

/** How many card numbers a value of the database holds; bytes are taken as text. */
export function placesIn(value: string | Buffer | null): number {
  if (value === null) return 0
  return findCardNumbers(typeof value === 'string' ? value : value.toString('utf8')).length
}

const nameOf = (table: ScannedTable) => `${table.schema}.${table.name}`

async function record(ctx: Ctx, scan: DatabaseScan): Promise<void> {
  await write(ctx, async () => ({
    value: null,
    audit: {
      action: 'pan-scan.run',
      object: { type: 'database', id: null },
      outcome: scan.places === 0 ? 'ok' : 'failed',
      details: { tables: scan.tables, rows: scan.rows, places: scan.places, unread: scan.unread.length },
    },
  }))
}
