/** The rows of an account's balance: made, released when their day comes, and summed up. */
import type Stripe from 'stripe'
import type { Account } from '../state/account.ts'
import type { BalanceTransactionRecord } from '../state/records.ts'
import { businessDaysAfter } from '../state/time.ts'
import { emit } from '../webhooks/emit.ts'

/** Money of a charge is available after so many business days. */
const BUSINESS_DAYS_PENDING = 2

export interface NewBalanceTransaction {
  type: Stripe.BalanceTransaction.Type
  reportingCategory: string
  amount: number
  fee?: number
  feeDescription?: string
  currency: string
  source: string
  description?: string | null
  /** Milliseconds; at or before now means available at once. */
  availableOnMs?: number
}

export function addBalanceTransaction(account: Account, row: NewBalanceTransaction): BalanceTransactionRecord {
  const { clock, work } = account.simulator
  const { fee = 0, availableOnMs = clock.nowMs() } = row
  const available = availableOnMs <= clock.nowMs()
  const id = account.ids.next('txn')
  const view: Stripe.BalanceTransaction = {
    id,
    object: 'balance_transaction',
    amount: row.amount,
    available_on: Math.floor(availableOnMs / 1000),
    balance_type: 'payments',
    created: account.nowSeconds,
    currency: row.currency,
    description: row.description ?? null,
    exchange_rate: null,
    fee,
    fee_details: fee === 0 ? [] : [feeDetail(fee, row)],
    net: row.amount - fee,
    reporting_category: row.reportingCategory,
    source: row.source,
    status: available ? 'available' : 'pending',
    type: row.type,
  }
  if (!available) work.scheduleOnce(account, 'release_funds', '', availableOnMs)
  return account.tables.balance_transactions.add({ id, view, payout: null, takenByManualPayout: false })
}

function feeDetail(fee: number, row: NewBalanceTransaction): Stripe.BalanceTransaction.FeeDetail {
  const description = row.feeDescription ?? 'Stripe processing fees'
  return { amount: fee, application: null, currency: row.currency, description, type: 'stripe_fee' }
}

/** When money that comes in now will be available. */
export function availableOn(account: Account, bypassPending: boolean): number {
  const nowMs = account.simulator.clock.nowMs()
  return bypassPending ? nowMs : businessDaysAfter(nowMs, BUSINESS_DAYS_PENDING)
}

/** Makes available what is due, or everything when `all` is set. */
export function releaseFunds(account: Account, all = false): void {
  const now = account.nowSeconds
  let released = false
  for (const row of account.tables.balance_transactions.all()) {
    if (row.view.status !== 'pending' || (!all && row.view.available_on > now)) continue
    row.view.status = 'available'
    account.tables.balance_transactions.changed(row)
    released = true
  }
  if (released) emit(account, 'balance.available', balanceView(account))
}

export function balanceView(account: Account): Stripe.Balance {
  const sums = { available: new Map<string, number>(), pending: new Map<string, number>() }
  for (const { view } of account.tables.balance_transactions.all()) {
    const sum = view.status === 'available' ? sums.available : sums.pending
    sum.set(view.currency, (sum.get(view.currency) ?? 0) + view.net)
  }
  const currencies = [...new Set(['usd', ...sums.available.keys(), ...sums.pending.keys()])].sort()
  const amounts = (sum: Map<string, number>) =>
    currencies.map(currency => ({
      amount: sum.get(currency) ?? 0,
      currency,
      source_types: { card: sum.get(currency) ?? 0 },
    }))
  return { object: 'balance', available: amounts(sums.available), livemode: false, pending: amounts(sums.pending) }
}

/** What could be paid out in one currency now. */
export function availableAmount(account: Account, currency: string): number {
  return balanceView(account).available.find(entry => entry.currency === currency)?.amount ?? 0
}
