// Reads one reconciliation.
import type { Ctx, Tx } from '../context.ts'
import { notFound } from '../errors.ts'
import { isId } from '../ids.ts'
import { requirePermission } from '../permissions.ts'
import { read } from '../write.ts'
import { type ReconciliationRow, type ReconciliationView, showReconciliation } from './reconciliation.ts'

/** @throws insufficient_scope, not_found */
export async function getReconciliation(ctx: Ctx, id: string): Promise<ReconciliationView> {
  requirePermission(ctx, 'getReconciliation')
  return showReconciliation(await read(ctx, tx => loadReconciliation(tx, id)))
}

/** @throws not_found */
export async function loadReconciliation(tx: Tx, id: string): Promise<ReconciliationRow> {
  if (!isId('reconciliation', id)) throw notFound()
  const [row] = await tx.sql<ReconciliationRow[]>`
    select id, "from", "to", status, summary, error_code, created_at, finished_at
      from reconciliations where tenant_id = ${tx.tenantId} and id = ${id}`
  if (!row) throw notFound()
  return row
}
