// Turns whatever a call to Stripe threw into a StripeFailure. What is not certain is `unknown`; no text that Stripe
// or a proxy sent is passed on as it came.
import Stripe from 'stripe'
import { readSetupIntent } from './card-objects.ts'
import { readPaymentIntent } from './payment-objects.ts'
import { UnexpectedShape } from './shape.ts'
import { StripeFailure, type StripeFailureKind } from './stripe-failure.ts'
import { isStripeId } from './stripe-ids.ts'
import { TransportFailure } from './transport.ts'

// Statuses whose meaning Stripe documents (docs.stripe.com/api/errors); any other proves nothing.
const KIND_OF_STATUS: Readonly<Record<number, StripeFailureKind>> = {
  400: 'invalid_request',
  401: 'authentication',
  402: 'declined',
  403: 'permission',
  404: 'not_found',
  409: 'in_flight',
  429: 'rate_limited',
}
const CODE_FORM = /^[A-Za-z0-9_]{1,64}$/
const PARAM_FORM = /^[a-z0-9_.[\]]{1,100}$/
const MAX_DETAIL_LENGTH = 200
// Longer waits are for a queue, not for a caller.
const MAX_RETRY_AFTER_SECONDS = 3_600

/** Classifies an error; a StripeFailure comes back as it is. */
export function classifyFailure(operation: string, error: unknown): StripeFailure {
  if (error instanceof StripeFailure) return error
  if (error instanceof UnexpectedShape) {
    return new StripeFailure({ kind: 'unknown', sent: true, operation, code: 'unexpected_shape', detail: error.field })
  }
  if (error instanceof Stripe.errors.StripeError) {
    const lost = error.detail
    if (lost instanceof TransportFailure) return fromTransport(operation, lost)
    if (error.statusCode !== undefined) return fromAnswer(operation, error)
  }
  // Nothing is known of it, so it must be taken for sent.
  return new StripeFailure({ kind: 'unknown', sent: 'maybe', operation, code: 'unexpected_error' })
}

function fromTransport(operation: string, lost: TransportFailure): StripeFailure {
  const { sent, status, requestId, fault } = lost
  return new StripeFailure({ kind: 'unknown', sent, operation, status, requestId, code: fault })
}

function fromAnswer(operation: string, error: InstanceType<typeof Stripe.errors.StripeError>): StripeFailure {
  const headers: Record<string, unknown> = error.headers ?? {}
  return new StripeFailure({
    kind: kindOf(error),
    sent: true,
    operation,
    status: error.statusCode ?? null,
    code: codeOf(error.code),
    declineCode: codeOf(error.decline_code),
    adviceCode: codeOf(error.advice_code),
    networkAdviceCode: codeOf(error.network_advice_code),
    networkDeclineCode: codeOf(error.network_decline_code),
    param: typeof error.param === 'string' && PARAM_FORM.test(error.param) ? error.param : null,
    requestId: requestIdOf(headers['request-id']),
    retryAfterSeconds: secondsOf(headers['retry-after']),
    shouldRetry: verdictOf(headers['stripe-should-retry']),
    chargeId: isStripeId('charge', error.charge) ? error.charge : null,
    paymentIntent: withoutSecret(error.payment_intent, readPaymentIntent),
    setupIntent: withoutSecret(error.setup_intent, readSetupIntent),
    detail: maskedMessage(error.message),
  })
}

function kindOf(error: InstanceType<typeof Stripe.errors.StripeError>): StripeFailureKind {
  const status = error.statusCode ?? 0
  if (status === 400) {
    if (error.rawType === 'idempotency_error') return 'idempotency_mismatch'
    if (error.code === 'rate_limit' || error.code === 'lock_timeout') return 'rate_limited'
  }
  if (status === 409 && error.code === 'lock_timeout') return 'rate_limited'
  return KIND_OF_STATUS[status] ?? 'unknown'
}

/** At most 200 characters of a message, with quoted text and every word that holds a digit or a sign blotted out. */
export function maskedMessage(message: unknown): string | null {
  if (typeof message !== 'string' || message === '') return null
  return message
    .slice(0, 4 * MAX_DETAIL_LENGTH)
    .replace(/'[^']*'|"[^"]*"|`[^`]*`/g, '…')
    .split(/\s+/)
    .map(word => (/^[(]?[A-Za-z]+(?:[-'_][A-Za-z]+)*[.,;:!?)]*$/.test(word) ? word : '…'))
    .join(' ')
    .slice(0, MAX_DETAIL_LENGTH)
}

function withoutSecret<Raw, Read extends { clientSecret: string | null }>(
  raw: Raw | undefined,
  read: (raw: Raw) => Read,
): Read | null {
  if (raw === undefined || raw === null) return null
  try {
    return { ...read(raw), clientSecret: null }
  } catch {
    return null
  }
}

function codeOf(value: unknown): string | null {
  return typeof value === 'string' && CODE_FORM.test(value) ? value : null
}

function requestIdOf(value: unknown): string | null {
  return typeof value === 'string' && /^[A-Za-z0-9_-]{1,100}$/.test(value) ? value : null
}

function secondsOf(value: unknown): number | null {
  if (typeof value !== 'string' || !/^[0-9]{1,5}$/.test(value)) return null
  return Math.min(Number(value), MAX_RETRY_AFTER_SECONDS)
}

function verdictOf(value: unknown): boolean | null {
  return value === 'true' ? true : value === 'false' ? false : null
}
