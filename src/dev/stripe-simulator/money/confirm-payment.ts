/** Confirming a payment intent: authenticate, process, then a charge — succeeded, held or failed. */
import type Stripe from 'stripe'
import { invalidRequest } from '../api/stripe-error.ts'
import { isExpired } from '../cards/card-data.ts'
import { cardDeclined, declineMembers } from '../cards/card-error.ts'
import { type Decision, decidePayment } from '../cards/decide-payment.ts'
import type { DeclineName } from '../cards/declines.ts'
import { cardOfKey, type MagicCard } from '../cards/magic-cards.ts'
import { attachWithoutCheck, refuseSpent } from '../cards/payment-method.ts'
import type { Account } from '../state/account.ts'
import type { ChargeRecord, PaymentConfirmation, PaymentIntentRecord, PaymentMethodRecord } from '../state/records.ts'
import { emit } from '../webhooks/emit.ts'
import { AUTHORIZATION_MS, createCharge } from './build-charge.ts'
import { nextActionFor } from './next-action.ts'
import { settleLater } from './settle-charge.ts'

/** Confirms with the payment method that the intent has; 402 when it is declined, after which it needs another one. */
export function confirmPayment(account: Account, record: PaymentIntentRecord, confirmation: PaymentConfirmation): void {
  const method = methodOf(account, record)
  checkOwner(record.view, method)
  const decision = decide(account, record, method, confirmation)
  if (decision.kind === 'authenticate' && !confirmation.errorOnRequiresAction) {
    askForAuthentication(account, record, confirmation)
  } else if (account.settings.processingDelayMs > 0 && decision.kind !== 'authenticate') {
    startProcessing(account, record, confirmation)
  } else {
    finish(account, record, method, confirmation, decision)
  }
}

/** The payer authenticated, or processing took its time: what a confirmation that waited comes to. */
export function resumePayment(account: Account, record: PaymentIntentRecord, authenticated: boolean): void {
  const waiting = record.confirmation
  if (!waiting) return
  const confirmation = { ...waiting, authenticated: waiting.authenticated || authenticated }
  const method = methodOf(account, record)
  finish(account, record, method, confirmation, decide(account, record, method, confirmation))
}

/** The payer did not authenticate. */
export function failAuthentication(account: Account, record: PaymentIntentRecord): void {
  const message =
    'We are unable to authenticate your payment method. Please choose a different payment method and try again.'
  needAnotherMethod(account, record, {
    type: 'invalid_request_error',
    code: 'payment_intent_authentication_failure',
    message,
  })
}

function methodOf(account: Account, record: PaymentIntentRecord): PaymentMethodRecord {
  const id = record.view.payment_method
  const method = typeof id === 'string' ? account.tables.payment_methods.get(id) : undefined
  if (method) return method
  const message =
    "You cannot confirm this PaymentIntent because it's missing a payment method. You can either update the PaymentIntent with a payment method and then confirm it again, or confirm it again directly with a payment method."
  throw invalidRequest(message, { code: 'payment_intent_unexpected_state', payment_intent: record.view })
}

/** 400 when the method was used up, or is attached to a customer that is not the intent's. */
export function checkOwner(intent: Stripe.PaymentIntent, method: PaymentMethodRecord): void {
  refuseSpent(method)
  const { customer } = method.view
  if (customer === null || customer === intent.customer) return
  const message =
    intent.customer === null
      ? `The PaymentMethod ${method.id} belongs to a Customer. Please include the Customer in the \`customer\` parameter on the PaymentIntent.`
      : `The PaymentMethod ${method.id} does not belong to the Customer you supplied. Please use this PaymentMethod with the Customer that it belongs to instead.`
  throw invalidRequest(message, { param: 'payment_method' })
}

function decide(
  account: Account,
  record: PaymentIntentRecord,
  method: PaymentMethodRecord,
  confirmation: PaymentConfirmation,
): Decision {
  const card = method.view.card!
  const request = record.view.payment_method_options?.card?.request_three_d_secure
  return decidePayment(cardOfKey(method.card), {
    ...confirmation,
    setUp: method.setUpForOffSession,
    threeDSecureRequested: request === 'any' || request === 'challenge',
    blockHighestRisk: account.settings.blockHighestRisk,
    expired: isExpired(account.simulator.clock.nowMs(), card.exp_month, card.exp_year),
  })
}

function askForAuthentication(account: Account, record: PaymentIntentRecord, confirmation: PaymentConfirmation): void {
  record.confirmation = confirmation
  record.view.status = 'requires_action'
  record.view.last_payment_error = null
  record.view.next_action = nextActionFor(account, record.view)
  account.tables.payment_intents.changed(record)
  emit(account, 'payment_intent.requires_action', record.view)
}

