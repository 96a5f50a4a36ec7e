// Lists reconciliations, newest first.
import { z } from 'zod'
import type { Ctx } from '../context.ts'
import { keyOfCursor, type Page, pageQuery, toPage } from '../page.ts'
import { parseInput } from '../parse-input.ts'
import { requirePermission } from '../permissions.ts'
import { read } from '../write.ts'
import { type ReconciliationRow, type ReconciliationView, showReconciliation } from './reconciliation.ts'

export const listReconciliationsQuery = z.strictObject({
  ...pageQuery,
  status: z.enum(['queued', 'running', 'completed', 'failed']).optional(),
})

const CURSOR = /^recn_[0-9a-z]{26}$/

/** @throws insufficient_scope, validation_failed */
export async function listReconciliations(ctx: Ctx, query: unknown): Promise<Page<ReconciliationView>> {
  requirePermission(ctx, 'listReconciliations')
  const { limit, cursor, status } = parseInput(listReconciliationsQuery, query)
  const after = keyOfCursor(cursor, CURSOR)
  const rows = await read(
    ctx,
    ({ sql }) => sql<ReconciliationRow[]>`
      select id, "from", "to", status, summary, error_code, created_at, finished_at
        from reconciliations
       where tenant_id = ${ctx.tenantId} ${status ? sql`and status = ${status}` : sql``}
         ${after === undefined ? sql`` : sql`and id < ${after}`}
       order by id desc limit ${limit + 1}`,
  )
  return toPage([...rows], limit, row => row.id, showReconciliation)
}
