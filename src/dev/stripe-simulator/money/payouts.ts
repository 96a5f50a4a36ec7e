/** Payouts: the automatic one of each day with the rows it gathered, manual ones without, and their way to the bank. */
import type Stripe from 'stripe'
import { StripeApiError } from '../api/stripe-error.ts'
import type { Account } from '../state/account.ts'
import type { BalanceTransactionRecord, PayoutRecord } from '../state/records.ts'
import { businessDaysAfter, nextMidnight } from '../state/time.ts'
import { emit } from '../webhooks/emit.ts'
import { addBalanceTransaction, availableAmount, releaseFunds } from './balance-transactions.ts'

const HOUR_MS = 3_600_000
const IN_TRANSIT_AFTER_MS = HOUR_MS
const RECONCILED_AFTER_MS = 12 * HOUR_MS

/** The work of 00:00 UTC, which also calls itself for the next day. */
export function makeDailyPayout(account: Account): void {
  const { clock, work } = account.simulator
  work.schedule(account, 'daily_payout', '', nextMidnight(clock.nowMs()))
  releaseFunds(account)
  if (account.settings.automaticPayouts) makeAutomaticPayouts(account)
}

/** One payout for each currency in which more came in than went out; what is negative waits, unless it is allowed. */
export function makeAutomaticPayouts(account: Account, allowNegative = false): PayoutRecord[] {
  const rowsByCurrency = new Map<string, BalanceTransactionRecord[]>()
  for (const row of account.tables.balance_transactions.all()) {
    const free = row.payout === null && !row.takenByManualPayout && row.view.type !== 'payout'
    if (!free || row.view.status !== 'available') continue
    const rows = rowsByCurrency.get(row.view.currency) ?? []
    rowsByCurrency.set(row.view.currency, rows)
    rows.push(row)
  }
  const payouts: PayoutRecord[] = []
  for (const [currency, rows] of rowsByCurrency) {
    const amount = rows.reduce((sum, row) => sum + row.view.net, 0)
    if (amount === 0 || (amount < 0 && !allowNegative)) continue
    const payout = addPayout(account, { amount, currency, automatic: true, description: 'STRIPE PAYOUT' })
    for (const row of rows) {
      row.payout = payout.id
      account.tables.balance_transactions.changed(row)
    }
    payouts.push(payout)
  }
  return payouts
}

export interface NewPayout {
  amount: number
  currency: string
  automatic: boolean
  description: string | null
  method?: 'standard' | 'instant'
  metadata?: Record<string, string>
  statementDescriptor?: string | null
}

/** A payout by hand takes the oldest available rows, but nobody can see which; 400 `balance_insufficient`. */
export function makeManualPayout(account: Account, wish: Omit<NewPayout, 'automatic'>): PayoutRecord {
  if (availableAmount(account, wish.currency) < wish.amount) {
    const message = 'You have insufficient funds in your Stripe account for this transfer. Your ACH balance is too low.'
    throw new StripeApiError(400, {
      type: 'invalid_request_error',
      code: 'balance_insufficient',
      message,
      param: 'amount',
    })
  }
  const payout = addPayout(account, { ...wish, automatic: false })
  let taken = 0
  for (const row of account.tables.balance_transactions.all()) {
    if (taken >= wish.amount) break
    const free = row.payout === null && !row.takenByManualPayout && row.view.type !== 'payout'
    if (!free || row.view.status !== 'available' || row.view.currency !== wish.currency) continue
    row.takenByManualPayout = true
    account.tables.balance_transactions.changed(row)
    taken += row.view.net
  }
  return payout
}

