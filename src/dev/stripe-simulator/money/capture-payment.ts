/** Capturing a held payment, cancelling one, and the end of an authorization that nobody captured. */
import type Stripe from 'stripe'
import { invalidParameter, invalidRequest } from '../api/stripe-error.ts'
import type { Account } from '../state/account.ts'
import type { ChargeRecord, PaymentIntentRecord } from '../state/records.ts'
import { emit } from '../webhooks/emit.ts'
import { settleLater } from './settle-charge.ts'

const CANCELABLE = [
  'requires_payment_method',
  'requires_confirmation',
  'requires_action',
  'requires_capture',
  'processing',
]

/** 400 `payment_intent_unexpected_state`, with the intent as it is. */
export function unexpectedState(verb: string, intent: Stripe.PaymentIntent, allowed: string): Error {
  const message = `You cannot ${verb} this PaymentIntent because it has a status of ${intent.status}. Only a PaymentIntent with one of the following statuses may be treated so: ${allowed}.`
  return invalidRequest(message, { code: 'payment_intent_unexpected_state', payment_intent: intent })
}

/** Captures the whole amount or a part of it; what is not captured is released. */
export function capturePayment(account: Account, record: PaymentIntentRecord, amount?: number): void {
  const intent = record.view
  if (intent.status !== 'requires_capture') throw unexpectedState('capture', intent, 'requires_capture')
  const captured = amount ?? intent.amount_capturable
  if (captured > intent.amount_capturable) {
    const message = 'The amount_to_capture is greater than the amount you can capture on this PaymentIntent.'
    throw invalidParameter(message, 'amount_to_capture', 'amount_too_large')
  }
  const charge = chargeOf(account, intent)
  Object.assign(charge.view, {
    amount_captured: captured,
    amount_refunded: charge.view.amount - captured,
    captured: true,
  })
  account.tables.charges.changed(charge)
  Object.assign(intent, { status: 'succeeded', amount_received: captured, amount_capturable: 0 })
  account.tables.payment_intents.changed(record)
  settleLater(account, charge, false)
  emit(account, 'charge.captured', charge.view)
  emit(account, 'payment_intent.succeeded', intent)
}

export function cancelPayment(
  account: Account,
  record: PaymentIntentRecord,
  reason: Stripe.PaymentIntent.CancellationReason | null,
): void {
  const intent = record.view
  if (!CANCELABLE.includes(intent.status)) throw unexpectedState('cancel', intent, CANCELABLE.join(', '))
  if (intent.status === 'requires_capture') {
    const charge = chargeOf(account, intent)
    Object.assign(charge.view, { amount_refunded: charge.view.amount, refunded: true })
    account.tables.charges.changed(charge)
  }
  record.confirmation = null
  Object.assign(intent, {
    status: 'canceled',
    amount_capturable: 0,
    canceled_at: account.nowSeconds,
    cancellation_reason: reason,
    next_action: null,
  })
  account.tables.payment_intents.changed(record)
  emit(account, 'payment_intent.canceled', intent)
}

/** Seven days have passed since the authorization. */
export function expireAuthorization(account: Account, id: string): void {
  const record = account.tables.payment_intents.get(id)
  if (record?.view.status !== 'requires_capture') return
  const charge = chargeOf(account, record.view)
  cancelPayment(account, record, 'automatic')
  emit(account, 'charge.expired', charge.view)
}

function chargeOf(account: Account, intent: Stripe.PaymentIntent): ChargeRecord {
  const charge = account.tables.charges.get(String(intent.latest_charge))
  if (!charge) throw new Error('A held payment has no charge')
  return charge
}
