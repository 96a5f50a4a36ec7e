/** Errors in Stripe's shape. A sent value is repeated only when it has the look of an id. */
import type Stripe from 'stripe'

export type ErrorType = 'api_error' | 'card_error' | 'idempotency_error' | 'invalid_request_error'

export interface ErrorBody {
  type: ErrorType
  message: string
  code?: string
  param?: string
  decline_code?: string
  advice_code?: string
  network_decline_code?: string
  doc_url?: string
  request_log_url?: string
  charge?: string
  payment_intent?: Stripe.PaymentIntent
  payment_method?: Stripe.PaymentMethod
  setup_intent?: Stripe.SetupIntent
}

export class StripeApiError extends Error {
  readonly status: number
  readonly body: ErrorBody
  /** False when nothing was executed: such an answer is not stored under the idempotency key. */
  readonly executed: boolean

  constructor(status: number, body: ErrorBody, executed = true) {
    super(body.message)
    this.status = status
    this.body = body.code
      ? { ...body, doc_url: `https://stripe.com/docs/error-codes/${body.code.replaceAll('_', '-')}` }
      : body
    this.executed = executed
  }
}

/** 400 for a parameter that is wrong in itself; nothing is stored under the idempotency key. */
export function invalidParameter(message: string, param?: string, code?: string): StripeApiError {
  return new StripeApiError(
    400,
    { type: 'invalid_request_error', message, ...(code && { code }), ...(param && { param }) },
    false,
  )
}

/** 400 for a request that does not fit the state of things. */
export function invalidRequest(message: string, details: Omit<ErrorBody, 'type' | 'message'> = {}): StripeApiError {
  return new StripeApiError(400, { type: 'invalid_request_error', message, ...details })
}

/** 404 `resource_missing` when the id stands in the path, 400 when it stands in a parameter. */
export function missing(what: string, id: string, param: string, status: 400 | 404 = 404): StripeApiError {
  const message = `No such ${what}: '${shownId(id)}'`
  return new StripeApiError(status, { type: 'invalid_request_error', code: 'resource_missing', message, param })
}

const ID = /^[a-z]{2,8}_[A-Za-z0-9_]{1,80}$/
const SEVEN_DIGITS = /\d{7}/

/** The id itself when it looks like one of Stripe's; a card number sent by mistake is not repeated. */
export function shownId(id: string): string {
  return ID.test(id) && !SEVEN_DIGITS.test(id) ? id : '…'
}