function addPayout(account: Account, wish: NewPayout): PayoutRecord {
  const { clock, work } = account.simulator
  const arrivalMs = wish.method === 'instant' ? clock.nowMs() : businessDaysAfter(clock.nowMs(), 1)
  const id = account.ids.next('po')
  const view: Stripe.Payout = {
    id,
    object: 'payout',
    amount: wish.amount,
    application_fee: null,
    application_fee_amount: null,
    arrival_date: Math.floor(arrivalMs / 1000),
    automatic: wish.automatic,
    balance_transaction: null,
    created: account.nowSeconds,
    currency: wish.currency,
    description: wish.description,
    destination: `ba_${account.id.slice('acct_'.length)}`,
    failure_balance_transaction: null,
    failure_code: null,
    failure_message: null,
    livemode: false,
    metadata: wish.metadata ?? {},
    method: wish.method ?? 'standard',
    original_payout: null,
    payout_method: null,
    reconciliation_status: wish.automatic ? 'in_progress' : 'not_applicable',
    reversed_by: null,
    source_type: 'card',
    statement_descriptor: wish.statementDescriptor ?? null,
    status: 'pending',
    trace_id: { status: 'pending', value: null },
    type: 'bank_account',
  }
  const row = addOwnRow(account, view, 'payout', 'payout', -wish.amount)
  if (wish.automatic) row.payout = id
  view.balance_transaction = row.id
  const payout = account.tables.payouts.add({ id, view })
  emit(account, 'payout.created', view)
  const nowMs = clock.nowMs()
  work.schedule(account, 'payout_in_transit', id, Math.min(nowMs + IN_TRANSIT_AFTER_MS, arrivalMs))
  if (wish.automatic) work.schedule(account, 'payout_reconciled', id, nowMs + RECONCILED_AFTER_MS)
  work.schedule(account, 'payout_paid', id, Math.max(arrivalMs, nowMs))
  return payout
}

function addOwnRow(
  account: Account,
  payout: Stripe.Payout,
  type: Stripe.BalanceTransaction.Type,
  category: string,
  amount: number,
): BalanceTransactionRecord {
  return addBalanceTransaction(account, {
    type,
    reportingCategory: category,
    amount,
    currency: payout.currency,
    source: payout.id,
    description: payout.description,
  })
}

function change(
  account: Account,
  payout: PayoutRecord,
  changes: Partial<Stripe.Payout>,
  event: 'payout.updated' | 'payout.paid' | 'payout.failed' | 'payout.canceled' | 'payout.reconciliation_completed',
): void {
  const previous = Object.fromEntries(Object.keys(changes).map(key => [key, payout.view[key as keyof Stripe.Payout]]))
  Object.assign(payout.view, changes)
  account.tables.payouts.changed(payout)
  emit(account, event, payout.view, event === 'payout.updated' ? previous : undefined)
}

export function sendPayout(account: Account, id: string): void {
  const payout = account.tables.payouts.get(id)
  if (payout?.view.status === 'pending') change(account, payout, { status: 'in_transit' }, 'payout.updated')
}

export function reconcilePayout(account: Account, id: string): void {
  const payout = account.tables.payouts.get(id)
  if (payout?.view.reconciliation_status !== 'in_progress') return
  change(account, payout, { reconciliation_status: 'completed' }, 'payout.reconciliation_completed')
}

export function payPayout(account: Account, id: string): void {
  const payout = account.tables.payouts.get(id)
  if (!payout || !['pending', 'in_transit'].includes(payout.view.status)) return
  const trace_id = { status: 'supported', value: account.ids.letters(16).toUpperCase() }
  change(account, payout, { status: 'paid', trace_id }, 'payout.paid')
}

/** The bank sends the money back: it is available again, with a row of its own for the next payout. */
export function failPayout(account: Account, payout: PayoutRecord, code: string): void {
  const row = addOwnRow(account, payout.view, 'payout_failure', 'payout_reversal', payout.view.amount)
  const failure_message = 'The bank could not process this payout.'
  const changes = { status: 'failed', failure_code: code, failure_message, failure_balance_transaction: row.id }
  change(account, payout, changes, 'payout.failed')
}

/** Only a manual payout that is still pending can be cancelled. */
export function cancelPayout(account: Account, payout: PayoutRecord): void {
  addOwnRow(account, payout.view, 'payout_cancel', 'payout_reversal', payout.view.amount)
  change(account, payout, { status: 'canceled' }, 'payout.canceled')
}

/** A paid payout comes back as one of its own, with the amount negative. */
export function reversePayout(account: Account, payout: PayoutRecord, metadata: Record<string, string>): PayoutRecord {
  const { amount, currency } = payout.view
  const reversal = addPayout(account, {
    amount: -amount,
    currency,
    automatic: false,
    description: 'Payout reversal',
    metadata,
  })
  reversal.view.original_payout = payout.id
  account.tables.payouts.changed(reversal)
  change(account, payout, { reversed_by: reversal.id }, 'payout.updated')
  return reversal
}
