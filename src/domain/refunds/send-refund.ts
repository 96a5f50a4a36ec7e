// Sends a refund under the key that was stored with it; all of it comes from stored rows, so that a second send says
// the same.
import type { StripeAccount } from '../../stripe/gateway.ts'
import type { StripeRefund } from '../../stripe/payment-objects.ts'
import { type Answered, sendOnce } from '../charges/send-attempt.ts'
import type { Ctx } from '../context.ts'
import type { RefundRow } from './refund.ts'

/** The words that Stripe has for a reason; any other text stays here. */
const STRIPE_REASONS = ['duplicate', 'fraudulent', 'requested_by_customer'] as const
type StripeReason = (typeof STRIPE_REASONS)[number]

export const stripeReasonOf = (reason: string): StripeReason | undefined =>
  STRIPE_REASONS.find(known => known === reason)

export function sendRefund(
  ctx: Ctx,
  account: StripeAccount,
  paymentIntent: string,
  refund: RefundRow,
  reason: StripeReason | undefined,
): Promise<Answered<StripeRefund>> {
  return sendOnce(() =>
    account.createRefund(
      {
        paymentIntent,
        amount: refund.amount,
        ...(reason ? { reason } : {}),
        metadata: { panless_refund: refund.id, panless_charge: refund.charge_id, panless_tenant: ctx.tenantId },
      },
      refund.stripe_idempotency_key,
    ),
  )
}
