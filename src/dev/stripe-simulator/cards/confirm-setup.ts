/** Confirming a setup intent: check with the issuer, authenticate if asked, attach to the customer. */
import type Stripe from 'stripe'
import { invalidRequest } from '../api/stripe-error.ts'
import { nextActionFor } from '../money/next-action.ts'
import type { Account } from '../state/account.ts'
import type { PaymentMethodRecord, SetupIntentRecord } from '../state/records.ts'
import { emit } from '../webhooks/emit.ts'
import { cardDeclined, declineMembers } from './card-error.ts'
import { decideSetup } from './decide-payment.ts'
import type { DeclineName } from './declines.ts'
import { cardOfKey } from './magic-cards.ts'
import { attachWithoutCheck, refuseSpent } from './payment-method.ts'

const CONFIRMABLE = ['requires_payment_method', 'requires_confirmation', 'requires_action']

/** Confirms with the payment method that the intent has; 402 when the issuer declines. */
export function confirmSetup(account: Account, record: SetupIntentRecord): void {
  if (!CONFIRMABLE.includes(record.view.status)) throw unexpectedSetupState('confirm', record.view)
  const method = methodOf(account, record)
  checkOwner(record.view, method)
  proceed(account, record, method, false)
}

/** The payer authenticated (or did not) a setup intent that asked for it. */
export function completeSetup(account: Account, record: SetupIntentRecord, authenticated: boolean): void {
  const method = methodOf(account, record)
  if (authenticated) {
    proceed(account, record, method, true)
    return
  }
  const message =
    'We are unable to authenticate your payment method. Please choose a different payment method and try again.'
  needAnotherMethod(account, record, method, {
    type: 'invalid_request_error',
    code: 'setup_intent_authentication_failure',
    message,
  })
}

/** 400 `setup_intent_unexpected_state`, with the intent as it is. */
export function unexpectedSetupState(verb: string, intent: Stripe.SetupIntent): Error {
  const message = `You cannot ${verb} this SetupIntent because it has a status of ${intent.status}.`
  return invalidRequest(message, { code: 'setup_intent_unexpected_state', setup_intent: intent })
}

function methodOf(account: Account, record: SetupIntentRecord): PaymentMethodRecord {
  const method = account.tables.payment_methods.get(String(record.view.payment_method))
  if (method) return method
  const message =
    "You cannot confirm this SetupIntent because it's missing a payment method. Update the SetupIntent with a payment method and then confirm it again, or confirm it again directly with a payment method."
  throw invalidRequest(message, { code: 'setup_intent_unexpected_state', setup_intent: record.view })
}

export function checkOwner(intent: Stripe.SetupIntent, method: PaymentMethodRecord): void {
  refuseSpent(method)
  const { customer } = method.view
  if (customer === null || customer === intent.customer) return
  const message = `The PaymentMethod ${method.id} belongs to another Customer. Please use this PaymentMethod with the Customer that it belongs to.`
  throw invalidRequest(message, { param: 'payment_method' })
}

function proceed(
  account: Account,
  record: SetupIntentRecord,
  method: PaymentMethodRecord,
  authenticated: boolean,
): void {
  const request = record.view.payment_method_options?.card?.request_three_d_secure
  const decision = decideSetup(cardOfKey(method.card), authenticated, request === 'any' || request === 'challenge')
  if (decision.kind === 'decline') fail(account, record, method, decision.decline)
  if (decision.kind === 'authenticate') {
    addAttempt(account, record, method, 'requires_action', null)
    Object.assign(record.view, {
      status: 'requires_action',
      next_action: nextActionFor(account, record.view),
      last_setup_error: null,
    })
    account.tables.setup_intents.changed(record)
    emit(account, 'setup_intent.requires_action', record.view)
    return
  }
  succeed(account, record, method, authenticated)
}

function succeed(
  account: Account,
  record: SetupIntentRecord,
  method: PaymentMethodRecord,
  authenticated: boolean,
): void {
  const intent = record.view
  if (authenticated && intent.usage === 'off_session') method.setUpForOffSession = true
  account.tables.payment_methods.changed(method)
  if (intent.customer !== null) attachWithoutCheck(account, method, String(intent.customer))
  endAttempt(account, record, method, 'succeeded', null)
  const mandate = record.mandateData ? createMandate(account, record.mandateData, method) : null
  Object.assign(intent, { status: 'succeeded', next_action: null, last_setup_error: null, mandate })
  account.tables.setup_intents.changed(record)
  emit(account, 'setup_intent.succeeded', intent)
}

function fail(account: Account, record: SetupIntentRecord, method: PaymentMethodRecord, decline: DeclineName): never {
  needAnotherMethod(account, record, method, declineMembers(decline) as Stripe.SetupIntent.LastSetupError)
  throw cardDeclined(decline, { payment_method: method.view, setup_intent: record.view })
}

function needAnotherMethod(
  account: Account,
  record: SetupIntentRecord,
  method: PaymentMethodRecord,
  error: Stripe.SetupIntent.LastSetupError,
): void {
  const last_setup_error = { ...error, payment_method: method.view }
  endAttempt(account, record, method, 'failed', last_setup_error)
  Object.assign(record.view, {
    status: 'requires_payment_method',
    next_action: null,
    payment_method: null,
    last_setup_error,
  })
  account.tables.setup_intents.changed(record)
  emit(account, 'setup_intent.setup_failed', record.view)
}

/** Ends the attempt that waits for authentication, or leaves a finished one. */
function endAttempt(
  account: Account,
  record: SetupIntentRecord,
  method: PaymentMethodRecord,
  status: 'succeeded' | 'failed',
  error: Stripe.SetupAttempt.SetupError | null,
): void {
  const waiting = account.tables.setup_attempts.get(String(record.view.latest_attempt))
  if (waiting?.view.status !== 'requires_action') {
    addAttempt(account, record, method, status, error)
    return
  }
  Object.assign(waiting.view, { status, setup_error: error })
  account.tables.setup_attempts.changed(waiting)
}

function addAttempt(
  account: Account,
  record: SetupIntentRecord,
  method: PaymentMethodRecord,
  status: string,
  error: Stripe.SetupAttempt.SetupError | null,
): void {
  const id = account.ids.next('setatt')
  const card = method.view.card!
  const { brand, checks, country, exp_month, exp_year, funding, last4 } = card
  const details = {
    brand,
    checks,
    country,
    exp_month,
    exp_year,
    funding,
    last4,
    network: brand,
    three_d_secure: null,
    wallet: null,
  }
  const view: Stripe.SetupAttempt = {
    id,
    object: 'setup_attempt',
    application: null,
    created: account.nowSeconds,
    customer: record.view.customer,
    customer_account: null,
    flow_directions: null,
    livemode: false,
    on_behalf_of: null,
    payment_method: method.id,
    payment_method_details: { card: details, type: 'card' },
    setup_error: error,
    setup_intent: record.id,
    status,
    usage: record.view.usage,
  }
  account.tables.setup_attempts.add({ id, view })
  record.view.latest_attempt = id
}

function createMandate(
  account: Account,
  acceptance: Stripe.Mandate.CustomerAcceptance,
  method: PaymentMethodRecord,
): string {
  const id = account.ids.next('mandate')
  const view: Stripe.Mandate = {
    id,
    object: 'mandate',
    customer_acceptance: acceptance,
    livemode: false,
    multi_use: {},
    payment_method: method.id,
    payment_method_details: { card: {}, type: 'card' },
    status: 'active',
    type: 'multi_use',
  }
  account.tables.mandates.add({ id, view })
  return id
}
