// Takes in a charge of Stripe's that was read again: it leads to the payment intent, and to refunds made elsewhere.
import type { StripeCharge } from '../../stripe/payment-objects.ts'
import type { Ctx } from '../context.ts'
import { isId } from '../ids.ts'
import { takeInRefunds } from '../refunds/take-in-refunds.ts'
import { stripeAccountOf } from '../tenants/stripe-account.ts'
import { type Applied, applyPaymentIntent } from './apply-payment-intent.ts'
import type { ChargeStatus } from './state.ts'

type Held = {
  id: string
  status: ChargeStatus
  amount: number
  currency: string
  amount_refunded: number
  settled_at: Date | null
  payment_intent: string | null
  stripe_charge: string | null
  customer: string | null
}

/** Idempotent; reads the payment intent again when the vault does not agree with the charge yet. @throws StripeFailure */
export async function applyStripeCharge(ctx: Ctx, charge: StripeCharge): Promise<Applied> {
  if (charge.paymentIntent === null) return { kind: 'foreign' }
  const { panless_tenant: tenant } = charge.metadata
  if (tenant !== undefined && tenant !== ctx.tenantId) return { kind: 'quarantine', code: 'other_tenant' }
  const held = await findCharge(ctx, charge)
  if (!held)
    return charge.metadata.panless_charge ? { kind: 'quarantine', code: 'unknown_charge' } : { kind: 'foreign' }
  if (charge.amount !== held.amount) return { kind: 'quarantine', code: 'amount_mismatch' }
  if (charge.currency !== held.currency) return { kind: 'quarantine', code: 'currency_mismatch' }
  if (charge.customer !== held.customer) return { kind: 'quarantine', code: 'customer_mismatch' }
  const account = await stripeAccountOf(ctx)
  if (!agrees(held, charge)) {
    const applied = await applyPaymentIntent(ctx, await account.retrievePaymentIntent(charge.paymentIntent))
    if (applied.kind !== 'applied') return applied
  }
  if (charge.captured && refundedOf(charge) !== held.amount_refunded) {
    await takeInRefunds(ctx, account, charge.paymentIntent)
  }
  return { kind: 'applied', chargeId: held.id }
}

async function findCharge(ctx: Ctx, charge: StripeCharge): Promise<Held | undefined> {
  const named = charge.metadata.panless_charge
  const [held] = await ctx.db.transaction(
    ctx.tenantId,
    tx => tx.sql<Held[]>`
      select c.id, c.status, c.amount, c.currency, c.amount_refunded, c.settled_at,
             c.stripe_payment_intent_id as payment_intent, c.stripe_charge_id as stripe_charge,
             p.stripe_customer_id as customer
        from charges c join payers p on p.tenant_id = c.tenant_id and p.id = c.payer_id
       where c.tenant_id = ${ctx.tenantId}
         and (c.stripe_payment_intent_id = ${charge.paymentIntent}
              or c.id = ${named !== undefined && isId('charge', named) ? named : null})
       order by (c.stripe_payment_intent_id = ${charge.paymentIntent}) desc nulls last limit 1`,
  )
  return held
}

/** Whether the intent need not be read: the charge's end is settled here and is what Stripe's charge shows. */
function agrees(held: Held, charge: StripeCharge): boolean {
  if (held.payment_intent === null) return false
  if (charge.status === 'failed') return held.status === 'declined' && held.settled_at !== null
  if (held.stripe_charge !== charge.id) return false
  if (held.status === 'succeeded') return charge.captured && held.settled_at !== null
  return held.status === 'requires_capture' && charge.status === 'succeeded' && !charge.captured && !charge.refunded
}

/** Stripe counts what a partial capture released as refunded too. */
const refundedOf = (charge: StripeCharge): number => charge.amountRefunded - (charge.amount - charge.amountCaptured)
