/** Refunds: made at once, or pending for a while, or failing after all, as the card of the charge wants it. */
import type Stripe from 'stripe'
import { invalidParameter, invalidRequest } from '../api/stripe-error.ts'
import { cardOfKey } from '../cards/magic-cards.ts'
import type { Account } from '../state/account.ts'
import type { ChargeRecord, RefundRecord } from '../state/records.ts'
import { emit } from '../webhooks/emit.ts'
import { addBalanceTransaction } from './balance-transactions.ts'

export interface NewRefund {
  amount?: number
  reason?: Stripe.Refund.Reason
  metadata: Record<string, string>
}

/** 400 when the charge cannot be refunded: not captured, disputed, refunded already, or by more than is left. */
export function createRefund(account: Account, charge: ChargeRecord, wish: NewRefund): RefundRecord {
  const amount = checkAmount(account, charge.view, wish.amount)
  const behaviour = cardOfKey(charge.card).refund
  const pending = behaviour === 'pending'
  const id = account.ids.next('re')
  const view: Stripe.Refund = {
    id,
    object: 'refund',
    amount,
    balance_transaction: null,
    charge: charge.id,
    created: account.nowSeconds,
    currency: charge.view.currency,
    customer: charge.view.customer,
    customer_account: null,
    destination_details: {
      card: { reference_status: 'pending', reference_type: 'acquirer_reference_number', type: 'refund' },
      type: 'card',
    },
    metadata: wish.metadata,
    payment_intent: charge.view.payment_intent,
    payment_method: charge.view.payment_method,
    reason: wish.reason ?? null,
    receipt_number: null,
    source_transfer_reversal: null,
    status: pending ? 'pending' : 'succeeded',
    transfer_reversal: null,
  }
  const refund = account.tables.refunds.add({ id, view })
  if (!pending) view.balance_transaction = takeFromBalance(account, charge, refund)
  charge.view.amount_refunded += amount
  charge.view.refunded = charge.view.amount_refunded >= charge.view.amount
  account.tables.charges.changed(charge)
  account.tables.refunds.changed(refund)
  emit(account, 'refund.created', view)
  emit(account, 'charge.refunded', charge.view)
  const { clock, work } = account.simulator
  const dueAtMs = clock.nowMs() + account.settings.refundDelayMs
  if (pending) work.schedule(account, 'finish_refund', id, dueAtMs)
  if (behaviour === 'fails') work.schedule(account, 'fail_refund', id, dueAtMs)
  return refund
}

function checkAmount(account: Account, charge: Stripe.Charge, wished: number | undefined): number {
  if (charge.status !== 'succeeded')
    throw invalidRequest(`This charge (${charge.id}) is not successful and cannot be refunded.`, { charge: charge.id })
  if (!charge.captured) throw invalidRequest(`This charge (${charge.id}) has not been captured.`, { charge: charge.id })
  if (charge.disputed && openDispute(account, charge)) {
    const message = `Charge ${charge.id} has been charged back; cannot issue a refund.`
    throw invalidRequest(message, { code: 'charge_disputed', charge: charge.id })
  }
  const left = charge.amount - charge.amount_refunded
  if (left <= 0)
    throw invalidRequest(`Charge ${charge.id} has already been refunded.`, {
      code: 'charge_already_refunded',
      charge: charge.id,
    })
  const amount = wished ?? left
  if (amount > left) {
    throw invalidRequest(`Refund amount (${amount}) is greater than unrefunded amount on charge (${left})`, {
      param: 'amount',
      charge: charge.id,
    })
  }
  if (amount < 1) throw invalidParameter('Invalid positive integer', 'amount', 'parameter_invalid_integer')
  return amount
}

/** A dispute that took the money, or still may; an inquiry and a won dispute leave the charge refundable. */
function openDispute(account: Account, charge: Stripe.Charge): boolean {
  return account.tables.disputes.all().some(({ view }) => view.charge === charge.id && !view.is_charge_refundable)
}

function takeFromBalance(account: Account, charge: ChargeRecord, refund: RefundRecord): string {
  const ofCharge = account.tables.balance_transactions.get(String(charge.view.balance_transaction))
  const availableOnMs = Math.max(account.simulator.clock.nowMs(), (ofCharge?.view.available_on ?? 0) * 1000)
  return addBalanceTransaction(account, {
    type: 'refund',
    reportingCategory: 'refund',
    amount: -refund.view.amount,
    currency: refund.view.currency,
    source: refund.id,
    description: 'REFUND FOR CHARGE',
    availableOnMs,
  }).id
}

/** A pending refund succeeds. */
export function finishRefund(account: Account, id: string): void {
  const refund = account.tables.refunds.get(id)
  const charge = account.tables.charges.get(String(refund?.view.charge))
  if (!refund || !charge || refund.view.status !== 'pending') return
  refund.view.status = 'succeeded'
  refund.view.balance_transaction = takeFromBalance(account, charge, refund)
  account.tables.refunds.changed(refund)
  emit(account, 'refund.updated', refund.view, { status: 'pending' })
}

/** A refund that had succeeded comes back from the payer's bank. */
export function failRefund(account: Account, id: string): void {
  const refund = account.tables.refunds.get(id)
  const charge = account.tables.charges.get(String(refund?.view.charge))
  if (!refund || !charge || refund.view.status !== 'succeeded') return
  const { view } = refund
  const row = addBalanceTransaction(account, {
    type: 'refund_failure',
    reportingCategory: 'refund_failure',
    amount: view.amount,
    currency: view.currency,
    source: id,
    description: 'REFUND FAILURE',
  })
  Object.assign(view, {
    status: 'failed',
    failure_reason: 'expired_or_canceled_card',
    failure_balance_transaction: row.id,
  })
  account.tables.refunds.changed(refund)
  charge.view.amount_refunded -= view.amount
  charge.view.refunded = false
  account.tables.charges.changed(charge)
  emit(account, 'refund.updated', view, { status: 'succeeded' })
  emit(account, 'refund.failed', view)
}
