// Reads one payout with its tie-out and the rows that make its variance.
import type { Ctx } from '../context.ts'
import { notFound } from '../errors.ts'
import { requirePermission } from '../permissions.ts'
import { read } from '../write.ts'
import { isListed, PAYOUT_ID, type PayoutDetail, type PayoutRow, payoutColumns, showPayout } from './payout.ts'
import { differencesOf, tieOutsOf } from './payout-tie-out.ts'

/** @throws insufficient_scope, not_found */
export async function getPayout(ctx: Ctx, payoutId: string): Promise<PayoutDetail> {
  requirePermission(ctx, 'getPayout')
  if (!PAYOUT_ID.test(payoutId)) throw notFound()
  return read(ctx, async tx => {
    const [row] = await tx.sql<PayoutRow[]>`
      select ${payoutColumns(tx)} from payouts p where p.tenant_id = ${ctx.tenantId} and p.id = ${payoutId}`
    if (!row) throw notFound()
    const tieOut = isListed(row) ? ((await tieOutsOf(tx, [row])).get(row.id) ?? null) : null
    const { data, truncated } = await differencesOf(tx, row.id)
    return { ...showPayout(row, tieOut), differences: data, differences_truncated: truncated }
  })
}
