// The forms of Stripe's ids. An id is checked before it goes into a path, so that a wrong one never reaches Stripe.

const PREFIXES = {
  account: ['acct'],
  customer: ['cus'],
  payment_method: ['pm', 'card', 'src'],
  token: ['tok'],
  setup_intent: ['seti'],
  payment_intent: ['pi'],
  charge: ['ch', 'py'],
  refund: ['re', 'pyr'],
  dispute: ['dp', 'du', 'pdp'],
  payout: ['po'],
  balance_transaction: ['txn'],
  event: ['evt'],
} as const

export type StripeObjectKind = keyof typeof PREFIXES

// Stripe promises ids of at most 255 characters.
const MAX_ID_LENGTH = 255
const ID_FORM = /^([a-z]+)_[A-Za-z0-9][A-Za-z0-9_]*$/
// Test-mode names such as pm_card_visa and tok_visa stand for fresh objects: what answers has another id.
const TEST_ALIAS = /^(?:pm_card_[A-Za-z0-9_]+|tok_(?!1)[A-Za-z0-9_]+)$/

/** Whether `id` has the form of a Stripe id of this kind. */
export function isStripeId(kind: StripeObjectKind, id: unknown): id is string {
  if (typeof id !== 'string' || id.length > MAX_ID_LENGTH || id.includes('_secret_')) return false
  const prefix = ID_FORM.exec(id)?.[1]
  return prefix !== undefined && (PREFIXES[kind] as readonly string[]).includes(prefix)
}

/** Whether `id` is a name that Stripe's test mode answers with an object of another id. */
export function isTestAlias(id: string): boolean {
  return TEST_ALIAS.test(id)
}
