// What panless keeps of Stripe's payment intents, charges, refunds and disputes: ids, states, amounts and codes, and
// nothing about the person (no billing details, addresses, receipts or descriptions).
import type Stripe from 'stripe'
import { readPaymentError, type StripePaymentError } from './card-objects.ts'
import {
  arrayOf,
  expandedOf,
  expectKind,
  flagOf,
  idOf,
  integerOf,
  metadataOf,
  oneOf,
  optionalText,
  textOf,
} from './shape.ts'

const PAYMENT_INTENT_STATUSES = [
  'requires_payment_method',
  'requires_confirmation',
  'requires_action',
  'processing',
  'requires_capture',
  'succeeded',
  'canceled',
] as const
const CHARGE_STATUSES = ['succeeded', 'pending', 'failed'] as const
const REFUND_STATUSES = ['pending', 'requires_action', 'succeeded', 'failed', 'canceled'] as const

export type StripePaymentIntentStatus = (typeof PAYMENT_INTENT_STATUSES)[number]
export type StripeChargeStatus = (typeof CHARGE_STATUSES)[number]
export type StripeRefundStatus = (typeof REFUND_STATUSES)[number]

/** Amounts are in minor units, times in seconds since 1970. */
export type StripePaymentIntent = {
  id: string
  status: StripePaymentIntentStatus
  amount: number
  amountCapturable: number
  amountReceived: number
  currency: string
  customer: string | null
  paymentMethod: string | null
  captureMethod: string
  latestChargeId: string | null
  /** Null unless Stripe was asked to expand it. */
  latestCharge: StripeCharge | null
  lastError: StripePaymentError | null
  nextAction: { type: string; redirectUrl: string | null } | null
  canceledAt: number | null
  cancellationReason: string | null
  /** Lets a browser finish this intent: give it to the payer's page alone, never log it. */
  clientSecret: string | null
  metadata: Record<string, string>
  livemode: boolean
  created: number
}

export type StripeCharge = {
  id: string
  status: StripeChargeStatus
  amount: number
  amountCaptured: number
  amountRefunded: number
  currency: string
  paid: boolean
  captured: boolean
  refunded: boolean
  disputed: boolean
  customer: string | null
  paymentIntent: string | null
  paymentMethod: string | null
  /** Null until Stripe has settled an asynchronous capture (event charge.updated). */
  balanceTransaction: string | null
  failureBalanceTransaction: string | null
  failureCode: string | null
  outcome: StripeChargeOutcome | null
  metadata: Record<string, string>
  livemode: boolean
  created: number
}

export type StripeChargeOutcome = {
  type: string
  reason: string | null
  networkStatus: string | null
  riskLevel: string | null
  adviceCode: string | null
  networkAdviceCode: string | null
  networkDeclineCode: string | null
}

export type StripeRefund = {
  id: string
  status: StripeRefundStatus
  amount: number
  currency: string
  charge: string | null
  paymentIntent: string | null
  balanceTransaction: string | null
  failureBalanceTransaction: string | null
  failureReason: string | null
  pendingReason: string | null
  reason: string | null
  metadata: Record<string, string>
  created: number
}

export type StripeDispute = {
  id: string
  status: string
  amount: number
  currency: string
  charge: string
  paymentIntent: string | null
  reason: string
  networkReasonCode: string | null
  isChargeRefundable: boolean
  evidenceDueBy: number | null
  balanceTransactions: string[]
  metadata: Record<string, string>
  livemode: boolean
  created: number
}

export function readPaymentIntent(intent: Stripe.PaymentIntent): StripePaymentIntent {
  expectKind(intent, 'payment_intent')
  const charge = expandedOf(intent.latest_charge)
  const action = intent.next_action
  return {
    id: intent.id,
    status: oneOf(intent.status, PAYMENT_INTENT_STATUSES, 'payment_intent.status'),
    amount: integerOf(intent.amount, 'payment_intent.amount'),
    amountCapturable: integerOf(intent.amount_capturable, 'payment_intent.amount_capturable'),
    amountReceived: integerOf(intent.amount_received, 'payment_intent.amount_received'),
    currency: textOf(intent.currency, 'payment_intent.currency'),
    customer: idOf(intent.customer),
    paymentMethod: idOf(intent.payment_method),
    captureMethod: textOf(intent.capture_method, 'payment_intent.capture_method'),
    latestChargeId: idOf(intent.latest_charge),
    latestCharge: charge ? readCharge(charge) : null,
    lastError: readPaymentError(intent.last_payment_error),
    nextAction: action
      ? { type: textOf(action.type, 'next_action.type'), redirectUrl: optionalText(action.redirect_to_url?.url) }
      : null,
    canceledAt: intent.canceled_at ?? null,
    cancellationReason: optionalText(intent.cancellation_reason),
    clientSecret: optionalText(intent.client_secret),
    metadata: metadataOf(intent.metadata),
    livemode: flagOf(intent.livemode, 'payment_intent.livemode'),
    created: integerOf(intent.created, 'payment_intent.created'),
  }
}

