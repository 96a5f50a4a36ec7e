/**
 * Stripe's test cards: the names after `pm_card_` and `tok_`, the published test number, and what the card does.
 * Every name works with and without its brand (`visa_chargeDeclined`, `chargeDeclined`): the documentation uses the
 * one, Stripe's own command line the other. Source: docs.stripe.com/testing.
 */
import type { DeclineName } from './declines.ts'

export interface MagicCard {
  /** The first name is the key under which records keep the card. */
  names: readonly string[]
  number: string | null
  /** Only for names without a number of their own. */
  last4?: string
  brand: 'amex' | 'diners' | 'discover' | 'jcb' | 'mastercard' | 'unionpay' | 'visa'
  funding: 'credit' | 'debit' | 'prepaid'
  country: string
  /** Declined on attach, on set-up and on every charge. */
  declined?: DeclineName
  /** Attaches and sets up, then every charge is declined. */
  chargeDeclined?: DeclineName
  /** Declined by the network's 3-D Secure look-up, on set-up and on charges. */
  lookupDeclined?: DeclineName
  authentication?: 'always' | 'unless_set_up' | 'on_session_only' | 'on_request'
  /** Declined although the payer authenticated; `setup` says whether a set-up is too. */
  declinedAfterAuthentication?: { decline: DeclineName; setup: boolean }
  radar?: 'blocked' | 'highest' | 'elevated'
  failedChecks?: readonly ('cvc' | 'line1' | 'postal_code')[]
  uncheckedAddress?: true
  disputes?: readonly ('fraudulent' | 'product_not_received' | 'inquiry')[]
  earlyFraudWarning?: true
  refund?: 'pending' | 'fails'
  /** The money is available at once. */
  bypassPending?: true
}

type Behaviour = Omit<MagicCard, 'names' | 'number' | 'brand' | 'funding' | 'country'> & { country?: string }

function visa(name: string, number: string | null, behaviour: Behaviour = {}): MagicCard {
  return { names: bothSpellings(name), number, brand: 'visa', funding: 'credit', country: 'US', ...behaviour }
}

function plain(
  name: string,
  number: string,
  brand: MagicCard['brand'],
  funding: MagicCard['funding'] = 'credit',
  country = 'US',
): MagicCard {
  return { names: [name], number, brand, funding, country }
}

function bothSpellings(name: string): string[] {
  return [name, `visa_${name}`]
}

