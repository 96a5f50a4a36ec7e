/** 402: a card was declined, or its data is wrong. */
import { type ErrorBody, StripeApiError } from '../api/stripe-error.ts'
import { DECLINES, type Decline, type DeclineName } from './declines.ts'

type Details = Pick<ErrorBody, 'charge' | 'payment_intent' | 'payment_method' | 'setup_intent'>

/** The members of a decline as errors and `last_payment_error` carry them. */
export function declineMembers(name: DeclineName): ErrorBody {
  const decline: Decline = DECLINES[name]
  return {
    type: 'card_error',
    code: decline.code,
    message: decline.message,
    doc_url: `https://stripe.com/docs/error-codes/${decline.code.replaceAll('_', '-')}`,
    ...(decline.declineCode && { decline_code: decline.declineCode }),
    ...(decline.adviceCode && { advice_code: decline.adviceCode }),
    ...(decline.networkDeclineCode && { network_decline_code: decline.networkDeclineCode }),
    ...(decline.param && { param: decline.param }),
  }
}

export function cardDeclined(name: DeclineName, details: Details = {}): StripeApiError {
  return new StripeApiError(402, { ...declineMembers(name), ...details })
}

/** Wrong card data: `incorrect_number`, `invalid_expiry_month`, `invalid_expiry_year`, `invalid_cvc` … */
export function wrongCardData(code: string, message: string, param: string, declineCode?: string): StripeApiError {
  return new StripeApiError(402, {
    type: 'card_error',
    code,
    message,
    param,
    ...(declineCode && { decline_code: declineCode }),
  })
}
