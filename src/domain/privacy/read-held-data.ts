// Reads what is held about a payer, table by table, as held-data.ts says.
import { open } from '../../crypto/envelope.ts'
import type { Ctx, Tx } from '../context.ts'
import type { PayerKey } from '../payers/data-key.ts'
import { columnsOf, HELD_DATA, type HeldTable } from './held-data.ts'

/** Rows of one table in a package: decades of daily payments. What is beyond is said to be missing. */
export const SECTION_ROWS_MAX = 20_000

export type HeldRow = Record<string, unknown>
export type HeldSection = { section: string; rows: HeldRow[]; complete: boolean }

export async function readHeldData(tx: Tx, ctx: Ctx, payer: PayerKey): Promise<HeldSection[]> {
  const sections: HeldSection[] = []
  for (const [name, held] of Object.entries(HELD_DATA)) {
    if (held.section === null) continue
    const rows = await rowsOf(tx, payer.payerId, name, held)
    sections.push({
      section: held.section,
      rows: rows.slice(0, SECTION_ROWS_MAX).map(row => shown(ctx, payer, name, held, row)),
      complete: rows.length <= SECTION_ROWS_MAX,
    })
  }
  return sections
}

async function rowsOf(tx: Tx, payerId: string, name: string, held: HeldTable): Promise<HeldRow[]> {
  const columns = [...new Set([held.row, ...columnsOf(held.facts), ...columnsOf(held.sealed)])]
  const text = `
    select ${columns.map(column => `"${column}"`).join(', ')} from ${name}
     where tenant_id = $1 and ${held.where} and ($2::text is not null) ${held.shown ? `and ${held.shown}` : ''}
     order by ${held.row} limit ${SECTION_ROWS_MAX + 1}`
  return [...(await tx.sql.unsafe<HeldRow[]>(text, [tx.tenantId, payerId]))]
}

function shown(ctx: Ctx, payer: PayerKey, table: string, held: HeldTable, row: HeldRow): HeldRow {
  const facts = columnsOf(held.facts).map(column => [column, plain(row[column])] as const)
  const words = columnsOf(held.sealed).map(column => {
    const sealed = row[column]
    const place = { table, column, row: String(row[held.row]) }
    const opened = sealed instanceof Buffer && sealed.length > 0 ? opening(ctx, payer, place, sealed) : null
    return [column.replace(/_sealed$/, ''), opened] as const
  })
  return Object.fromEntries([...facts, ...words])
}

function opening(
  ctx: Ctx,
  payer: PayerKey,
  place: { table: string; column: string; row: string },
  sealed: Buffer,
): unknown {
  const text = open(payer.key, { tenantId: ctx.tenantId, ...place, keyVersion: payer.keyVersion }, sealed).toString(
    'utf8',
  )
  try {
    return snakeCased(JSON.parse(text))
  } catch {
    return text
  }
}

function plain(value: unknown): unknown {
  if (value instanceof Date) return value.toISOString()
  if (typeof value === 'bigint') return Number(value)
  return value instanceof Buffer ? value.toString('hex') : (value ?? null)
}

/** Our own names of members become those of the API; what people named, such as the keys of metadata, stays. */
function snakeCased(value: unknown): unknown {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [
      name.replaceAll(/[A-Z]/g, letter => `_${letter.toLowerCase()}`),
      member,
    ]),
  )
}
