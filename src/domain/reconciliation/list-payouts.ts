// Lists payouts with their tie-outs, newest first.
import { z } from 'zod'
import type { Ctx } from '../context.ts'
import { createdQuery, keyOfCursor, type Page, pageQuery, toPage } from '../page.ts'
import { parseInput } from '../parse-input.ts'
import { requirePermission } from '../permissions.ts'
import { read } from '../write.ts'
import { isListed, type PayoutRow, type PayoutView, payoutColumns, showPayout } from './payout.ts'
import { tieOutsOf } from './payout-tie-out.ts'

export const listPayoutsQuery = z.strictObject({
  ...pageQuery,
  ...createdQuery,
  status: z.enum(['pending', 'in_transit', 'paid', 'failed', 'canceled']).optional(),
})

const CURSOR = /^\d{1,16} po_[A-Za-z0-9_]{1,250}$/

/** @throws insufficient_scope, validation_failed */
export async function listPayouts(ctx: Ctx, query: unknown): Promise<Page<PayoutView>> {
  requirePermission(ctx, 'listPayouts')
  const { limit, cursor, created_from, created_to, status } = parseInput(listPayoutsQuery, query)
  const [after = null, id = null] = keyOfCursor(cursor, CURSOR)?.split(' ') ?? []
  const { rows, tieOuts } = await read(ctx, async tx => {
    const { sql } = tx
    const rows = await sql<PayoutRow[]>`
      select ${payoutColumns(tx)} from payouts p
       where p.tenant_id = ${ctx.tenantId}
         ${created_from ? sql`and p.created_at >= ${created_from}` : sql``}
         ${created_to ? sql`and p.created_at < ${created_to}` : sql``}
         ${status ? sql`and p.status = ${status}` : sql``}
         ${after === null ? sql`` : sql`and (p.created_at, p.id) < (${new Date(Number(after))}, ${id})`}
       order by p.created_at desc, p.id desc limit ${limit + 1}`
    return { rows: [...rows], tieOuts: await tieOutsOf(tx, rows.slice(0, limit).filter(isListed)) }
  })
  return toPage(
    rows,
    limit,
    row => `${row.created_at.getTime()} ${row.id}`,
    row => showPayout(row, tieOuts.get(row.id) ?? null),
  )
}