export const MAGIC_CARDS: readonly MagicCard[] = [
  plain('visa', '4242424242424242', 'visa'),
  plain('visa_debit', '4000056655665556', 'visa', 'debit'),
  plain('mastercard', '5555555555554444', 'mastercard'),
  plain('mastercard_debit', '5200828282828210', 'mastercard', 'debit'),
  plain('mastercard_prepaid', '5105105105105100', 'mastercard', 'prepaid'),
  plain('amex', '378282246310005', 'amex'),
  plain('discover', '6011111111111117', 'discover'),
  plain('diners', '3056930009020004', 'diners'),
  plain('jcb', '3566002020360505', 'jcb', 'credit', 'JP'),
  plain('unionpay', '6200000000000005', 'unionpay', 'credit', 'CN'),

  visa('chargeDeclined', '4000000000000002', { declined: 'generic_decline' }),
  visa('chargeDeclinedInsufficientFunds', '4000000000009995', { declined: 'insufficient_funds' }),
  visa('chargeDeclinedLostCard', '4000000000009987', { declined: 'lost_card' }),
  visa('chargeDeclinedStolenCard', '4000000000009979', { declined: 'stolen_card' }),
  visa('chargeDeclinedVelocityLimitExceeded', '4000000000006975', { declined: 'card_velocity_exceeded' }),
  visa('chargeDeclinedExpiredCard', '4000000000000069', { declined: 'expired_card' }),
  visa('chargeDeclinedIncorrectCvc', '4000000000000127', { declined: 'incorrect_cvc' }),
  visa('chargeDeclinedProcessingError', '4000000000000119', { declined: 'processing_error' }),
  visa('chargeDeclinedFraudulent', null, { last4: '0019', declined: 'fraudulent' }),

  visa('chargeCustomerFail', '4000000000000341', { chargeDeclined: 'generic_decline' }),
  visa('chargeCustomerFailLostCard', null, { last4: '0341', chargeDeclined: 'lost_card' }),
  visa('chargeCustomerFailStolenCard', null, { last4: '0341', chargeDeclined: 'stolen_card' }),

  visa('authenticationRequired', '4000002760003184', { authentication: 'always', country: 'DE' }),
  visa('authenticationRequiredOnSetup', '4000002500003155', { authentication: 'unless_set_up', country: 'FR' }),
  visa('authenticationRequiredSetupForOffSession', '4000003800000446', {
    authentication: 'on_session_only',
    country: 'IT',
  }),
  visa('authenticationRequiredChargeDeclinedInsufficientFunds', '4000008260003178', {
    authentication: 'unless_set_up',
    declinedAfterAuthentication: { decline: 'insufficient_funds', setup: false },
    country: 'GB',
  }),
  visa('threeDSecure2Required', '4000000000003220', { authentication: 'always' }),
  visa('threeDSecure2RequiredChargeDeclined', '4000008400001629', {
    authentication: 'always',
    declinedAfterAuthentication: { decline: 'generic_decline', setup: true },
  }),
  visa('threeDSecure2RequiredProcessingError', '4000008400001280', { lookupDeclined: 'generic_decline' }),
  visa('threeDSecureOptional', '4000000000003055', { authentication: 'on_request' }),
  plain('amex_threeDSecureNotSupported', '378282246310005', 'amex'),

  visa('radarBlock', '4100000000000019', { radar: 'blocked' }),
  visa('riskLevelHighest', '4000000000004954', { radar: 'highest' }),
  visa('riskLevelElevated', '4000000000009235', { radar: 'elevated' }),
  visa('cvcCheckFail', '4000000000000101', { failedChecks: ['cvc'] }),
  visa('avsZipFail', '4000000000000036', { failedChecks: ['postal_code'] }),
  visa('avsFail', '4000000000000010', { failedChecks: ['line1', 'postal_code'] }),
  visa('avsLine1Fail', '4000000000000028', { failedChecks: ['line1'] }),
  visa('avsUnchecked', '4000000000000044', { uncheckedAddress: true }),

  visa('createDispute', '4000000000000259', { disputes: ['fraudulent'] }),
  visa('createDisputeProductNotReceived', '4000000000002685', { disputes: ['product_not_received'] }),
  visa('createDisputeInquiry', '4000000000001976', { disputes: ['inquiry'] }),
  visa('createIssuerFraudRecord', '4000000000005423', { earlyFraudWarning: true }),
  visa('createMultipleDisputes', '4000000404000079', { disputes: ['fraudulent', 'product_not_received'] }),
  visa('pendingRefund', '4000000000007726', { refund: 'pending' }),
  visa('refundFail', '4000000000005126', { refund: 'fails' }),
  visa('bypassPending', '4000000000000077', { bypassPending: true }),
  visa('bypassPendingInternational', '4000003720000278', { bypassPending: true, country: 'IE' }),
]

const BY_NAME = new Map(MAGIC_CARDS.flatMap(card => card.names.map(name => [name, card] as const)))
const BY_NUMBER = new Map([...MAGIC_CARDS].reverse().map(card => [card.number, card] as const))

/** The card behind `pm_card_<name>` or `tok_<name>`. */
export function cardOfName(name: string): MagicCard | undefined {
  return BY_NAME.get(name)
}

/** The card with a published test number; no other number is known here. */
export function cardOfNumber(number: string): MagicCard | undefined {
  return BY_NUMBER.get(number)
}

/** The card of a record. */
export function cardOfKey(key: string): MagicCard {
  const card = BY_NAME.get(key)
  if (!card) throw new Error('A record names a card that is not in the table')
  return card
}

export function lastFour(card: MagicCard): string {
  return card.number?.slice(-4) ?? card.last4 ?? '0000'
}
