// Lists requests about personal data: newest or oldest first, or those of the desk by their deadline filter.
import { z } from 'zod'
import type { Ctx } from '../context.ts'
import { createdQuery, keyOfCursor, type Page, pageQuery, sortQuery, toPage } from '../page.ts'
import { parseInput } from '../parse-input.ts'
import { requirePermission } from '../permissions.ts'
import { read } from '../write.ts'
import {
  type PrivacyRequestView,
  type RequestRow,
  requestColumns,
  requestSource,
  showPrivacyRequest,
} from './privacy-request.ts'
import { isOver, REQUEST_KINDS, REQUEST_STATUSES } from './state.ts'

export const listPrivacyRequestsQuery = z.strictObject({
  ...pageQuery,
  ...sortQuery,
  ...createdQuery,
  kind: z.enum(REQUEST_KINDS).optional(),
  status: z.enum(REQUEST_STATUSES).optional(),
  payer: z
    .string()
    .regex(/^payer_[0-9a-z]{26}$/, 'must be the id of a payer')
    .optional(),
  overdue: z.enum(['true', 'false']).optional().describe('`true`: open ones whose deadline has passed.'),
})

const OVER = REQUEST_STATUSES.filter(isOver)

/** @throws insufficient_scope, validation_failed */
export async function listPrivacyRequests(ctx: Ctx, query: unknown): Promise<Page<PrivacyRequestView>> {
  requirePermission(ctx, 'listPrivacyRequests')
  const wanted = parseInput(listPrivacyRequestsQuery, query)
  const { limit, sort, kind, status, payer, overdue } = wanted
  const after = keyOfCursor(wanted.cursor, /^preq_[0-9a-z]{26}$/)
  const now = ctx.clock.now()
  const rows = await read(ctx, tx => {
    const { sql } = tx
    const late = sql`r.deadline_at < ${now} and r.status <> all (${OVER as string[]})`
    return sql<RequestRow[]>`
      select ${requestColumns(tx)} ${requestSource(tx)}
       where r.tenant_id = ${ctx.tenantId}
         ${after === undefined ? sql`` : sort === 'oldest' ? sql`and r.id > ${after}` : sql`and r.id < ${after}`}
         ${kind === undefined ? sql`` : sql`and r.kind = ${kind}`}
         ${status === undefined ? sql`` : sql`and r.status = ${status}`}
         ${payer === undefined ? sql`` : sql`and r.payer_id = ${payer}`}
         ${wanted.created_from === undefined ? sql`` : sql`and r.created_at >= ${wanted.created_from}`}
         ${wanted.created_to === undefined ? sql`` : sql`and r.created_at < ${wanted.created_to}`}
         ${overdue === undefined ? sql`` : overdue === 'true' ? sql`and ${late}` : sql`and not (${late})`}
       order by r.id ${sort === 'oldest' ? sql`asc` : sql`desc`} limit ${limit + 1}`
  })
  const page = toPage(
    [...rows],
    limit,
    row => row.id,
    row => row,
  )
  return { data: await Promise.all(page.data.map(row => showPrivacyRequest(ctx, row))), next_cursor: page.next_cursor }
}
