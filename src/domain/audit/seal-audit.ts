// Seals the rows that no running transaction can add to any more into blocks: a Merkle root each, and a chain of them.
// Sealing leaves no entry in the log, which would have to be sealed in turn; the block is its own record.
import type { Dependencies } from '../context.ts'

export const BLOCK_ROWS_MAX = 2_000
/** Blocks of one pass: 40,000 rows, sealed in about a second. */
const BLOCKS_MAX = 20

export type Sealed = { blocks: number; rows: number /** Whether more is likely to wait. */; more: boolean }

/** Seals what waits, a limited number of blocks; one at a time in a tenant, whoever asks. */
export async function sealAudit({ db, clock }: Pick<Dependencies, 'db' | 'clock'>, tenantId: string): Promise<Sealed> {
  const sealed = { blocks: 0, rows: 0, more: true }
  while (sealed.more && sealed.blocks < BLOCKS_MAX) {
    const rows = await db.transaction(tenantId, async ({ sql }) => {
      const [row] = await sql<{ rows: number | null }[]>`
        select panless_seal_audit(${tenantId}, ${clock.now()}, ${BLOCK_ROWS_MAX}) as rows`
      return row?.rows ?? 0
    })
    if (rows > 0) sealed.blocks++
    sealed.rows += rows
    sealed.more = rows === BLOCK_ROWS_MAX
  }
  return sealed
}
