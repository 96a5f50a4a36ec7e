// What panless keeps of Stripe's account, balance, balance transactions and payouts. `raw` is the object as it came,
// cut to an allow-list without personal members, for the mirror that reconciliation reads.
import type Stripe from 'stripe'
import {
  arrayOf,
  expectKind,
  flagOf,
  idOf,
  integerOf,
  metadataOf,
  optionalText,
  recordOf,
  textOf,
  UnexpectedShape,
} from './shape.ts'

export type StripeAccountInfo = {
  id: string
  country: string | null
  defaultCurrency: string | null
  chargesEnabled: boolean
}

export type StripeBalance = { livemode: boolean; available: StripeFunds[]; pending: StripeFunds[] }
export type StripeFunds = { amount: number; currency: string }

/** Amounts in minor units with Stripe's sign (+ to the account), times in seconds since 1970. */
export type StripeBalanceTransaction = {
  id: string
  type: string
  reportingCategory: string
  balanceType: string | null
  amount: number
  fee: number
  net: number
  currency: string
  /** How Stripe converted the payment's currency to this one, null without a conversion. */
  exchangeRate: number | null
  status: string
  feeDetails: { type: string; amount: number; currency: string }[]
  sourceId: string | null
  /** What made this line; null unless it was expanded. */
  source: StripeBalanceSource | null
  created: number
  availableOn: number
  raw: Record<string, unknown>
}

export type StripeBalanceSource = {
  id: string
  object: string
  status: string | null
  amount: number | null
  currency: string | null
  charge: string | null
  paymentIntent: string | null
  customer: string | null
  metadata: Record<string, string>
}

export type StripePayout = {
  id: string
  status: string
  amount: number
  currency: string
  automatic: boolean
  type: string
  method: string
  reconciliationStatus: string
  arrivalDate: number
  balanceTransaction: string | null
  failureBalanceTransaction: string | null
  failureCode: string | null
  originalPayout: string | null
  reversedBy: string | null
  traceId: { status: string; value: string | null } | null
  statementDescriptor: string | null
  livemode: boolean
  created: number
  raw: Record<string, unknown>
}

const BALANCE_TRANSACTION_RAW = [
  'id',
  'object',
  'amount',
  'available_on',
  'balance_type',
  'created',
  'currency',
  'exchange_rate',
  'fee',
  'fee_details',
  'net',
  'reporting_category',
  'status',
  'type',
]
const PAYOUT_RAW = [
  'id',
  'object',
  'amount',
  'arrival_date',
  'automatic',
  'balance_transaction',
  'created',
  'currency',
  'failure_balance_transaction',
  'failure_code',
  'livemode',
  'method',
  'original_payout',
  'payout_method',
  'reconciliation_status',
  'reversed_by',
  'source_type',
  'statement_descriptor',
  'status',
  'trace_id',
  'type',
]

export function readAccount(account: Stripe.Account): StripeAccountInfo {
  expectKind(account, 'account')
  return {
    id: account.id,
    country: optionalText(account.country),
    defaultCurrency: optionalText(account.default_currency),
    chargesEnabled: flagOf(account.charges_enabled, 'account.charges_enabled'),
  }
}

export function readBalance(balance: Stripe.Balance): StripeBalance {
  if (recordOf(balance, 'balance').object !== 'balance') throw new UnexpectedShape('balance.object')
  const funds = (value: unknown, field: string) =>
    arrayOf(value, field).map(entry => {
      const { amount, currency } = recordOf(entry, field)
      return { amount: integerOf(amount, `${field}.amount`), currency: textOf(currency, `${field}.currency`) }
    })
  return {
    livemode: flagOf(balance.livemode, 'balance.livemode'),
    available: funds(balance.available, 'balance.available'),
    pending: funds(balance.pending, 'balance.pending'),
  }
}

