/** `expand[]`: puts the object where its id stands, at most four levels deep, on single objects and on lists. */
import type { Account } from '../state/account.ts'
import type { CollectionName } from '../state/records.ts'
import { invalidParameter } from './stripe-error.ts'

const MAX_DEPTH = 4

type Json = Record<string, unknown>

/** Which collection an id belongs to. */
const BY_PREFIX = {
  ch: 'charges',
  cus: 'customers',
  dp: 'disputes',
  issfr: 'early_fraud_warnings',
  mandate: 'mandates',
  pi: 'payment_intents',
  pm: 'payment_methods',
  po: 'payouts',
  re: 'refunds',
  setatt: 'setup_attempts',
  seti: 'setup_intents',
  txn: 'balance_transactions',
} as const satisfies Record<string, CollectionName>

/** The members that may be expanded, by kind of object. */
const EXPANDABLE: Readonly<Record<string, readonly string[]>> = {
  balance_transaction: ['source'],
  charge: ['balance_transaction', 'customer', 'failure_balance_transaction', 'payment_intent', 'refunds'],
  customer: ['invoice_settings.default_payment_method'],
  dispute: ['charge', 'payment_intent'],
  mandate: ['payment_method'],
  payment_intent: ['customer', 'latest_charge', 'payment_method'],
  payment_method: ['customer'],
  payout: ['balance_transaction', 'failure_balance_transaction', 'original_payout', 'reversed_by'],
  'radar.early_fraud_warning': ['charge', 'payment_intent'],
  refund: [
    'balance_transaction',
    'charge',
    'customer',
    'failure_balance_transaction',
    'payment_intent',
    'payment_method',
  ],
  setup_attempt: ['customer', 'payment_method', 'setup_intent'],
  setup_intent: ['customer', 'latest_attempt', 'mandate', 'payment_method', 'single_use_mandate'],
}

/** A copy of `answer` with the members named by `paths` expanded; 400 when one of them cannot be. */
export function expandAnswer(account: Account, answer: object, paths: readonly string[]): object {
  let expanded = answer as Json
  for (const path of paths) {
    const steps = path.split('.')
    const depth = steps[0] === 'data' && expanded.object === 'list' ? steps.length - 1 : steps.length
    if (depth > MAX_DEPTH) throw invalidParameter('You cannot expand more than 4 levels of a property.', 'expand')
    expanded = expandStep(account, expanded, steps)
  }
  return expanded
}

function expandStep(account: Account, object: Json, steps: readonly string[]): Json {
  const [step, ...rest] = steps
  if (step === undefined) return object
  if (object.object === 'list' && step === 'data') {
    if (rest.length === 0) throw notExpandable()
    return { ...object, data: (object.data as Json[]).map(item => expandStep(account, item, rest)) }
  }
  if (object.object === 'dispute' && step === 'balance_transactions') {
    const rows = object.balance_transactions as Json[]
    return { ...object, balance_transactions: rows.map(row => expandStep(account, row, rest)) }
  }
  const allowed = EXPANDABLE[String(object.object)] ?? []
  if (object.object === 'customer' && step === 'invoice_settings')
    return expandDefaultPaymentMethod(account, object, rest)
  if (!allowed.includes(step)) throw notExpandable()
  const value = object.object === 'charge' && step === 'refunds' ? refundsOf(account, object) : object[step]
  if (value === null || value === undefined) return object
  const found = typeof value === 'string' ? find(account, value) : (value as Json)
  if (!found) return object
  const deeper = found.object === 'list' && rest[0] !== 'data' && rest.length > 0 ? null : rest
  if (deeper === null) throw notExpandable()
  return { ...object, [step]: expandStep(account, found, deeper) }
}

function expandDefaultPaymentMethod(account: Account, customer: Json, rest: readonly string[]): Json {
  const settings = customer.invoice_settings as Json
  const id = settings.default_payment_method
  if (rest[0] !== 'default_payment_method') throw notExpandable()
  const found = typeof id === 'string' ? find(account, id) : undefined
  if (!found) return customer
  const method = expandStep(account, found, rest.slice(1))
  return { ...customer, invoice_settings: { ...settings, default_payment_method: method } }
}

function refundsOf(account: Account, charge: Json): Json {
  const data = account.tables.refunds
    .all()
    .filter(refund => refund.view.charge === charge.id)
    .map(refund => refund.view)
    .reverse()
  return { object: 'list', data, has_more: false, url: `/v1/charges/${String(charge.id)}/refunds` }
}

function find(account: Account, id: string): Json | undefined {
  const prefix = id.slice(0, id.lastIndexOf('_'))
  if (!Object.hasOwn(BY_PREFIX, prefix)) return undefined
  const name = BY_PREFIX[prefix as keyof typeof BY_PREFIX]
  return account.tables[name].get(id)?.view as Json | undefined
}

function notExpandable(): Error {
  return invalidParameter('This property cannot be expanded.', 'expand')
}