export function readCharge(charge: Stripe.Charge): StripeCharge {
  expectKind(charge, 'charge')
  return {
    id: charge.id,
    status: oneOf(charge.status, CHARGE_STATUSES, 'charge.status'),
    amount: integerOf(charge.amount, 'charge.amount'),
    amountCaptured: integerOf(charge.amount_captured, 'charge.amount_captured'),
    amountRefunded: integerOf(charge.amount_refunded, 'charge.amount_refunded'),
    currency: textOf(charge.currency, 'charge.currency'),
    paid: flagOf(charge.paid, 'charge.paid'),
    captured: flagOf(charge.captured, 'charge.captured'),
    refunded: flagOf(charge.refunded, 'charge.refunded'),
    disputed: flagOf(charge.disputed, 'charge.disputed'),
    customer: idOf(charge.customer),
    paymentIntent: idOf(charge.payment_intent),
    paymentMethod: idOf(charge.payment_method),
    balanceTransaction: idOf(charge.balance_transaction),
    failureBalanceTransaction: idOf(charge.failure_balance_transaction),
    failureCode: optionalText(charge.failure_code),
    outcome: readOutcome(charge.outcome),
    metadata: metadataOf(charge.metadata),
    livemode: flagOf(charge.livemode, 'charge.livemode'),
    created: integerOf(charge.created, 'charge.created'),
  }
}

function readOutcome(outcome: Stripe.Charge.Outcome | null | undefined): StripeChargeOutcome | null {
  if (!outcome) return null
  return {
    type: textOf(outcome.type, 'charge.outcome.type'),
    reason: optionalText(outcome.reason),
    networkStatus: optionalText(outcome.network_status),
    riskLevel: optionalText(outcome.risk_level),
    adviceCode: optionalText(outcome.advice_code),
    networkAdviceCode: optionalText(outcome.network_advice_code),
    networkDeclineCode: optionalText(outcome.network_decline_code),
  }
}

export function readRefund(refund: Stripe.Refund): StripeRefund {
  expectKind(refund, 'refund')
  return {
    id: refund.id,
    status: oneOf(refund.status, REFUND_STATUSES, 'refund.status'),
    amount: integerOf(refund.amount, 'refund.amount'),
    currency: textOf(refund.currency, 'refund.currency'),
    charge: idOf(refund.charge),
    paymentIntent: idOf(refund.payment_intent),
    balanceTransaction: idOf(refund.balance_transaction),
    failureBalanceTransaction: idOf(refund.failure_balance_transaction),
    failureReason: optionalText(refund.failure_reason),
    pendingReason: optionalText(refund.pending_reason),
    reason: optionalText(refund.reason),
    metadata: metadataOf(refund.metadata),
    created: integerOf(refund.created, 'refund.created'),
  }
}

export function readDispute(dispute: Stripe.Dispute): StripeDispute {
  expectKind(dispute, 'dispute')
  const lines = arrayOf(dispute.balance_transactions, 'dispute.balance_transactions')
  return {
    id: dispute.id,
    status: textOf(dispute.status, 'dispute.status'),
    amount: integerOf(dispute.amount, 'dispute.amount'),
    currency: textOf(dispute.currency, 'dispute.currency'),
    charge: textOf(idOf(dispute.charge), 'dispute.charge'),
    paymentIntent: idOf(dispute.payment_intent),
    reason: textOf(dispute.reason, 'dispute.reason'),
    networkReasonCode: optionalText(dispute.network_reason_code),
    isChargeRefundable: flagOf(dispute.is_charge_refundable, 'dispute.is_charge_refundable'),
    evidenceDueBy: dispute.evidence_details?.due_by ?? null,
    balanceTransactions: lines.map(line => textOf(idOf(line), 'dispute.balance_transactions.id')),
    metadata: metadataOf(dispute.metadata),
    livemode: flagOf(dispute.livemode, 'dispute.livemode'),
    created: integerOf(dispute.created, 'dispute.created'),
  }
}
