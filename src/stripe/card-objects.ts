// What panless keeps of Stripe's customers, payment methods, tokens and setup intents.
import type Stripe from 'stripe'
import { expandedOf, expectKind, flagOf, idOf, integerOf, metadataOf, oneOf, optionalText, textOf } from './shape.ts'

export type StripeCustomer = {
  id: string
  deleted: boolean
  livemode: boolean | null
  metadata: Record<string, string>
}

/** What Stripe's customer says of the person; null where it says nothing. */
export type StripeCustomerContacts = { id: string; name: string | null; email: string | null; phone: string | null }

export type StripeCard = {
  brand: string
  last4: string
  expMonth: number
  expYear: number
  funding: string
  country: string | null
  /** The same for the same card number in one Stripe account; null for some wallets. */
  fingerprint: string | null
  wallet: string | null
}

export type StripePaymentMethod = {
  id: string
  type: string
  customer: string | null
  card: StripeCard | null
  metadata: Record<string, string>
  livemode: boolean
  created: number
}

export type StripeToken = {
  id: string
  type: string
  used: boolean
  card: Pick<StripeCard, 'brand' | 'last4' | 'expMonth' | 'expYear' | 'funding' | 'country' | 'fingerprint'> | null
  livemode: boolean
  created: number
}

const SETUP_INTENT_STATUSES = [
  'requires_payment_method',
  'requires_confirmation',
  'requires_action',
  'processing',
  'succeeded',
  'canceled',
] as const

export type StripeSetupIntentStatus = (typeof SETUP_INTENT_STATUSES)[number]

export type StripeSetupIntent = {
  id: string
  status: StripeSetupIntentStatus
  customer: string | null
  paymentMethodId: string | null
  /** Null unless Stripe was asked to expand it. */
  paymentMethod: StripePaymentMethod | null
  usage: string
  lastError: StripePaymentError | null
  /** Lets a browser finish this intent: give it to the payer's session alone, never log it. */
  clientSecret: string | null
  metadata: Record<string, string>
  livemode: boolean
  created: number
}

/** The codes of a refused payment or set-up, without Stripe's texts. */
export type StripePaymentError = {
  type: string
  code: string | null
  declineCode: string | null
  adviceCode: string | null
  networkAdviceCode: string | null
  networkDeclineCode: string | null
  chargeId: string | null
}

export function readCustomer(customer: Stripe.Customer | Stripe.DeletedCustomer): StripeCustomer {
  expectKind(customer, 'customer')
  if (customer.deleted) return { id: customer.id, deleted: true, livemode: null, metadata: {} }
  return {
    id: customer.id,
    deleted: false,
    livemode: flagOf(customer.livemode, 'customer.livemode'),
    metadata: metadataOf(customer.metadata),
  }
}

/** A deleted customer says nothing. */
export function readCustomerContacts(customer: Stripe.Customer | Stripe.DeletedCustomer): StripeCustomerContacts {
  expectKind(customer, 'customer')
  if (customer.deleted) return { id: customer.id, name: null, email: null, phone: null }
  return {
    id: customer.id,
    name: optionalText(customer.name),
    email: optionalText(customer.email),
    phone: optionalText(customer.phone),
  }
}

export function readPaymentMethod(method: Stripe.PaymentMethod): StripePaymentMethod {
  expectKind(method, 'payment_method')
  return {
    id: method.id,
    type: textOf(method.type, 'payment_method.type'),
    customer: idOf(method.customer),
    card: method.card ? { ...readCard(method.card), wallet: optionalText(method.card.wallet?.type) } : null,
    metadata: metadataOf(method.metadata),
    livemode: flagOf(method.livemode, 'payment_method.livemode'),
    created: integerOf(method.created, 'payment_method.created'),
  }
}

export function readToken(token: Stripe.Token): StripeToken {
  expectKind(token, 'token')
  return {
    id: token.id,
    type: textOf(token.type, 'token.type'),
    used: flagOf(token.used, 'token.used'),
    card: token.card ? readCard(token.card) : null,
    livemode: flagOf(token.livemode, 'token.livemode'),
    created: integerOf(token.created, 'token.created'),
  }
}

export function readSetupIntent(intent: Stripe.SetupIntent): StripeSetupIntent {
  expectKind(intent, 'setup_intent')
  const method = expandedOf(intent.payment_method)
  return {
    id: intent.id,
    status: oneOf(intent.status, SETUP_INTENT_STATUSES, 'setup_intent.status'),
    customer: idOf(intent.customer),
    paymentMethodId: idOf(intent.payment_method),
    paymentMethod: method ? readPaymentMethod(method) : null,
    usage: textOf(intent.usage, 'setup_intent.usage'),
    lastError: readPaymentError(intent.last_setup_error),
    clientSecret: optionalText(intent.client_secret),
    metadata: metadataOf(intent.metadata),
    livemode: flagOf(intent.livemode, 'setup_intent.livemode'),
    created: integerOf(intent.created, 'setup_intent.created'),
  }
}

/** Reads `last_payment_error` and `last_setup_error`. */
export function readPaymentError(
  error: Stripe.PaymentIntent.LastPaymentError | Stripe.SetupIntent.LastSetupError | null | undefined,
): StripePaymentError | null {
  if (!error) return null
  return {
    type: textOf(error.type, 'last_error.type'),
    code: optionalText(error.code),
    declineCode: optionalText(error.decline_code),
    adviceCode: optionalText(error.advice_code),
    networkAdviceCode: optionalText(error.network_advice_code),
    networkDeclineCode: optionalText(error.network_decline_code),
    chargeId: idOf(error.charge),
  }
}

function readCard(card: Stripe.PaymentMethod.Card | Stripe.Card) {
  const last4 = textOf(card.last4, 'card.last4')
  return {
    brand: textOf(card.brand, 'card.brand').toLowerCase(),
    last4: /^[0-9]{4}$/.test(last4) ? last4 : '',
    expMonth: integerOf(card.exp_month, 'card.exp_month'),
    expYear: integerOf(card.exp_year, 'card.exp_year'),
    funding: textOf(card.funding, 'card.funding'),
    country: optionalText(card.country),
    fingerprint: optionalText(card.fingerprint),
  }
}
