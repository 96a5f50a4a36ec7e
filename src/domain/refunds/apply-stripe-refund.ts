// Takes in a refund that was read again from Stripe: one of ours, or one made at Stripe's dashboard, which counts too.
import type { StripeRefund } from '../../stripe/payment-objects.ts'
import { appendAudit } from '../audit/append.ts'
import type { Ctx, Tx } from '../context.ts'
import { isId, newId } from '../ids.ts'
import { nextRefundLookAt, outcomeOfRefund } from './outcome-of-refund.ts'
import type { RefundRow } from './refund.ts'
import { settleRefund, sumRefunds } from './settle-refund.ts'

/** `foreign`: of a payment made outside panless. `quarantine`: it does not fit what is known here. */
export type AppliedRefund =
  | { kind: 'applied'; refundId: string }
  | { kind: 'foreign' }
  | { kind: 'quarantine'; code: 'amount_mismatch' | 'currency_mismatch' | 'charge_mismatch' | 'other_tenant' }

type Owner = { id: string; payer_id: string; currency: string; payment_intent: string | null }

/** Idempotent; `refund` must have been read from Stripe after whatever told of it. */
export function applyStripeRefund(ctx: Ctx, refund: StripeRefund): Promise<AppliedRefund> {
  const { panless_tenant: tenant } = refund.metadata
  if (tenant !== undefined && tenant !== ctx.tenantId) {
    return Promise.resolve({ kind: 'quarantine', code: 'other_tenant' })
  }
  return ctx.db.transaction(ctx.tenantId, async tx => {
    const owner = await chargeOf(tx, ctx, refund)
    if (!owner) return { kind: 'foreign' }
    const known = await knownRefund(tx, ctx, refund)
    if (!known) return takeIn(tx, ctx, owner, refund)
    if (known.charge_id !== owner.id) return { kind: 'quarantine', code: 'charge_mismatch' }
    if (known.amount !== refund.amount) return { kind: 'quarantine', code: 'amount_mismatch' }
    if (known.currency !== refund.currency) return { kind: 'quarantine', code: 'currency_mismatch' }
    const told = { refundId: known.id, chargeId: owner.id, outcome: outcomeOfRefund(refund), now: ctx.clock.now() }
    await settleRefund(tx, ctx, { ...told, source: 'event', confirmed: true })
    return { kind: 'applied', refundId: known.id }
  })
}

/** Locks the charge, as everything about its refunds does. */
async function chargeOf(tx: Tx, ctx: Ctx, refund: StripeRefund): Promise<Owner | undefined> {
  if (refund.paymentIntent === null && refund.charge === null) return undefined
  const [owner] = await tx.sql<Owner[]>`
    select id, payer_id, currency, stripe_payment_intent_id as payment_intent from charges
     where tenant_id = ${ctx.tenantId}
       and (stripe_payment_intent_id = ${refund.paymentIntent} or stripe_charge_id = ${refund.charge})
     for no key update`
  return owner
}

async function knownRefund(tx: Tx, ctx: Ctx, refund: StripeRefund): Promise<RefundRow | undefined> {
  const named = refund.metadata.panless_refund
  const [known] = await tx.sql<RefundRow[]>`
    select * from refunds
     where tenant_id = ${ctx.tenantId}
       and (stripe_refund_id = ${refund.id}
            or (stripe_refund_id is null and id = ${named !== undefined && isId('refund', named) ? named : null}))`
  return known
}

async function takeIn(tx: Tx, ctx: Ctx, owner: Owner, refund: StripeRefund): Promise<AppliedRefund> {
  if (owner.currency !== refund.currency) return { kind: 'quarantine', code: 'currency_mismatch' }
  const now = ctx.clock.now()
  const { status, failureCode } = outcomeOfRefund(refund)
  const id = newId('refund', now)
  const decided = status !== 'pending'
  await tx.sql`
    insert into refunds (tenant_id, id, charge_id, payer_id, amount, currency, status, origin, failure_code,
                         stripe_refund_id, stripe_idempotency_key, created_at, settled_at, updated_at, next_look_at)
    values (${ctx.tenantId}, ${id}, ${owner.id}, ${owner.payer_id}, ${refund.amount}, ${refund.currency}, ${status},
            'stripe', ${failureCode}, ${refund.id}, ${`stripe/${refund.id}`}, ${new Date(refund.created * 1000)},
            ${decided ? now : null}, ${now}, ${nextRefundLookAt(status, 0, now)})`
  await sumRefunds(tx, ctx, owner.id)
  await appendAudit(tx, ctx, {
    action: 'refund.take-in',
    object: { type: 'refund', id },
    payerId: owner.payer_id,
    details: { charge: owner.id, amount: refund.amount, status, stripe_refund: refund.id },
  })
  ctx.meter.count('refunds', { status })
  return { kind: 'applied', refundId: id }
}
