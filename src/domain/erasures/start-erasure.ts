// Begins the erasure of a payer, in the transaction of whoever decides it. Once that has committed nothing is charged,
// saved or read any more.
import { appendAudit } from '../audit/append.ts'
import type { Ctx, Tx } from '../context.ts'
import { notFound } from '../errors.ts'
import { isId, newId } from '../ids.ts'
import { ERASURE_STEPS } from './state.ts'

export type StartedErasure = { erasureId: string }

/**
 * Begun again it is the erasure that was begun. The caller has asked for permission, and for a second person.
 * @throws not_found
 */
export async function startErasure(
  tx: Tx,
  ctx: Ctx,
  payerId: string,
  requestId: string | null,
  { restored = false } = {},
): Promise<StartedErasure> {
  if (!isId('payer', payerId)) throw notFound()
  const [payer] = await tx.sql<{ status: string }[]>`
    select status from payers where tenant_id = ${ctx.tenantId} and id = ${payerId} for no key update`
  if (!payer) throw notFound()
  const [begun] = await tx.sql<{ id: string }[]>`
    select id from erasures where tenant_id = ${ctx.tenantId} and payer_id = ${payerId}`
  if (begun) return { erasureId: begun.id }
  const now = ctx.clock.now()
  const erasureId = newId('erasure', now)
  // Charges are reserved under the lock on their token: taking it first lets those under way finish, and no more begin.
  await tx.sql`select id from tokens where tenant_id = ${ctx.tenantId} and payer_id = ${payerId} order by id for no key update`
  await tx.sql`
    update payers set status = 'erasing', updated_at = ${now}
     where tenant_id = ${ctx.tenantId} and id = ${payerId} and status = 'active'`
  const consents = await tx.sql`
    update consents set withdrawn_at = ${now}
     where tenant_id = ${ctx.tenantId} and payer_id = ${payerId} and withdrawn_at is null`
  const tokens = await tx.sql`
    update tokens set status = 'detached', detached_at = ${now}, detach_due_at = ${now}, updated_at = ${now}
     where tenant_id = ${ctx.tenantId} and payer_id = ${payerId} and status not in ('detached', 'erased')`
  await tx.sql`
    insert into erasures (tenant_id, id, payer_id, request_id, restored, step, next_attempt_at, started_at)
    values (${ctx.tenantId}, ${erasureId}, ${payerId}, ${requestId}, ${restored}, ${ERASURE_STEPS[0]}, ${now}, ${now})`
  await appendAudit(tx, ctx, {
    action: 'erasure.start',
    object: { type: 'erasure', id: erasureId },
    payerId,
    details: { request: requestId, restored, consents_ended: consents.count, tokens_detached: tokens.count },
  })
  return { erasureId }
}
