// Lists inquiries, newest or oldest first, without what was written; filters combine.
import { z } from 'zod'
import type { Ctx } from '../context.ts'
import { isId } from '../ids.ts'
import { createdQuery, keyOfCursor, type Page, pageQuery, sortQuery, toPage } from '../page.ts'
import { parseInput } from '../parse-input.ts'
import { requirePermission } from '../permissions.ts'
import { read } from '../write.ts'
import {
  INQUIRY_KINDS,
  type InquiryRow,
  type InquiryView,
  inquiryColumns,
  inquirySource,
  showInquiry,
} from './inquiry.ts'
import { INQUIRY_STATUSES, WAITING } from './state.ts'

export const listInquiriesQuery = z.strictObject({
  ...pageQuery,
  ...sortQuery,
  ...createdQuery,
  status: z.enum(INQUIRY_STATUSES).optional(),
  kind: z.enum(INQUIRY_KINDS).optional(),
  overdue: z.enum(['true', 'false']).optional().describe('Whether it waits for an answer after its term.'),
  assigned_to: z.string().min(1).max(200).optional(),
  payer: z
    .string()
    .refine(id => isId('payer', id), 'must be the id of a payer')
    .optional(),
})

/** @throws insufficient_scope, validation_failed */
export async function listInquiries(ctx: Ctx, query: unknown): Promise<Page<InquiryView>> {
  requirePermission(ctx, 'listInquiries')
  const { limit, cursor, sort, ...filter } = parseInput(listInquiriesQuery, query)
  const after = keyOfCursor(cursor, /^inqr_[0-9a-z]{26}$/)
  const rows = await read(ctx, tx => {
    const { sql } = tx
    const overdue = sql`(i.status in ${sql([...WAITING])} and i.due_at <= ${ctx.clock.now()})`
    return sql<InquiryRow[]>`
      select ${inquiryColumns(tx)} ${inquirySource(tx)}
       where i.tenant_id = ${ctx.tenantId}
         ${after === undefined ? sql`` : sort === 'oldest' ? sql`and i.id > ${after}` : sql`and i.id < ${after}`}
         ${filter.status === undefined ? sql`` : sql`and i.status = ${filter.status}`}
         ${filter.kind === undefined ? sql`` : sql`and i.kind = ${filter.kind}`}
         ${filter.overdue === undefined ? sql`` : filter.overdue === 'true' ? sql`and ${overdue}` : sql`and not ${overdue}`}
         ${filter.assigned_to === undefined ? sql`` : sql`and i.assigned_to = ${filter.assigned_to}`}
         ${filter.payer === undefined ? sql`` : sql`and i.payer_id = ${filter.payer}`}
         ${filter.created_from === undefined ? sql`` : sql`and i.created_at >= ${filter.created_from}`}
         ${filter.created_to === undefined ? sql`` : sql`and i.created_at < ${filter.created_to}`}
       order by i.id ${sort === 'oldest' ? sql`asc` : sql`desc`} limit ${limit + 1}`
  })
  const page = toPage(
    [...rows],
    limit,
    row => row.id,
    row => row,
  )
  return { data: await Promise.all(page.data.map(row => showInquiry(ctx, row))), next_cursor: page.next_cursor }
}
