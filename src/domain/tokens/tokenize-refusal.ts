// Why a card is not saved: each reason with its answer, and whether it counts as a failed try.
import { declineRule } from '../../stripe/declines.ts'
import { StripeFailure } from '../../stripe/stripe-failure.ts'
import { DomainError, invalidField } from '../errors.ts'
import type { CardSource } from './token-input.ts'

export type RefusalReason =
  | 'declined'
  | 'setup_failed'
  | 'setup_not_succeeded'
  | 'wrong_payer'
  | 'unknown_object'
  | 'not_a_card'
  | 'spent'
  | 'lost'

export type Decline = { code: string; decline_code: string | null; retry: string }

/** `session`: a try of the checkout session is spent; `meter`: it may be card testing, and counts for payer and address. */
export const COUNTS: Readonly<Record<RefusalReason, { session: boolean; meter: boolean }>> = {
  declined: { session: true, meter: true },
  setup_failed: { session: true, meter: true },
  setup_not_succeeded: { session: true, meter: false },
  wrong_payer: { session: true, meter: true },
  unknown_object: { session: true, meter: true },
  not_a_card: { session: true, meter: false },
  spent: { session: true, meter: false },
  lost: { session: false, meter: false },
}

/** Thrown inside a tokenize; the verb counts it and gives its answer. */
export class TokenizeRefusal extends Error {
  readonly reason: RefusalReason
  readonly kind: CardSource['kind']
  readonly decline: Decline | null

  constructor(reason: RefusalReason, kind: CardSource['kind'], decline: Decline | null = null) {
    super(`tokenize: ${reason}`)
    this.name = 'TokenizeRefusal'
    this.reason = reason
    this.kind = kind
    this.decline = decline
  }
}

export function errorOfRefusal(refusal: TokenizeRefusal): DomainError {
  const pointer = `/${refusal.kind}`
  switch (refusal.reason) {
    case 'declined':
      return new DomainError('card_declined', 'The card was declined, so it has not been saved. See failure.', {
        extra: { failure: refusal.decline },
      })
    case 'setup_failed':
    case 'setup_not_succeeded':
      return new DomainError(
        'setup_not_succeeded',
        'The SetupIntent has not succeeded. Let the payer finish it, then send this again.',
      )
    case 'wrong_payer':
      return new DomainError('wrong_payer', "This belongs to another payer. Only the payer's own card can be saved.")
    case 'unknown_object':
      return invalidField(pointer, 'is not known to Stripe, or was used up before')
    case 'not_a_card':
      return invalidField(pointer, 'is not a card')
    case 'spent':
      return invalidField(pointer, 'was detached at Stripe and can never be used again')
    case 'lost':
      return invalidField(pointer, 'was used up by a request that failed at Stripe: let the payer enter the card again')
  }
}

/** What Stripe's failure says of the card, or null when it says something of Stripe alone. */
export function refusalOfStripe(
  failure: StripeFailure,
  kind: CardSource['kind'],
  brand?: string,
): TokenizeRefusal | null {
  switch (failure.kind) {
    case 'declined':
      return new TokenizeRefusal('declined', kind, {
        code: failure.code ?? 'card_declined',
        decline_code: failure.declineCode,
        retry: declineRule({ ...failure, brand }).retry,
      })
    case 'not_found':
    case 'invalid_request':
      return new TokenizeRefusal('unknown_object', kind)
    default:
      return null
  }
}

export const stripeUnavailable = (failure: StripeFailure): DomainError =>
  new DomainError('stripe_unavailable', 'Stripe cannot take this now, and nothing has been saved. Send it again.', {
    retryAfterSeconds: failure.retryAfterSeconds ?? 2,
    cause: failure,
  })

/** Runs what asks Stripe. @throws TokenizeRefusal, stripe_unavailable */
export async function askingStripe<Answer>(kind: CardSource['kind'], ask: () => Promise<Answer>): Promise<Answer> {
  try {
    return await ask()
  } catch (error) {
    if (!(error instanceof StripeFailure)) throw error
    throw refusalOfStripe(error, kind) ?? stripeUnavailable(error)
  }
}
