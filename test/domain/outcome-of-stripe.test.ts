// The table from Stripe's answers to outcomes: only what proves that nothing happened is a failure.
import { describe, expect, it } from 'vitest'
import { outcomeOfFailure, outcomeOfIntent, stageOf } from '../../src/domain/charges/outcome-of-stripe.ts'
import { outcomeOfRefundFailure } from '../../src/domain/refunds/outcome-of-refund.ts'
import type { StripePaymentIntent } from '../../src/stripe/payment-objects.ts'
import { StripeFailure, type StripeFailureKind } from '../../src/stripe/stripe-failure.ts'

const now = new Date('2026-11-23T12:00:00Z')
const context = { now, brand: 'visa', authenticateBy: null }

const failure = (kind: StripeFailureKind, more: object = {}) =>
  new StripeFailure({ kind, sent: true, operation: 'createPaymentIntent', ...more })

const intent = (shows: Partial<StripePaymentIntent>) =>
  ({
    id: 'pi_1',
    amountReceived: 0,
    latestCharge: null,
    latestChargeId: null,
    lastError: null,
    ...shows,
  }) as StripePaymentIntent

const error = (code: string, declineCode: string | null = null) => ({ code, declineCode }) as never

describe('a failed send', () => {
  it.each<[StripeFailureKind, string, string]>([
    ['declined', 'declined', 'failed'],
    ['invalid_request', 'errored', 'failed'],
    ['not_found', 'errored', 'failed'],
    ['authentication', 'errored', 'failed'],
    ['permission', 'errored', 'failed'],
    ['idempotency_mismatch', 'needs_review', 'needs_review'],
    ['in_flight', 'unknown', 'unknown'],
    ['rate_limited', 'unknown', 'unknown'],
    ['unknown', 'unknown', 'unknown'],
  ])('of kind %s makes a charge %s and a refund %s', (kind, charge, refund) => {
    const outcome = outcomeOfFailure(failure(kind, { code: 'some_code' }), context)
    expect([outcome.attemptStatus, outcome.chargeStatus]).toEqual([charge, charge])
    expect(outcomeOfRefundFailure(failure(kind)).status).toBe(refund)
    expect(outcome.failure === null).toBe(charge === 'unknown' || charge === 'needs_review')
  })

  it('that asks for the payer waits for 72 hours, or for as long as was said before', () => {
    const asked = failure('declined', { code: 'authentication_required' })
    const first = outcomeOfFailure(asked, context)
    expect([first.attemptStatus, first.failure?.retry, first.authenticateBy?.toISOString()]).toEqual([
      'requires_action',
      'payer_action',
      '2026-11-26T12:00:00.000Z',
    ])
    const until = new Date('2026-11-24T00:00:00Z')
    expect(outcomeOfFailure(asked, { ...context, authenticateBy: until }).authenticateBy).toBe(until)
  })

  it('that was declined says when to try again', () => {
    const later = outcomeOfFailure(
      failure('declined', { code: 'card_declined', declineCode: 'insufficient_funds' }),
      context,
    )
    expect(later.failure).toMatchObject({ retry: 'after', retryAfter: new Date('2026-11-26T12:00:00Z') })
    const strange = outcomeOfFailure(failure('declined', { code: 'card_declined', declineCode: 'new_word' }), context)
    expect(strange.failure).toMatchObject({ retry: 'never', retryAfter: null })
  })
})

describe('a payment intent', () => {
  it.each<[string, Partial<StripePaymentIntent>, string, string]>([
    ['that succeeded', { status: 'succeeded', amountReceived: 5 }, 'succeeded', 'succeeded'],
    ['that holds money', { status: 'requires_capture' }, 'succeeded', 'requires_capture'],
    ['at work', { status: 'processing' }, 'processing', 'processing'],
    ['that waits', { status: 'requires_action' }, 'requires_action', 'requires_action'],
    [
      'asked for its payer',
      { status: 'requires_payment_method', lastError: error('authentication_required') },
      'requires_action',
      'requires_action',
    ],
    ['declined', { status: 'requires_payment_method', lastError: error('card_declined') }, 'declined', 'declined'],
    ['cancelled', { status: 'canceled', cancellationReason: 'requested_by_customer' }, 'cancelled', 'cancelled'],
    ['that lapsed', { status: 'canceled', cancellationReason: 'automatic' }, 'expired', 'expired'],
    ['declined, then cancelled', { status: 'canceled', lastError: error('card_declined') }, 'declined', 'declined'],
    ['that says nothing', { status: 'requires_payment_method' }, 'unknown', 'unknown'],
    ['not confirmed', { status: 'requires_confirmation' }, 'unknown', 'unknown'],
  ])('%s', (_name, shows, attempt, charge) => {
    const outcome = outcomeOfIntent(intent(shows), context)
    expect([outcome.attemptStatus, outcome.chargeStatus, outcome.paymentIntent]).toEqual([attempt, charge, 'pi_1'])
    expect(outcome.amountCaptured).toBe(attempt === 'succeeded' && charge === 'succeeded' ? 5 : null)
  })

  it('names the charge that took the money, and no failed one', () => {
    const charge = { id: 'ch_1', status: 'failed' } as never
    expect(
      outcomeOfIntent(
        intent({
          status: 'requires_payment_method',
          lastError: error('x'),
          latestCharge: charge,
          latestChargeId: 'ch_1',
        }),
        context,
      ).stripeCharge,
    ).toBeNull()
    expect(outcomeOfIntent(intent({ status: 'succeeded', latestChargeId: 'ch_2' }), context).stripeCharge).toBe('ch_2')
    expect(stageOf(intent({ status: 'succeeded' }))).toBe('succeeded')
  })
})
