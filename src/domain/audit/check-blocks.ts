// Has the database hold blocks against their rows, in two halves: Postgres gives each to a process of its own where it has
// one to spare.
import type { Tx } from '../context.ts'
import type { BlockFacts, ChangedRow } from './chain-check.ts'

/** Blocks of one statement, well within the time that a statement may take. */
export const BLOCKS_AT_ONCE = 80
const HALF = BLOCKS_AT_ONCE / 2

type BlockRow = {
  number: number
  row_count: number
  rows_through: number
  hash: Buffer
  previous_hash: Buffer
  hash_fits: boolean
  root_fits: boolean
  rows_found: number
  rows_changed: ChangedRow[]
}

/** The blocks after a number, in their order. */
export async function checkBlocks({ sql, tenantId }: Tx, after: number): Promise<BlockFacts[]> {
  const [middle] = await sql<{ number: number }[]>`
    select number from audit_blocks where tenant_id = ${tenantId} and number > ${after} order by number offset ${HALF - 1} limit 1`
  const half = (from: number) => sql`select * from panless_check_audit_blocks(${tenantId}, ${from}, ${HALF})`
  const rows = await sql<
    BlockRow[]
  >`${half(after)} ${middle ? sql`union all ${half(middle.number)}` : sql``} order by number`
  return rows.map(factsOf)
}

const factsOf = (row: BlockRow): BlockFacts => ({
  number: row.number,
  rowCount: row.row_count,
  rowsThrough: row.rows_through,
  hash: row.hash.toString('hex'),
  previousHash: row.previous_hash.toString('hex'),
  hashFits: row.hash_fits,
  rootFits: row.root_fits,
  rowsFound: row.rows_found,
  rowsChanged: row.rows_changed,
})
