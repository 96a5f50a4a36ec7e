// Takes in a payment intent that was read again from Stripe, once it is sure that it is the one that a charge made.
import type { StripePaymentIntent } from '../../stripe/payment-objects.ts'
import type { Ctx, Tx } from '../context.ts'
import { isId } from '../ids.ts'
import { recordException } from '../reconciliation/record-exception.ts'
import { tenantOf } from '../tenants/stripe-account.ts'
import type { Source } from './settle-charge.ts'
import { settleFromIntent } from './settle-from-intent.ts'

/** `foreign`: made outside panless. `quarantine`: it says that it is ours and does not fit. */
export type Applied =
  | { kind: 'applied'; chargeId: string }
  | { kind: 'foreign' }
  | { kind: 'quarantine'; code: QuarantineCode }

export type QuarantineCode =
  | 'other_tenant'
  | 'unknown_charge'
  | 'second_intent'
  | 'amount_mismatch'
  | 'currency_mismatch'
  | 'customer_mismatch'
  | 'livemode_mismatch'

type Held = {
  id: string
  amount: number
  currency: string
  customer: string | null
  payment_intent: string | null
}

/** Idempotent; `intent` must have been read from Stripe after whatever told of it. @throws not_found */
export async function applyPaymentIntent(
  ctx: Ctx,
  intent: StripePaymentIntent,
  source: Source = 'event',
): Promise<Applied> {
  const found = await findCharge(ctx, intent)
  if (found.kind !== 'found') return found
  const code = await misfitOf(ctx, found.charge, intent)
  if (code) {
    if (code === 'second_intent') await recordSecondIntent(ctx, found.charge, intent)
    return { kind: 'quarantine', code }
  }
  await settleFromIntent(ctx, found.charge.id, intent, source)
  return { kind: 'applied', chargeId: found.charge.id }
}

/** Whether an intent is the one that a charge asked for, as far as it can be told without the charge's id. */
export async function misfitOf(ctx: Ctx, held: Held, intent: StripePaymentIntent): Promise<QuarantineCode | null> {
  if (held.payment_intent !== null && held.payment_intent !== intent.id) return 'second_intent'
  if (intent.amount !== held.amount) return 'amount_mismatch'
  if (intent.currency !== held.currency) return 'currency_mismatch'
  if (intent.customer !== held.customer) return 'customer_mismatch'
  return (await tenantOf(ctx)).livemode === intent.livemode ? null : 'livemode_mismatch'
}

async function findCharge(
  ctx: Ctx,
  intent: StripePaymentIntent,
): Promise<{ kind: 'found'; charge: Held } | Exclude<Applied, { kind: 'applied' }>> {
  const { panless_charge: named, panless_tenant: tenant } = intent.metadata
  if (tenant !== undefined && tenant !== ctx.tenantId) return { kind: 'quarantine', code: 'other_tenant' }
  const charge = await ctx.db.transaction(ctx.tenantId, async tx => {
    const [known] = await selectHeld(tx, tx.sql`c.stripe_payment_intent_id = ${intent.id}`)
    if (known || named === undefined || !isId('charge', named)) return known
    const [asked] = await selectHeld(tx, tx.sql`c.id = ${named}`)
    return asked
  })
  if (charge) return { kind: 'found', charge }
  return named === undefined ? { kind: 'foreign' } : { kind: 'quarantine', code: 'unknown_charge' }
}

const selectHeld = (tx: Tx, condition: ReturnType<Tx['sql']>) => tx.sql<Held[]>`
  select c.id, c.amount, c.currency, p.stripe_customer_id as customer, c.stripe_payment_intent_id as payment_intent
    from charges c join payers p on p.tenant_id = c.tenant_id and p.id = c.payer_id
   where c.tenant_id = ${tx.tenantId} and ${condition}`

/** Two intents of one charge: if the second one moved money, the payer has paid twice. */
async function recordSecondIntent(ctx: Ctx, held: Held, intent: StripePaymentIntent): Promise<void> {
  if (intent.amountReceived === 0 && intent.status !== 'requires_capture') return
  await ctx.db.transaction(ctx.tenantId, tx =>
    recordException(tx, ctx, {
      cause: 'DUPLICATE',
      subject: { type: 'payment_intent', id: intent.id },
      chargeId: held.id,
      expectedAmount: 0,
      actualAmount: intent.amountReceived,
      currency: intent.currency,
      detail: 'A second payment intent of one charge has taken or holds money.',
    }),
  )
  ctx.meter.count('alerts', { name: 'second_intent' })
}
