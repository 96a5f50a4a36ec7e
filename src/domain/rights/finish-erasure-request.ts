// The end of the requests whose payer has been erased: of those for it, however many were granted, and of whatever else
// the payer had asked for; joins the transaction that ends the erasure. A request in which nobody showed who they are is a
// stranger's, who would learn from its end that there was somebody: it lives and expires as anybody's.
import type { Ctx, Tx } from '../context.ts'

export async function finishErasureRequest(tx: Tx, ctx: Ctx, payerId: string, receipt: string): Promise<void> {
  const now = ctx.clock.now()
  await tx.sql`
    update privacy_requests set status = 'done', receipt = ${receipt}, finished_at = ${now}, updated_at = ${now}
     where tenant_id = ${ctx.tenantId} and payer_id = ${payerId} and kind = 'erase' and status = 'executing'`
  await tx.sql`
    update privacy_requests set status = 'cancelled', finished_at = ${now}, updated_at = ${now}
     where tenant_id = ${ctx.tenantId} and payer_id = ${payerId}
       and status in ('verified', 'approved')`
}
