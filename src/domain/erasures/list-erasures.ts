// Lists erasures, newest first, by payer and status.
import { z } from 'zod'
import type { Ctx } from '../context.ts'
import { isId } from '../ids.ts'
import { keyOfCursor, type Page, pageQuery, toPage } from '../page.ts'
import { parseInput } from '../parse-input.ts'
import { requirePermission } from '../permissions.ts'
import { read } from '../write.ts'
import { type ErasureRow, type ErasureView, showErasure } from './erasure.ts'
import { ERASURE_STATUSES } from './state.ts'

export const listErasuresQuery = z.strictObject({
  ...pageQuery,
  payer: z
    .string()
    .refine(id => isId('payer', id), 'must be the id of a payer')
    .optional(),
  status: z.enum(ERASURE_STATUSES).optional(),
})

/** @throws insufficient_scope, validation_failed */
export async function listErasures(ctx: Ctx, query: unknown): Promise<Page<ErasureView>> {
  requirePermission(ctx, 'listErasures')
  const { limit, cursor, payer, status } = parseInput(listErasuresQuery, query)
  const after = keyOfCursor(cursor, /^eras_[0-9a-z]{26}$/)
  const rows = await read(
    ctx,
    ({ sql }) => sql<ErasureRow[]>`
      select * from erasures
       where tenant_id = ${ctx.tenantId}
         ${after === undefined ? sql`` : sql`and id < ${after}`}
         ${payer === undefined ? sql`` : sql`and payer_id = ${payer}`}
         ${status === undefined ? sql`` : sql`and status = ${status}`}
       order by id desc limit ${limit + 1}`,
  )
  return toPage(
    rows,
    limit,
    row => row.id,
    row => showErasure(ctx, row),
  )
}
