// Attaches a card to the payer's customer at Stripe: once, whatever is lost on the way.
import type { StripeAccount } from '../../stripe/gateway.ts'
import { StripeFailure } from '../../stripe/stripe-failure.ts'
import type { Ctx } from '../context.ts'
import { joinFlight } from '../single-flight.ts'
import { stripeKeyOf } from '../stripe-keys.ts'
import { type CardToSave, retrievePaymentMethod, retrying } from './read-card.ts'
import type { CardSource } from './token-input.ts'
import { refusalOfStripe, stripeUnavailable, TokenizeRefusal } from './tokenize-refusal.ts'

/** Stripe keeps a 500 under its key for a day; attaching twice is harmless, so another key may be tried. */
const KEYS_MAX = 2

/** @throws TokenizeRefusal, stripe_unavailable */
export async function attachCard(
  ctx: Ctx,
  account: StripeAccount,
  card: CardToSave,
  customer: string,
  kind: CardSource['kind'],
): Promise<void> {
  for (let round = 1; ; round++) {
    const key = stripeKeyOf(ctx, 'attach', card.paymentMethodId, customer, ...(round > 1 ? [String(round)] : []))
    try {
      await joinFlight(account, key, () =>
        retrying(() => account.attachPaymentMethod(card.paymentMethodId, customer, key)),
      )
      return
    } catch (error) {
      if (!(error instanceof StripeFailure)) throw error
      if (error.kind === 'declined') throw refusalOfStripe(error, kind, card.card.brand) ?? error
      const owner = await ownerOf(account, card.paymentMethodId)
      if (owner === customer) return
      if (owner !== null) throw new TokenizeRefusal('wrong_payer', kind)
      if (error.kind === 'invalid_request' || error.kind === 'not_found') throw new TokenizeRefusal('spent', kind)
      if (error.shouldRetry !== false || round === KEYS_MAX) throw stripeUnavailable(error)
    }
  }
}

/** Whose the card is now. @throws stripe_unavailable when Stripe cannot be asked */
async function ownerOf(account: StripeAccount, paymentMethodId: string): Promise<string | null> {
  try {
    return (await retrievePaymentMethod(account, paymentMethodId)).customer
  } catch (error) {
    if (!(error instanceof StripeFailure)) throw error
    if (error.kind === 'not_found') return null
    throw stripeUnavailable(error)
  }
}
