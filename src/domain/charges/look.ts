// Looks at Stripe for what an attempt did there: by the intent's id, or by the attempt's id in the metadata of the
// customer's intents. Lists, never searches: a list sees what was just written, a search may not.
import type { StripeAccount } from '../../stripe/gateway.ts'
import type { StripePaymentIntent } from '../../stripe/payment-objects.ts'

/** Clocks of ours and of Stripe may differ by this much. */
const CLOCKS_APART_SECONDS = 15 * 60
/** Pages of 100: a customer with more intents in the time of one attempt is not to be judged by a machine. */
const PAGES_MAX = 20

export type LookedFor = {
  paymentIntent: string | null
  customer: string
  attemptId: string
  /** When the attempt was made: nothing of it can be older. */
  since: Date
}

export class TooManyIntents extends Error {}

/** The intent of an attempt, or null when Stripe has none. @throws StripeFailure, TooManyIntents: then nothing is known */
export async function lookForIntent(account: StripeAccount, looked: LookedFor): Promise<StripePaymentIntent | null> {
  if (looked.paymentIntent !== null) return account.retrievePaymentIntent(looked.paymentIntent)
  const createdFrom = Math.floor(looked.since.getTime() / 1000) - CLOCKS_APART_SECONDS
  let startingAfter: string | undefined
  for (let page = 0; page < PAGES_MAX; page++) {
    const { data, hasMore } = await account.listPaymentIntentsOfCustomer({
      customer: looked.customer,
      createdFrom,
      ...(startingAfter === undefined ? {} : { startingAfter }),
    })
    const found = data.find(intent => intent.metadata.panless_attempt === looked.attemptId)
    if (found) return found
    startingAfter = data.at(-1)?.id
    if (!hasMore || startingAfter === undefined) return null
  }
  throw new TooManyIntents('the customer has more payment intents than are looked through')
}
