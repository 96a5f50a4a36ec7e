/** What an intent that waits for its payer tells the browser to do. */
import type Stripe from 'stripe'
import type { Account } from '../state/account.ts'

/** The way to the page of the simulator on which the payer completes or fails the authentication. */
export function nextActionFor(
  account: Account,
  intent: { client_secret: string | null },
): Stripe.PaymentIntent.NextAction & Stripe.SetupIntent.NextAction {
  const url = `${account.simulator.origin}/v3/authenticate#${intent.client_secret ?? ''}`
  return {
    type: 'use_stripe_sdk',
    use_stripe_sdk: { type: 'three_d_secure_redirect', stripe_js: url, source: account.ids.next('payatt') },
  }
}
