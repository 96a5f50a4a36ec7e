// Looks at cards whose date has passed. Stripe is asked first: a bank may have renewed the card and the event been lost.
import { StripeFailure } from '../../stripe/stripe-failure.ts'
import type { Dependencies } from '../context.ts'
import { workerContext } from '../tenants/operator-context.ts'
import { stripeAccountOf } from '../tenants/stripe-account.ts'
import { applyPaymentMethod } from './apply-payment-method-event.ts'

/** Cards run out together, at the end of a month: so many are looked at in one run, the rest in the next. */
const BATCH_MAX = 200
/** See card-expiry.ts: a month has ended everywhere twelve hours after it ended in UTC. */
const LATEST_ZONE_HOURS = 12

/** Marks active tokens whose card is out of date as expired; returns how many cards it looked at. */
export async function expireTokens(dependencies: Dependencies, tenantId: string): Promise<number> {
  const ctx = workerContext(dependencies, tenantId)
  const now = ctx.clock.now()
  const due = await ctx.db.transaction(
    tenantId,
    tx => tx.sql<{ stripe_payment_method_id: string }[]>`
      select stripe_payment_method_id from tokens
       where tenant_id = ${tenantId} and status = 'active'
         and make_timestamptz(exp_year, exp_month, 1, 0, 0, 0, 'UTC') + interval '1 month'
             + make_interval(hours => ${LATEST_ZONE_HOURS}) <= ${now}
       order by sequence limit ${BATCH_MAX}`,
  )
  if (due.length === 0) return 0
  const account = await stripeAccountOf(ctx)
  for (const { stripe_payment_method_id: id } of due) {
    try {
      await applyPaymentMethod(ctx, await account.retrievePaymentMethod(id))
    } catch (error) {
      if (!(error instanceof StripeFailure)) throw error
      ctx.log.warn(
        { request_id: ctx.requestId, code: error.kind },
        'a card that may have expired could not be looked at',
      )
    }
  }
  return due.length
}
