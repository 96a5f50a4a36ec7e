// Lists refunds, newest first; filters combine.
import { z } from 'zod'
import type { Ctx } from '../context.ts'
import { isId } from '../ids.ts'
import { createdQuery, keyOfCursor, type Page, pageQuery, toPage } from '../page.ts'
import { parseInput } from '../parse-input.ts'
import { requirePermission } from '../permissions.ts'
import { read } from '../write.ts'
import { type OpenableRefund, type RefundView, refundColumns, refundSource, showRefund } from './refund.ts'
import { REFUND_STATUSES } from './state.ts'

export const listRefundsQuery = z.strictObject({
  ...pageQuery,
  charge: z
    .string()
    .refine(id => isId('charge', id), 'must be the id of a charge')
    .optional(),
  payer: z
    .string()
    .refine(id => isId('payer', id), 'must be the id of a payer')
    .optional(),
  status: z.enum(REFUND_STATUSES).optional(),
  ...createdQuery,
})

/** @throws insufficient_scope, validation_failed */
export async function listRefunds(ctx: Ctx, query: unknown): Promise<Page<RefundView>> {
  requirePermission(ctx, 'listRefunds')
  const { limit, cursor, ...filter } = parseInput(listRefundsQuery, query)
  const after = keyOfCursor(cursor, /^rfnd_[0-9a-z]{26}$/)
  const rows = await read(ctx, async tx => {
    const { sql } = tx
    return [
      ...(await sql<OpenableRefund[]>`
        select ${refundColumns(tx)} ${refundSource(tx)}
         where r.tenant_id = ${ctx.tenantId}
           ${after === undefined ? sql`` : sql`and r.id < ${after}`}
           ${filter.charge === undefined ? sql`` : sql`and r.charge_id = ${filter.charge}`}
           ${filter.payer === undefined ? sql`` : sql`and r.payer_id = ${filter.payer}`}
           ${filter.status === undefined ? sql`` : sql`and r.status = ${filter.status}`}
           ${filter.created_from === undefined ? sql`` : sql`and r.created_at >= ${filter.created_from}`}
           ${filter.created_to === undefined ? sql`` : sql`and r.created_at < ${filter.created_to}`}
         order by r.id desc limit ${limit + 1}`),
    ]
  })
  const page = toPage(
    rows,
    limit,
    row => row.id,
    row => row,
  )
  return { data: await Promise.all(page.data.map(row => showRefund(ctx, row))), next_cursor: page.next_cursor }
}
