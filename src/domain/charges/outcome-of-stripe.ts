// What Stripe's answer makes of a charge, as a table: pure, so that reply, event, look and reconciliation agree.
import type { DeclineCodes, Retry } from '../../stripe/declines.ts'
import { declineRule } from '../../stripe/declines.ts'
import type { StripePaymentIntent } from '../../stripe/payment-objects.ts'
import type { StripeFailure, StripeFailureKind } from '../../stripe/stripe-failure.ts'
import type { AttemptStatus, ChargeStatus } from './state.ts'

/** How long a payer has to authenticate, from the first time that the bank asked for it. */
export const AUTHENTICATE_WITHIN_MS = 72 * 3_600_000

export type Failure = {
  code: string
  declineCode: string | null
  adviceCode: string | null
  retry: Retry
  retryAfter: Date | null
}

/** What an attempt came to; a `chargeStatus` of null leaves the charge and its failure as they are. */
export type Outcome = {
  attemptStatus: AttemptStatus
  chargeStatus: ChargeStatus | null
  amountCaptured: number | null
  failure: Failure | null
  paymentIntent: string | null
  stripeCharge: string | null
  authenticateBy: Date | null
}

export type OutcomeContext = {
  now: Date
  /** The card's brand: networks give one number different meanings. */
  brand: string
  /** Until when the payer was given time already. */
  authenticateBy: Date | null
}

/** Where a payment intent stands; `unclear` says nothing about money either way. */
export type Stage = 'succeeded' | 'authorized' | 'processing' | 'waiting' | 'declined' | 'canceled' | 'unclear'

/** Codes with which an intent waits for its payer: it stays usable until it is cancelled. */
const WAITING_CODES = new Set([
  'authentication_required',
  'authentication_not_handled',
  'payment_intent_authentication_failure',
])

/** Stripe's own reasons for ending an intent, and ours for one whose payer never came. */
const LAPSED = new Set(['automatic', 'expired', 'abandoned'])

export function stageOf(intent: StripePaymentIntent): Stage {
  switch (intent.status) {
    case 'succeeded':
      return 'succeeded'
    case 'requires_capture':
      return 'authorized'
    case 'processing':
      return 'processing'
    case 'requires_action':
      return 'waiting'
    case 'canceled':
      return 'canceled'
    case 'requires_payment_method':
      if (!intent.lastError) return 'unclear'
      return waitsForPayer(intent.lastError) ? 'waiting' : 'declined'
    case 'requires_confirmation':
      return 'unclear'
  }
}

const waitsForPayer = (codes: { code: string | null; declineCode: string | null }) =>
  WAITING_CODES.has(codes.code ?? '') || WAITING_CODES.has(codes.declineCode ?? '')

/** What an intent says of the attempt that made it. */
export function outcomeOfIntent(intent: StripePaymentIntent, context: OutcomeContext): Outcome {
  const found = { ...NOTHING, paymentIntent: intent.id, stripeCharge: moneyChargeOf(intent) }
  switch (stageOf(intent)) {
    case 'succeeded':
      return { ...found, attemptStatus: 'succeeded', chargeStatus: 'succeeded', amountCaptured: intent.amountReceived }
    case 'authorized':
      return { ...found, attemptStatus: 'succeeded', chargeStatus: 'requires_capture' }
    case 'processing':
      return { ...found, attemptStatus: 'processing', chargeStatus: 'processing' }
    case 'waiting':
      return { ...found, ...waiting(intent.lastError ?? NO_CODES, context) }
    case 'declined':
      return { ...found, ...declined(intent.lastError ?? NO_CODES, context) }
    case 'canceled': {
      // An intent that was declined and then cancelled was declined, in whichever order the two are heard of.
      if (intent.lastError && !waitsForPayer(intent.lastError))
        return { ...found, ...declined(intent.lastError, context) }
      const status = endOfCanceled(intent)
      return { ...found, attemptStatus: status, chargeStatus: status }
    }
    case 'unclear':
      return { ...found, ...UNKNOWN }
  }
}

