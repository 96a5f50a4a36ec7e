// Reads what is held about a payer, table by table, as held-data.ts says.
import { open } from '../../crypto/envelope.ts'
import type { Ctx, Tx } from '../context.ts'
import type { PayerKey, SealingKey } from '../payers/data-key.ts'
import { openRowKey } from '../row-key.ts'
import { columnsOf, HELD_DATA, type HeldTable } from './held-data.ts'

/** Rows of one table in a package: decades of daily payments. What is beyond is said to be missing. */
export const SECTION_ROWS_MAX = 20_000

export type HeldRow = Record<string, unknown>
export type HeldSection = { section: string; rows: HeldRow[]; complete: boolean }

export async function readHeldData(tx: Tx, ctx: Ctx, payer: PayerKey): Promise<HeldSection[]> {
  const sections: HeldSection[] = []
  for (const [name, held] of Object.entries(HELD_DATA)) {
    if (held.section === null) continue
    const found = await rowsOf(tx, payer.payerId, name, held)
    const rows: HeldRow[] = []
    for (const row of found.slice(0, SECTION_ROWS_MAX)) {
      const own = await ownKeyOf(ctx, held, row)
      rows.push(shown(ctx, own ?? (row.own_is_nobodys ? null : payer), name, held, row))
    }
    sections.push({ section: held.section, rows, complete: found.length <= SECTION_ROWS_MAX })
  }
  return sections
}

async function rowsOf(tx: Tx, payerId: string, name: string, held: HeldTable): Promise<HeldRow[]> {
  const columns = [...new Set([held.row, ...columnsOf(held.facts), ...columnsOf(held.sealed)])]
  const text = `
    select ${columns.map(column => `"${column}"`).join(', ')} ${ownKeyColumns(name, held)} from ${name}
     where tenant_id = $1 and ${held.where} and ($2::text is not null) ${held.shown ? `and ${held.shown}` : ''}
     order by ${held.row} limit ${SECTION_ROWS_MAX + 1}`
  return [...(await tx.sql.unsafe<HeldRow[]>(text, [tx.tenantId, payerId]))]
}

/** What a row about nobody who was known is sealed with, read beside its own columns. */
export function ownKeyColumns(name: string, { ownKey }: HeldTable): string {
  if (ownKey === undefined) return ''
  const { table, row } = ownKey
  const of = (column: string, as = column) =>
    `(select k.${column} from ${table} k where k.tenant_id = $1 and k.id = ${name}.${row}) as own_${as}`
  return `, ${row}, ${of('wrapped_key')}, ${of('key_version')}, ${of('payer_id is null', 'is_nobodys')}`
}

export async function ownKeyOf(
  ctx: Pick<Ctx, 'keyring' | 'tenantId'>,
  { ownKey }: HeldTable,
  row: HeldRow,
): Promise<SealingKey | null> {
  if (ownKey === undefined || !row.own_wrapped_key) return null
  return openRowKey(ctx, ownKey.table, row[ownKey.row] as string, {
    wrapped: row.own_wrapped_key as Buffer,
    keyVersion: row.own_key_version as number,
  })
}

/** Without a key, as of a message that is no longer kept, what is sealed says nothing. */
function shown(ctx: Ctx, sealing: SealingKey | null, table: string, held: HeldTable, row: HeldRow): HeldRow {
  const facts = columnsOf(held.facts).map(column => [column, plain(row[column])] as const)
  const words = columnsOf(held.sealed).map(column => {
    const sealed = row[column]
    const place = { table, column, row: String(row[held.row]) }
    const opened =
      sealing && sealed instanceof Buffer && sealed.length > 0 ? opening(ctx, sealing, place, sealed) : null
    return [column.replace(/_sealed$/, ''), opened] as const
  })
  return Object.fromEntries([...facts, ...words])
}

function opening(
  ctx: Ctx,
  sealing: SealingKey,
  place: { table: string; column: string; row: string },
  sealed: Buffer,
): unknown {
  const text = open(sealing.key, { tenantId: ctx.tenantId, ...place, keyVersion: sealing.keyVersion }, sealed).toString(
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
