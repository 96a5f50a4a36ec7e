/** Payment methods: built from card details, found by id or magic name, attached to a customer. */
import type Stripe from 'stripe'
import { applyMetadata, type MetadataChange } from '../api/common-parameters.ts'
import { invalidRequest, missing } from '../api/stripe-error.ts'
import type { Account } from '../state/account.ts'
import type { PaymentMethodRecord } from '../state/records.ts'
import { emit } from '../webhooks/emit.ts'
import { type CardDetails, detailsOfName } from './card-data.ts'
import { cardDeclined } from './card-error.ts'
import { decideAttach } from './decide-payment.ts'
import { cardOfKey, cardOfName, lastFour, type MagicCard } from './magic-cards.ts'

type Nulls<T> = { [K in keyof T]?: T[K] | null }
export type AddressParams = Nulls<{
  city: string
  country: string
  line1: string
  line2: string
  postal_code: string
  state: string
}>
export interface BillingParams {
  address?: AddressParams | null
  email?: string | null
  name?: string | null
  phone?: string | null
  tax_id?: string | null
}

export interface PaymentMethodDetails {
  billing_details?: BillingParams
  metadata?: MetadataChange
  allow_redisplay?: 'always' | 'limited' | 'unspecified'
}

const SPENT =
  'The provided PaymentMethod was previously used with a PaymentIntent without Customer attachment, shared with a connected account without Customer attachment, or was detached from a Customer. It may not be used again. To use a PaymentMethod multiple times, you must attach it to a Customer first.'

export function createPaymentMethod(
  account: Account,
  card: CardDetails,
  details: PaymentMethodDetails = {},
): PaymentMethodRecord {
  const id = account.ids.next('pm')
  const view: Stripe.PaymentMethod = {
    id,
    object: 'payment_method',
    allow_redisplay: details.allow_redisplay ?? 'unspecified',
    billing_details: mergeBilling(undefined, details.billing_details),
    card: cardView(account, card, details.billing_details),
    created: account.nowSeconds,
    customer: null,
    customer_account: null,
    livemode: false,
    metadata: applyMetadata({}, details.metadata),
    type: 'card',
  }
  const key = card.card.names[0]!
  return account.tables.payment_methods.add({ id, view, card: key, spent: false, setUpForOffSession: false })
}

/** The payment method with this id; a magic name such as `pm_card_visa` gives a fresh one at each call. */
export function findPaymentMethod(
  account: Account,
  id: string,
  param: string,
  status: 400 | 404 = 404,
): PaymentMethodRecord {
  const known = account.tables.payment_methods.get(id)
  if (known) return known
  const card = id.startsWith('pm_card_') ? cardOfName(id.slice('pm_card_'.length)) : undefined
  if (!card) throw missing('PaymentMethod', id, param, status)
  return createPaymentMethod(account, detailsOfName(account, card))
}

export function refuseSpent(record: PaymentMethodRecord): void {
  if (record.spent) throw invalidRequest(SPENT, { code: 'payment_method_unexpected_state', param: 'payment_method' })
}

/** Attaches after asking the issuer; 402 when it declines, 400 when the method is another customer's or was used up. */
export function attachPaymentMethod(account: Account, record: PaymentMethodRecord, customer: string): void {
  refuseSpent(record)
  if (record.view.customer === customer) return
  if (record.view.customer !== null) {
    throw invalidRequest('The payment method you provided has already been attached to a customer.')
  }
  const decision = decideAttach(cardOfKey(record.card))
  if (decision.kind === 'decline') throw cardDeclined(decision.decline)
  attachWithoutCheck(account, record, customer)
}

export function attachWithoutCheck(account: Account, record: PaymentMethodRecord, customer: string): void {
  if (record.view.customer === customer) return
  record.view.customer = customer
  account.tables.payment_methods.changed(record)
  emit(account, 'payment_method.attached', record.view)
}

export function detachPaymentMethod(account: Account, record: PaymentMethodRecord): void {
  const { customer } = record.view
  record.view.customer = null
  record.spent = true
  account.tables.payment_methods.changed(record)
  emit(account, 'payment_method.detached', record.view, { customer })
}

export function mergeBilling(
  before: Stripe.PaymentMethod.BillingDetails | undefined,
  change: BillingParams = {},
): Stripe.PaymentMethod.BillingDetails {
  const { address, ...rest } = change
  const nothing = { address: mergeAddress(null, {}), email: null, name: null, phone: null, tax_id: null }
  const start = before ?? nothing
  return { ...start, ...rest, address: address === null ? nothing.address : mergeAddress(start.address, address ?? {}) }
}

function mergeAddress(before: Stripe.Address | null, change: AddressParams): Stripe.Address {
  const nothing = { city: null, country: null, line1: null, line2: null, postal_code: null, state: null }
  return { ...nothing, ...before, ...change }
}

function cardView(account: Account, details: CardDetails, billing?: BillingParams): Stripe.PaymentMethod.Card {
  const { card } = details
  return {
    brand: card.brand,
    checks: checksOf(details, billing),
    country: card.country,
    display_brand: card.brand === 'amex' ? 'american_express' : card.brand,
    exp_month: details.expMonth,
    exp_year: details.expYear,
    fingerprint: fingerprintOf(account, card),
    funding: card.funding,
    generated_from: null,
    last4: lastFour(card),
    networks: { available: [card.brand], preferred: null },
    regulated_status: 'unregulated',
    three_d_secure_usage: { supported: card.names[0] !== 'amex_threeDSecureNotSupported' },
    wallet: null,
  }
}

export function fingerprintOf(account: Account, card: MagicCard): string {
  return account.fingerprint(card.number ?? card.names[0]!)
}

/** A check has a result only for what was sent; a magic name of a card with failing checks stands for all of it. */
function checksOf(details: CardDetails, billing?: BillingParams): Stripe.PaymentMethod.Card.Checks {
  const { card, cvcSent, byName } = details
  const failed = card.failedChecks ?? []
  const result = (sent: boolean, check: 'cvc' | 'line1' | 'postal_code') => {
    if (!sent) return null
    return failed.includes(check) ? 'fail' : card.uncheckedAddress && check !== 'cvc' ? 'unchecked' : 'pass'
  }
  const addressKnown =
    byName && (card.uncheckedAddress === true || failed.includes('line1') || failed.includes('postal_code'))
  return {
    address_line1_check: result(addressKnown || Boolean(billing?.address?.line1), 'line1'),
    address_postal_code_check: result(addressKnown || Boolean(billing?.address?.postal_code), 'postal_code'),
    cvc_check: result(cvcSent, 'cvc'),
  }
}
