/** The payer answers the bank's question: the payment or set-up that waits for it goes on. */
import type Stripe from 'stripe'
import { completeSetup } from '../cards/confirm-setup.ts'
import { failAuthentication, resumePayment } from '../money/confirm-payment.ts'
import { withoutAnswer } from '../money/scheduled-work.ts'
import type { Simulator } from '../state/simulator.ts'
import { flushSoon } from '../webhooks/delivery.ts'
import { ControlError, ownerOf } from './control-request.ts'

/** Completes or fails the authentication of a payment or setup intent; 404 unknown, 400 when it waits for none. */
export function completeAuthentication(
  simulator: Simulator,
  id: string,
  outcome: 'succeed' | 'fail',
): Stripe.PaymentIntent | Stripe.SetupIntent {
  const collection = id.startsWith('seti_') ? 'setup_intents' : 'payment_intents'
  const account = ownerOf(simulator, collection, id)
  const payment = account.tables.payment_intents.get(id)
  const setup = account.tables.setup_intents.get(id)
  const intent = (payment ?? setup)!.view
  if (intent.status !== 'requires_action') throw new ControlError(400, 'This intent does not wait for authentication')
  withoutAnswer(() => {
    if (payment && outcome === 'succeed') resumePayment(account, payment, true)
    else if (payment) failAuthentication(account, payment)
    else completeSetup(account, setup!, outcome === 'succeed')
  })
  flushSoon(simulator)
  return intent
}
