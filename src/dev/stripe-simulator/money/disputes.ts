/** Disputes: opened by the card's bank, answered with evidence, won or lost; an inquiry moves no money. */
import type Stripe from 'stripe'
import { cardOfKey } from '../cards/magic-cards.ts'
import type { Account } from '../state/account.ts'
import type { ChargeRecord, DisputeRecord } from '../state/records.ts'
import { DAY_MS } from '../state/time.ts'
import { emit } from '../webhooks/emit.ts'
import { addBalanceTransaction } from './balance-transactions.ts'

const DAYS_TO_ANSWER = 9

const EMPTY_EVIDENCE: Stripe.Dispute.Evidence = {
  access_activity_log: null,
  billing_address: null,
  cancellation_policy: null,
  cancellation_policy_disclosure: null,
  cancellation_rebuttal: null,
  customer_communication: null,
  customer_email_address: null,
  customer_name: null,
  customer_purchase_ip: null,
  customer_signature: null,
  duplicate_charge_documentation: null,
  duplicate_charge_explanation: null,
  duplicate_charge_id: null,
  enhanced_evidence: {},
  product_description: null,
  receipt: null,
  refund_policy: null,
  refund_policy_disclosure: null,
  refund_refusal_explanation: null,
  service_date: null,
  service_documentation: null,
  shipping_address: null,
  shipping_carrier: null,
  shipping_date: null,
  shipping_documentation: null,
  shipping_tracking_number: null,
  uncategorized_file: null,
  uncategorized_text: null,
}

export interface NewDispute {
  reason: string
  amount: number
  inquiry: boolean
}

/** What the card of a charge brings: disputes that share the amount, an inquiry, an early fraud warning. */
export function openDisputes(account: Account, chargeId: string): void {
  const charge = account.tables.charges.get(chargeId)
  if (!charge) return
  const card = cardOfKey(charge.card)
  if (card.earlyFraudWarning) warnOfFraud(account, charge)
  const kinds = card.disputes ?? []
  let left = charge.view.amount_captured
  kinds.forEach((kind, i) => {
    const amount = i === kinds.length - 1 ? left : Math.floor(charge.view.amount_captured / kinds.length)
    left -= amount
    const inquiry = kind === 'inquiry'
    openDispute(account, charge, { reason: inquiry ? 'general' : kind, amount, inquiry })
  })
}

export function openDispute(account: Account, charge: ChargeRecord, wish: NewDispute): DisputeRecord {
  const id = account.ids.next('dp')
  const view: Stripe.Dispute = {
    id,
    object: 'dispute',
    amount: wish.amount,
    balance_transactions: [],
    charge: charge.id,
    created: account.nowSeconds,
    currency: charge.view.currency,
    enhanced_eligibility_types: [],
    evidence: { ...EMPTY_EVIDENCE },
    evidence_details: {
      due_by: account.nowSeconds + (DAYS_TO_ANSWER * DAY_MS) / 1000,
      enhanced_eligibility: {},
      has_evidence: false,
      past_due: false,
      submission_count: 0,
      submission_method: 'not_submitted',
    },
    intended_submission_method: null,
    is_charge_refundable: wish.inquiry,
    livemode: false,
    metadata: {},
    network_reason_code: wish.reason === 'product_not_received' ? '13.1' : '10.4',
    payment_intent: charge.view.payment_intent,
    reason: wish.reason,
    status: wish.inquiry ? 'warning_needs_response' : 'needs_response',
  }
  const dispute = account.tables.disputes.add({ id, view })
  charge.view.disputed = true
  account.tables.charges.changed(charge)
  emit(account, 'charge.dispute.created', view)
  if (!wish.inquiry) {
    moveFunds(account, dispute, 'dispute', -wish.amount, account.settings.disputeFee, 'Chargeback withdrawal')
    emit(account, 'charge.dispute.funds_withdrawn', view)
  }
  emit(account, 'charge.updated', charge.view, { disputed: false })
  return dispute
}

function moveFunds(
  account: Account,
  dispute: DisputeRecord,
  category: string,
  amount: number,
  fee: number,
  text: string,
): void {
  const row = addBalanceTransaction(account, {
    type: 'adjustment',
    reportingCategory: category,
    amount,
    fee,
    feeDescription: 'Dispute fee',
    currency: dispute.view.currency,
    source: dispute.id,
    description: `${text} for ${String(dispute.view.charge)}`,
  })
  dispute.view.balance_transactions.push({ ...row.view })
  account.tables.disputes.changed(dispute)
}

export function isOpen(dispute: Stripe.Dispute): boolean {
  return ['needs_response', 'warning_needs_response'].includes(dispute.status)
}

/** Hands the evidence to the bank, which decides a little later. */
export function submitEvidence(account: Account, dispute: DisputeRecord): void {
  const { view } = dispute
  view.status = view.status === 'warning_needs_response' ? 'warning_under_review' : 'under_review'
  view.evidence_details.submission_count += 1
  view.evidence_details.submission_method = 'manual'
  account.tables.disputes.changed(dispute)
  const { clock, work } = account.simulator
  work.schedule(account, 'decide_dispute', dispute.id, clock.nowMs() + account.settings.disputeDelayMs)
}

/** `winning_evidence` wins, `losing_evidence` loses; with any other text the dispute stays under review. */
export function decideDispute(account: Account, id: string): void {
  const dispute = account.tables.disputes.get(id)
  const text = dispute?.view.evidence.uncategorized_text
  if (!dispute || !['under_review', 'warning_under_review'].includes(dispute.view.status)) return
  if (text === 'winning_evidence') closeDispute(account, dispute, 'won')
  if (text === 'losing_evidence') closeDispute(account, dispute, 'lost')
}

export function closeDispute(account: Account, dispute: DisputeRecord, outcome: 'won' | 'lost'): void {
  const { view } = dispute
  const inquiry = view.status.startsWith('warning_')
  view.status = inquiry ? 'warning_closed' : outcome
  view.is_charge_refundable = inquiry || outcome === 'won'
  account.tables.disputes.changed(dispute)
  emit(account, 'charge.dispute.closed', view)
  if (inquiry || outcome === 'lost') return
  moveFunds(account, dispute, 'dispute_reversal', view.amount, 0, 'Chargeback reversal')
  emit(account, 'charge.dispute.funds_reinstated', view)
}

function warnOfFraud(account: Account, charge: ChargeRecord): void {
  const id = account.ids.next('issfr')
  const view: Stripe.Radar.EarlyFraudWarning = {
    id,
    object: 'radar.early_fraud_warning',
    actionable: true,
    charge: charge.id,
    created: account.nowSeconds,
    fraud_type: 'made_with_stolen_card',
    livemode: false,
    payment_intent: String(charge.view.payment_intent),
  }
  account.tables.early_fraud_warnings.add({ id, view })
  emit(account, 'radar.early_fraud_warning.created', view)
}