function startProcessing(account: Account, record: PaymentIntentRecord, confirmation: PaymentConfirmation): void {
  record.confirmation = confirmation
  record.view.status = 'processing'
  record.view.next_action = null
  account.tables.payment_intents.changed(record)
  emit(account, 'payment_intent.processing', record.view)
  const { clock, work } = account.simulator
  work.schedule(account, 'finish_processing', record.id, clock.nowMs() + account.settings.processingDelayMs)
}

function finish(
  account: Account,
  record: PaymentIntentRecord,
  method: PaymentMethodRecord,
  confirmation: PaymentConfirmation,
  decision: Decision,
): void {
  if (decision.kind === 'authenticate') fail(account, record, method, 'authentication_not_handled', false)
  if (decision.kind === 'decline') fail(account, record, method, decision.decline, decision.blocked)
  succeed(account, record, method, confirmation)
}

function fail(
  account: Account,
  record: PaymentIntentRecord,
  method: PaymentMethodRecord,
  decline: DeclineName,
  blocked: boolean,
): never {
  const charge = createCharge(account, record.view, method, { kind: 'failed', decline, blocked }, false)
  record.view.latest_charge = charge.id
  emit(account, 'charge.failed', charge.view)
  const details = { charge: charge.id, payment_method: method.view }
  needAnotherMethod(account, record, {
    ...declineMembers(decline),
    ...details,
  } as Stripe.PaymentIntent.LastPaymentError)
  throw cardDeclined(decline, { ...details, payment_intent: record.view })
}

function needAnotherMethod(
  account: Account,
  record: PaymentIntentRecord,
  error: Stripe.PaymentIntent.LastPaymentError,
): void {
  const method = account.tables.payment_methods.get(String(record.view.payment_method))
  record.confirmation = null
  Object.assign(record.view, {
    status: 'requires_payment_method',
    next_action: null,
    payment_method: null,
    last_payment_error: { payment_method: method?.view, ...error },
  })
  account.tables.payment_intents.changed(record)
  emit(account, 'payment_intent.payment_failed', record.view)
}

function succeed(
  account: Account,
  record: PaymentIntentRecord,
  method: PaymentMethodRecord,
  confirmation: PaymentConfirmation,
): void {
  const intent = record.view
  const captured = intent.capture_method !== 'manual'
  keepMethod(account, intent, method, confirmation)
  const charge = createCharge(account, intent, method, { kind: 'paid', captured }, confirmation.authenticated)
  record.confirmation = null
  Object.assign(intent, {
    status: captured ? 'succeeded' : 'requires_capture',
    amount_capturable: captured ? 0 : intent.amount,
    amount_received: captured ? intent.amount : 0,
    latest_charge: charge.id,
    last_payment_error: null,
    next_action: null,
  })
  account.tables.payment_intents.changed(record)
  if (captured) settleLater(account, charge, intent.capture_method !== 'automatic')
  emit(account, 'charge.succeeded', charge.view)
  emit(account, captured ? 'payment_intent.succeeded' : 'payment_intent.amount_capturable_updated', intent)
  scheduleConsequences(account, record, charge, cardOfKey(method.card))
}

/** A method that is not attached is attached for future use, or used up. */
function keepMethod(
  account: Account,
  intent: Stripe.PaymentIntent,
  method: PaymentMethodRecord,
  confirmation: PaymentConfirmation,
): void {
  if (method.view.customer === null) {
    if (intent.customer !== null && intent.setup_future_usage !== null) {
      attachWithoutCheck(account, method, String(intent.customer))
    } else method.spent = true
  }
  if (intent.setup_future_usage === 'off_session' && confirmation.authenticated) method.setUpForOffSession = true
  account.tables.payment_methods.changed(method)
}

function scheduleConsequences(
  account: Account,
  record: PaymentIntentRecord,
  charge: ChargeRecord,
  card: MagicCard,
): void {
  const { clock, work } = account.simulator
  const { balanceTransactionDelayMs, disputeDelayMs } = account.settings
  if (record.view.status === 'requires_capture') {
    work.schedule(account, 'expire_authorization', record.id, clock.nowMs() + AUTHORIZATION_MS)
  }
  if (card.disputes || card.earlyFraudWarning) {
    work.schedule(account, 'open_disputes', charge.id, clock.nowMs() + balanceTransactionDelayMs + disputeDelayMs)
  }
}