/** Whether a cancelled intent lapsed (`expired`) or was ended by somebody (`cancelled`). */
export const endOfCanceled = (intent: StripePaymentIntent): 'expired' | 'cancelled' =>
  LAPSED.has(intent.cancellationReason ?? '') ? 'expired' : 'cancelled'

/** What a failed send says of an attempt to charge. Only what proves that nothing happened is a failure. */
export function outcomeOfFailure(failure: StripeFailure, context: OutcomeContext): Outcome {
  const found = { ...NOTHING, paymentIntent: failure.paymentIntent?.id ?? null }
  switch (MEANING[failure.kind]) {
    case 'declined':
      return { ...found, ...(waitsForPayer(failure) ? waiting(failure, context) : declined(failure, context)) }
    case 'refused':
      return { ...found, ...refused(failure) }
    case 'review':
      return { ...found, attemptStatus: 'needs_review', chargeStatus: 'needs_review' }
    case 'unknown':
      return { ...found, ...UNKNOWN }
  }
}

export type Meaning = 'declined' | 'refused' | 'review' | 'unknown'

/** Every way in which a call that moves money can fail. */
export const MEANING: Readonly<Record<StripeFailureKind, Meaning>> = {
  declined: 'declined',
  invalid_request: 'refused',
  not_found: 'refused',
  authentication: 'refused',
  permission: 'refused',
  idempotency_mismatch: 'review',
  // Not carried out yet, or already: asked again later under the same key.
  in_flight: 'unknown',
  rate_limited: 'unknown',
  unknown: 'unknown',
}

const NO_CODES: DeclineCodes = { code: null, declineCode: null }

const NOTHING = {
  amountCaptured: null,
  failure: null,
  paymentIntent: null,
  stripeCharge: null,
  authenticateBy: null,
} satisfies Partial<Outcome>

const UNKNOWN = { attemptStatus: 'unknown', chargeStatus: 'unknown' } as const

export const UNKNOWN_OUTCOME: Outcome = { ...NOTHING, ...UNKNOWN }

/** Looked for twice at Stripe, not there, and not to be sent again: another try needs a new reference. */
export const notExecuted = (now: Date): Outcome => ({
  ...NOTHING,
  attemptStatus: 'errored',
  chargeStatus: 'errored',
  failure: { code: 'not_executed', declineCode: null, adviceCode: null, retry: 'after', retryAfter: now },
})

/** The resolver has used up its looks. */
export const NEEDS_REVIEW: Outcome = { ...NOTHING, attemptStatus: 'needs_review', chargeStatus: 'needs_review' }

function refused({ code, kind }: StripeFailure) {
  const failure: Failure = { code: code ?? kind, declineCode: null, adviceCode: null, retry: 'never', retryAfter: null }
  return { attemptStatus: 'errored', chargeStatus: 'errored', failure } as const
}

function declined(codes: DeclineCodes, { now, brand }: OutcomeContext) {
  const rule = declineRule({ ...codes, brand })
  const failure: Failure = {
    code: codes.code ?? 'card_declined',
    declineCode: codes.declineCode,
    adviceCode: codes.adviceCode ?? null,
    retry: rule.retry,
    retryAfter: rule.retryAfterSeconds === null ? null : new Date(now.getTime() + rule.retryAfterSeconds * 1000),
  }
  return { attemptStatus: 'declined', chargeStatus: 'declined', failure } as const
}

function waiting(codes: DeclineCodes, { now, authenticateBy }: OutcomeContext) {
  const failure: Failure = {
    code: codes.code ?? 'authentication_required',
    declineCode: codes.declineCode,
    adviceCode: codes.adviceCode ?? null,
    retry: 'payer_action',
    retryAfter: null,
  }
  return {
    attemptStatus: 'requires_action',
    chargeStatus: 'requires_action',
    failure,
    authenticateBy: authenticateBy ?? new Date(now.getTime() + AUTHENTICATE_WITHIN_MS),
  } as const
}

/** The charge that holds or moved money; a failed one is not the charge's. */
export function moneyChargeOf(intent: StripePaymentIntent): string | null {
  if (intent.latestCharge) return intent.latestCharge.status === 'failed' ? null : intent.latestCharge.id
  return intent.status === 'succeeded' || intent.status === 'requires_capture' ? intent.latestChargeId : null
}
