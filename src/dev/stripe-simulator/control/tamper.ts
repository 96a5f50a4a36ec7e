/**
 * Faults in the books, for tests of reconciliation: each makes Stripe's side differ from the vault's in one way.
 *
 * | exception | how to make it |
 * |---|---|
 * | MISSING_IN_STRIPE | `missing_balance_transaction` |
 * | MISSING_IN_VAULT | `charge_outside`, `refund_outside` |
 * | AMOUNT_OVER, AMOUNT_UNDER | `change_amount` with a positive or a negative `by` |
 * | CURRENCY_MISMATCH | `change_currency` |
 * | STATUS_MISMATCH | `charge_status` |
 * | DUPLICATE | `double_balance_transaction` |
 * | UNKNOWN_CATEGORY | `unknown_category` |
 * | PAYOUT_SUM_MISMATCH | `payout_sum`, or `change_fee` on a row that was paid out |
 * | PAYOUT_UNATTRIBUTABLE | `manual_payout` |
 * | UNKNOWN_OUTCOME | no fault in the books: plant one at /_simulator/faults |
 *
 * Where a row is wanted and none is named, the newest row of a charge that was not paid out yet is taken, so that
 * one fault does not bring a second one in a payout.
 */
import { z } from 'zod'
import { detailsOfName } from '../cards/card-data.ts'
import { cardOfName } from '../cards/magic-cards.ts'
import { createPaymentMethod } from '../cards/payment-method.ts'
import { addBalanceTransaction, availableAmount, availableOn } from '../money/balance-transactions.ts'
import { buildPaymentIntent } from '../money/build-payment-intent.ts'
import { confirmPayment } from '../money/confirm-payment.ts'
import { makeManualPayout, payPayout, sendPayout } from '../money/payouts.ts'
import { createRefund } from '../money/refunds.ts'
import { settleChargeById } from '../money/settle-charge.ts'
import type { Account } from '../state/account.ts'
import type { BalanceTransactionRecord, ChargeRecord } from '../state/records.ts'
import { emit } from '../webhooks/emit.ts'
import { accountKey, ControlError } from './control-request.ts'

const id = z.string().max(255).optional()
const account_key = accountKey
const currency = z.string().length(3).default('usd')

export const tamperSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('charge_outside'),
    account_key,
    amount: z.int().min(1).default(1234),
    currency,
    customer: id,
  }),
  z.strictObject({ kind: z.literal('refund_outside'), account_key, id: z.string(), amount: z.int().min(1).optional() }),
  z.strictObject({ kind: z.literal('missing_balance_transaction'), account_key, id }),
  z.strictObject({ kind: z.literal('double_balance_transaction'), account_key, id }),
  z.strictObject({ kind: z.literal('change_fee'), account_key, id, by: z.int().default(7) }),
  z.strictObject({ kind: z.literal('change_amount'), account_key, id, by: z.int().default(-100) }),
  z.strictObject({
    kind: z.literal('change_currency'),
    account_key,
    id,
    currency: z.string().length(3).default('eur'),
  }),
  z.strictObject({ kind: z.literal('unknown_category'), account_key, amount: z.int().default(-250), currency }),
  z.strictObject({
    kind: z.literal('charge_status'),
    account_key,
    id: z.string(),
    status: z.enum(['succeeded', 'failed']),
  }),
  z.strictObject({ kind: z.literal('payout_sum'), account_key, id, by: z.int().default(-100) }),
  z.strictObject({ kind: z.literal('manual_payout'), account_key, amount: z.int().min(1).optional(), currency }),
])

type Tampering = z.infer<typeof tamperSchema>
type Wish = { [K in Tampering['kind']]: Omit<Extract<Tampering, { kind: K }>, 'account_key'> }[Tampering['kind']]

/** Carries the tampering out and gives the object that is wrong now. */
export function tamper(account: Account, wish: Wish): object {
  switch (wish.kind) {
    case 'charge_outside':
      return chargeOutside(account, wish.amount, wish.currency, wish.customer)
    case 'refund_outside':
      return createRefund(account, chargeOf(account, wish.id), { amount: wish.amount, metadata: {} }).view
    case 'missing_balance_transaction':
      return removeRow(account, rowOf(account, wish.id))
    case 'double_balance_transaction':
      return doubleRow(account, rowOf(account, wish.id))
    case 'change_fee':
      return changeRow(account, rowOf(account, wish.id), 0, wish.by)
    case 'change_amount':
      return changeRow(account, rowOf(account, wish.id), wish.by, 0)
    case 'change_currency':
      return changeCurrency(account, rowOf(account, wish.id), wish.currency)
    case 'unknown_category':
      return unknownCategory(account, wish.amount, wish.currency)
    case 'charge_status':
      return changeStatus(account, chargeOf(account, wish.id), wish.status)
    case 'payout_sum':
      return changePayout(account, wish.id, wish.by)
    case 'manual_payout':
      return manualPayout(account, wish.amount, wish.currency)
  }
}

