/** A captured charge gets its balance transaction: at once, or a little later with `charge.updated`. */
import { cardOfKey } from '../cards/magic-cards.ts'
import type { Account } from '../state/account.ts'
import type { ChargeRecord } from '../state/records.ts'
import { emit } from '../webhooks/emit.ts'
import { addBalanceTransaction, availableOn, balanceView } from './balance-transactions.ts'

/** Has the charge settled after the account's delay (asynchronous capture) or now. */
export function settleLater(account: Account, charge: ChargeRecord, asynchronous: boolean): void {
  const { clock, work } = account.simulator
  const dueAtMs = clock.nowMs() + account.settings.balanceTransactionDelayMs
  if (asynchronous) work.schedule(account, 'settle_charge', charge.id, dueAtMs)
  else settleCharge(account, charge)
}

/** The asynchronous end of a capture. */
export function settleChargeById(account: Account, id: string): void {
  const charge = account.tables.charges.get(id)
  if (!charge || charge.view.balance_transaction !== null) return
  settleCharge(account, charge)
  emit(account, 'charge.updated', charge.view, { balance_transaction: null })
}

/** One row for the charge; when only a part was captured, a second one takes back the rest. */
function settleCharge(account: Account, charge: ChargeRecord): void {
  const { view } = charge
  const captured = view.amount_captured
  const { feePercent, feeFixed } = account.settings
  const common = {
    currency: view.currency,
    source: view.id,
    availableOnMs: availableOn(account, cardOfKey(charge.card).bypassPending === true),
  }
  const row = addBalanceTransaction(account, {
    ...common,
    type: 'charge',
    reportingCategory: 'charge',
    amount: view.amount,
    fee: Math.round((captured * feePercent) / 100) + feeFixed,
    description: view.description,
  })
  view.balance_transaction = row.id
  account.tables.charges.changed(charge)
  if (captured < view.amount) {
    const reversal = {
      type: 'refund',
      reportingCategory: 'partial_capture_reversal',
      amount: captured - view.amount,
    } as const
    addBalanceTransaction(account, { ...common, ...reversal, description: 'REFUND FOR UNCAPTURED AMOUNT' })
  }
  if (row.view.status === 'available') emit(account, 'balance.available', balanceView(account))
}