export function readBalanceTransaction(line: Stripe.BalanceTransaction): StripeBalanceTransaction {
  expectKind(line, 'balance_transaction')
  if (line.exchange_rate !== null && typeof line.exchange_rate !== 'number') {
    throw new UnexpectedShape('balance_transaction.exchange_rate')
  }
  return {
    id: line.id,
    type: textOf(line.type, 'balance_transaction.type'),
    reportingCategory: textOf(line.reporting_category, 'balance_transaction.reporting_category'),
    balanceType: optionalText(line.balance_type),
    amount: integerOf(line.amount, 'balance_transaction.amount'),
    fee: integerOf(line.fee, 'balance_transaction.fee'),
    net: integerOf(line.net, 'balance_transaction.net'),
    currency: textOf(line.currency, 'balance_transaction.currency'),
    exchangeRate: line.exchange_rate,
    status: textOf(line.status, 'balance_transaction.status'),
    feeDetails: arrayOf(line.fee_details, 'balance_transaction.fee_details').map(readFee),
    sourceId: idOf(line.source),
    source: readSource(line.source),
    created: integerOf(line.created, 'balance_transaction.created'),
    availableOn: integerOf(line.available_on, 'balance_transaction.available_on'),
    raw: { ...pick(line, BALANCE_TRANSACTION_RAW), source: idOf(line.source) },
  }
}

export function readPayout(payout: Stripe.Payout): StripePayout {
  expectKind(payout, 'payout')
  const trace = payout.trace_id
  return {
    id: payout.id,
    status: textOf(payout.status, 'payout.status'),
    amount: integerOf(payout.amount, 'payout.amount'),
    currency: textOf(payout.currency, 'payout.currency'),
    automatic: flagOf(payout.automatic, 'payout.automatic'),
    type: textOf(payout.type, 'payout.type'),
    method: textOf(payout.method, 'payout.method'),
    reconciliationStatus: textOf(payout.reconciliation_status, 'payout.reconciliation_status'),
    arrivalDate: integerOf(payout.arrival_date, 'payout.arrival_date'),
    balanceTransaction: idOf(payout.balance_transaction),
    failureBalanceTransaction: idOf(payout.failure_balance_transaction),
    failureCode: optionalText(payout.failure_code),
    originalPayout: idOf(payout.original_payout),
    reversedBy: idOf(payout.reversed_by),
    traceId: trace
      ? { status: textOf(trace.status, 'payout.trace_id.status'), value: optionalText(trace.value) }
      : null,
    statementDescriptor: optionalText(payout.statement_descriptor),
    livemode: flagOf(payout.livemode, 'payout.livemode'),
    created: integerOf(payout.created, 'payout.created'),
    raw: pick(payout, PAYOUT_RAW),
  }
}

function readFee(value: unknown): { type: string; amount: number; currency: string } {
  const fee = recordOf(value, 'fee_details')
  return {
    type: textOf(fee.type, 'fee_details.type'),
    amount: integerOf(fee.amount, 'fee_details.amount'),
    currency: textOf(fee.currency, 'fee_details.currency'),
  }
}

function readSource(value: unknown): StripeBalanceSource | null {
  if (typeof value !== 'object' || value === null) return null
  const source = recordOf(value, 'balance_transaction.source')
  const object = textOf(source.object, 'balance_transaction.source.object')
  const id = textOf(source.id, 'balance_transaction.source.id')
  return {
    id,
    object,
    status: optionalText(source.status),
    amount: Number.isSafeInteger(source.amount) ? (source.amount as number) : null,
    currency: optionalText(source.currency),
    charge: object === 'charge' ? id : idOf(source.charge),
    paymentIntent: idOf(source.payment_intent),
    customer: idOf(source.customer),
    metadata: metadataOf(source.metadata),
  }
}

// Expanded members are cut to their ids, so that nothing personal comes along.
function pick(value: object, names: readonly string[]): Record<string, unknown> {
  const members = value as Record<string, unknown>
  return Object.fromEntries(names.filter(name => members[name] !== undefined).map(name => [name, flat(members[name])]))
}

function flat(member: unknown): unknown {
  if (typeof member === 'object' && member !== null && 'object' in member) return idOf(member)
  return member
}