function rowOf(account: Account, wanted: string | undefined): BalanceTransactionRecord {
  const rows = account.tables.balance_transactions
  const row =
    wanted === undefined
      ? rows.all().findLast(({ view, payout }) => view.type === 'charge' && payout === null)
      : (rows.get(wanted) ?? rows.get(String(account.tables.charges.get(wanted)?.view.balance_transaction)))
  if (!row) throw new ControlError(404, 'There is no such balance transaction, and no charge that was not paid out yet')
  return row
}

function chargeOf(account: Account, wanted: string): ChargeRecord {
  const intent = account.tables.payment_intents.get(wanted)
  const charge = account.tables.charges.get(intent ? String(intent.view.latest_charge) : wanted)
  if (!charge) throw new ControlError(404, 'There is no such charge')
  return charge
}

function chargeOutside(account: Account, amount: number, currencyCode: string, customer?: string): object {
  const method = createPaymentMethod(account, detailsOfName(account, cardOfName('visa')!))
  const wish = { amount, currency: currencyCode, capture_method: 'automatic', ...(customer && { customer }) } as const
  const record = buildPaymentIntent(account, wish)
  record.view.payment_method = method.id
  record.view.description = 'Made outside the vault'
  account.tables.payment_intents.add(record)
  emit(account, 'payment_intent.created', record.view)
  confirmPayment(account, record, { offSession: false, authenticated: false, errorOnRequiresAction: false })
  return record.view
}

function removeRow(account: Account, row: BalanceTransactionRecord): object {
  account.tables.balance_transactions.remove(row.id)
  const charge = account.tables.charges.get(String(row.view.source))
  if (charge) {
    charge.view.balance_transaction = null
    account.tables.charges.changed(charge)
  }
  return row.view
}

function doubleRow(account: Account, row: BalanceTransactionRecord): object {
  const twinId = account.ids.next('txn')
  const twin = { ...row, id: twinId, view: { ...row.view, id: twinId } }
  return account.tables.balance_transactions.add(twin).view
}

function changeRow(account: Account, row: BalanceTransactionRecord, amountBy: number, feeBy: number): object {
  row.view.amount += amountBy
  row.view.fee += feeBy
  if (row.view.fee_details[0]) row.view.fee_details[0].amount += feeBy
  row.view.net = row.view.amount - row.view.fee
  account.tables.balance_transactions.changed(row)
  return row.view
}

function changeCurrency(account: Account, row: BalanceTransactionRecord, currencyCode: string): object {
  row.view.currency = currencyCode
  for (const detail of row.view.fee_details) detail.currency = currencyCode
  account.tables.balance_transactions.changed(row)
  return row.view
}

function unknownCategory(account: Account, amount: number, currencyCode: string): object {
  const row = addBalanceTransaction(account, {
    type: 'tidal_adjustment',
    reportingCategory: 'tidal_adjustment',
    amount,
    currency: currencyCode,
    source: account.ids.next('tidal'),
    description: 'A kind of row that nobody knows yet',
    availableOnMs: availableOn(account, false),
  })
  return row.view
}

/** Says nothing by an event: the books just differ. */
function changeStatus(account: Account, charge: ChargeRecord, status: 'succeeded' | 'failed'): object {
  const paid = status === 'succeeded'
  const changes = {
    status,
    paid,
    captured: paid,
    amount_captured: paid ? charge.view.amount : 0,
    failure_code: null,
    failure_message: null,
  }
  Object.assign(charge.view, changes)
  account.tables.charges.changed(charge)
  const intent = account.tables.payment_intents.get(String(charge.view.payment_intent))
  if (intent) {
    const amount_received = paid ? charge.view.amount : 0
    Object.assign(intent.view, { status: paid ? 'succeeded' : 'requires_payment_method', amount_received })
    account.tables.payment_intents.changed(intent)
  }
  if (paid) settleChargeById(account, charge.id)
  return charge.view
}

function changePayout(account: Account, wanted: string | undefined, by: number): object {
  const { payouts, balance_transactions } = account.tables
  const payout = wanted === undefined ? payouts.all().findLast(({ view }) => view.automatic) : payouts.get(wanted)
  if (!payout) throw new ControlError(404, 'There is no such payout')
  payout.view.amount += by
  payouts.changed(payout)
  const own = balance_transactions.get(String(payout.view.balance_transaction))
  if (own) changeRow(account, own, -by, 0)
  return payout.view
}

/** Takes all that is available, so that no row is left half paid. */
function manualPayout(account: Account, amount: number | undefined, currencyCode: string): object {
  const whole = amount ?? availableAmount(account, currencyCode)
  if (whole <= 0) throw new ControlError(400, 'Nothing is available to be paid out; see settle_pending at /payouts')
  const payout = makeManualPayout(account, { amount: whole, currency: currencyCode, description: 'Made by hand' })
  sendPayout(account, payout.id)
  payPayout(account, payout.id)
  return payout.view
}
