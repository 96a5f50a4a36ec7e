// Lists disclosures, newest or oldest first; filters combine. A recipient is found by its keyed hash.
import { z } from 'zod'
import type { Ctx } from '../context.ts'
import { createdQuery, keyOfCursor, type Page, pageQuery, sortQuery, toPage } from '../page.ts'
import { parseInput } from '../parse-input.ts'
import { requirePermission } from '../permissions.ts'
import { read } from '../write.ts'
import {
  DISCLOSURE_BASES,
  type DisclosureRow,
  type DisclosureView,
  disclosureColumns,
  disclosureSource,
  showDisclosure,
} from './disclosure.ts'
import { recipientHashOf } from './recipient-hash.ts'
import { DISCLOSURE_STATUSES } from './state.ts'

export const listDisclosuresQuery = z.strictObject({
  ...pageQuery,
  ...sortQuery,
  ...createdQuery,
  status: z.enum(DISCLOSURE_STATUSES).optional(),
  basis: z.enum(DISCLOSURE_BASES).optional(),
  recipient: z.string().trim().min(1).max(200).optional().describe('The whole of its name.'),
})

export const DISCLOSURE_CURSOR = /^disc_[0-9a-z]{26}$/

/** @throws insufficient_scope, validation_failed */
export async function listDisclosures(ctx: Ctx, query: unknown): Promise<Page<DisclosureView>> {
  requirePermission(ctx, 'listDisclosures')
  const { limit, cursor, sort, ...filter } = parseInput(listDisclosuresQuery, query)
  const after = keyOfCursor(cursor, DISCLOSURE_CURSOR)
  const rows = await read(ctx, tx => {
    const { sql } = tx
    return sql<DisclosureRow[]>`
      select ${disclosureColumns(tx)} ${disclosureSource(tx)}
       where d.tenant_id = ${ctx.tenantId}
         ${after === undefined ? sql`` : sort === 'oldest' ? sql`and d.id > ${after}` : sql`and d.id < ${after}`}
         ${filter.status === undefined ? sql`` : sql`and d.status = ${filter.status}`}
         ${filter.basis === undefined ? sql`` : sql`and d.basis = ${filter.basis}`}
         ${filter.recipient === undefined ? sql`` : sql`and (d.recipient_hash = ${recipientHashOf(ctx, filter.recipient)} or d.recipient_code = ${filter.recipient})`}
         ${filter.created_from === undefined ? sql`` : sql`and d.created_at >= ${filter.created_from}`}
         ${filter.created_to === undefined ? sql`` : sql`and d.created_at < ${filter.created_to}`}
       order by d.id ${sort === 'oldest' ? sql`asc` : sql`desc`} limit ${limit + 1}`
  })
  return shownPage(ctx, [...rows], limit)
}

export async function shownPage(ctx: Ctx, rows: DisclosureRow[], limit: number): Promise<Page<DisclosureView>> {
  const page = toPage(
    rows,
    limit,
    row => row.id,
    row => row,
  )
  return { data: await Promise.all(page.data.map(row => showDisclosure(ctx, row))), next_cursor: page.next_cursor }
}
