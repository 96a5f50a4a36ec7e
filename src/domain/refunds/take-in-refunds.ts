// Takes in every refund that Stripe lists for a payment: those made here, and those made at its dashboard.
import type { StripeAccount } from '../../stripe/gateway.ts'
import type { Ctx } from '../context.ts'
import { applyStripeRefund } from './apply-stripe-refund.ts'

/** A payment has a handful of refunds; more pages than this are for reconciliation. */
const PAGES_MAX = 10

/** @throws StripeFailure */
export async function takeInRefunds(ctx: Ctx, account: StripeAccount, paymentIntent: string): Promise<void> {
  let startingAfter: string | undefined
  for (let page = 0; page < PAGES_MAX; page++) {
    const { data, hasMore } = await account.listRefunds({
      paymentIntent,
      ...(startingAfter === undefined ? {} : { startingAfter }),
    })
    for (const refund of data) await applyStripeRefund(ctx, refund)
    startingAfter = data.at(-1)?.id
    if (!hasMore || startingAfter === undefined) return
  }
}
