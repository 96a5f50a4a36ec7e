// The one error that leaves this folder: every way in which a call to Stripe can go wrong, as a closed set of kinds.
import type { StripeSetupIntent } from './card-objects.ts'
import type { StripePaymentIntent } from './payment-objects.ts'

/**
 * declined: the issuer or Stripe refused the payment (402) · in_flight: a request with this key is running (409) ·
 * unknown: nobody can say whether Stripe did it (5xx, timeout, lost or cut answer, an answer of an unexpected form).
 */
export type StripeFailureKind =
  | 'declined'
  | 'invalid_request'
  | 'not_found'
  | 'authentication'
  | 'permission'
  | 'idempotency_mismatch'
  | 'in_flight'
  | 'rate_limited'
  | 'unknown'

export type StripeFailureFields = {
  kind: StripeFailureKind
  /** false: no byte of the request left; true: Stripe (or something in its place) answered; else `maybe`. */
  sent: boolean | 'maybe'
  operation: string
  status: number | null
  code: string | null
  declineCode: string | null
  adviceCode: string | null
  networkAdviceCode: string | null
  networkDeclineCode: string | null
  param: string | null
  requestId: string | null
  retryAfterSeconds: number | null
  /** What Stripe's `Stripe-Should-Retry` header says, null without one. */
  shouldRetry: boolean | null
  chargeId: string | null
  paymentIntent: StripePaymentIntent | null
  setupIntent: StripeSetupIntent | null
  /** Stripe's message with every word that could be a value blotted out, at most 200 characters. */
  detail: string | null
}

export class StripeFailure extends Error {
  readonly kind: StripeFailureKind
  readonly sent: boolean | 'maybe'
  readonly operation: string
  readonly status: number | null
  readonly code: string | null
  readonly declineCode: string | null
  readonly adviceCode: string | null
  readonly networkAdviceCode: string | null
  readonly networkDeclineCode: string | null
  readonly param: string | null
  readonly requestId: string | null
  readonly retryAfterSeconds: number | null
  readonly shouldRetry: boolean | null
  readonly chargeId: string | null
  readonly paymentIntent: StripePaymentIntent | null
  readonly setupIntent: StripeSetupIntent | null
  readonly detail: string | null

  constructor(fields: Partial<StripeFailureFields> & Pick<StripeFailureFields, 'kind' | 'sent' | 'operation'>) {
    super(`stripe ${fields.operation}: ${fields.kind}${fields.code ? ` (${fields.code})` : ''}`)
    this.name = 'StripeFailure'
    this.kind = fields.kind
    this.sent = fields.sent
    this.operation = fields.operation
    this.status = fields.status ?? null
    this.code = fields.code ?? null
    this.declineCode = fields.declineCode ?? null
    this.adviceCode = fields.adviceCode ?? null
    this.networkAdviceCode = fields.networkAdviceCode ?? null
    this.networkDeclineCode = fields.networkDeclineCode ?? null
    this.param = fields.param ?? null
    this.requestId = fields.requestId ?? null
    this.retryAfterSeconds = fields.retryAfterSeconds ?? null
    this.shouldRetry = fields.shouldRetry ?? null
    this.chargeId = fields.chargeId ?? null
    this.paymentIntent = fields.paymentIntent ?? null
    this.setupIntent = fields.setupIntent ?? null
    this.detail = fields.detail ?? null
  }

  /** Whether Stripe may have done what was asked, now or soon: look before asking again under another key. */
  get undecided(): boolean {
    return this.kind === 'in_flight' || (this.kind === 'unknown' && this.sent !== false)
  }

  /** The same failure after an earlier try that Stripe may have carried out: nothing about it is certain any more. */
  asUndecided(): StripeFailure {
    return new StripeFailure({ ...this, kind: 'unknown', sent: 'maybe', operation: this.operation })
  }
}
