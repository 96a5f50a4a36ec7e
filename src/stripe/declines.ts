// What to do after a decline, as data (docs.stripe.com/declines/codes and /declines/card; network rules from the
// networks' published excessive-retry programmes). A code that is not here is never retried until it is classified.

export type Retry = 'never' | 'after' | 'new_card' | 'payer_action'

export type DeclineRule = { retry: Retry; retryAfterSeconds: number | null }

export type DeclineCodes = {
  code: string | null
  declineCode: string | null
  adviceCode?: string | null
  networkAdviceCode?: string | null
  networkDeclineCode?: string | null
  /** The card's brand: networks give one number different meanings. */
  brand?: string | null
}

const HOUR = 3_600
const DAY = 24 * HOUR

const NEVER: DeclineRule = { retry: 'never', retryAfterSeconds: null }
const NEW_CARD: DeclineRule = { retry: 'new_card', retryAfterSeconds: null }
const PAYER_ACTION: DeclineRule = { retry: 'payer_action', retryAfterSeconds: null }
const SOON: DeclineRule = { retry: 'after', retryAfterSeconds: 4 * HOUR }
const NEXT_DAY: DeclineRule = { retry: 'after', retryAfterSeconds: DAY }
const IN_DAYS: DeclineRule = { retry: 'after', retryAfterSeconds: 3 * DAY }

/** By decline code, or by error code where a decline carries none. */
export const DECLINE_RULES: Readonly<Record<string, DeclineRule>> = {
  // The card is dead, or its holder has withdrawn the permission.
  incorrect_number: NEW_CARD,
  lost_card: NEW_CARD,
  stolen_card: NEW_CARD,
  pickup_card: NEW_CARD,
  revocation_of_authorization: NEW_CARD,
  revocation_of_all_authorizations: NEW_CARD,
  transaction_not_allowed: NEW_CARD,
  highest_risk_level: NEW_CARD,

  // The card's details are wrong, or it cannot be used for this.
  expired_card: NEW_CARD,
  expired_payment_method: NEW_CARD,
  incorrect_cvc: NEW_CARD,
  invalid_cvc: NEW_CARD,
  incorrect_zip: NEW_CARD,
  incorrect_postal_code: NEW_CARD,
  incorrect_address: NEW_CARD,
  invalid_expiry_month: NEW_CARD,
  invalid_expiry_year: NEW_CARD,
  invalid_number: NEW_CARD,
  invalid_account: NEW_CARD,
  new_account_information_available: NEW_CARD,
  card_not_supported: NEW_CARD,
  currency_not_supported: NEW_CARD,
  incorrect_pin: NEW_CARD,
  invalid_pin: NEW_CARD,
  pin_try_exceeded: NEW_CARD,

  // The issuer or Stripe has blocked it.
  restricted_card: NEVER,
  security_violation: NEVER,
  stop_payment_order: NEVER,
  not_permitted: NEVER,
  service_not_allowed: NEVER,
  merchant_blacklist: NEVER,
  fraudulent: NEVER,
  previously_declined_do_not_retry: NEVER,
  do_not_try_again: NEVER,
  invalid_amount: NEVER,
  testmode_decline: NEVER,
  // The earlier charge has to be looked for first.
  duplicate_transaction: NEVER,

  // The issuer does not say why: a few tries, spaced, as the advice code allows.
  card_declined: NEXT_DAY,
  generic_decline: NEXT_DAY,
  do_not_honor: NEXT_DAY,
  call_issuer: NEXT_DAY,
  no_action_taken: NEXT_DAY,

  // There may be money, or room under a limit, in some days.
  insufficient_funds: IN_DAYS,
  card_velocity_exceeded: IN_DAYS,
  withdrawal_count_limit_exceeded: IN_DAYS,
  card_decline_rate_limit_exceeded: NEXT_DAY,

  // Something was out of order for the moment.
  processing_error: SOON,
  reenter_transaction: SOON,
  issuer_not_available: SOON,
  approve_with_id: SOON,
  try_again_later: SOON,

  // The payer has to be there.
  authentication_required: PAYER_ACTION,
  authentication_not_handled: PAYER_ACTION,
  payment_intent_authentication_failure: PAYER_ACTION,
  setup_intent_authentication_failure: PAYER_ACTION,
  mobile_device_authentication_required: PAYER_ACTION,
  offline_pin_required: PAYER_ACTION,
  online_or_offline_pin_required: PAYER_ACTION,
}

/** Stripe's advice codes: they settle what a code leaves open, and never soften a refusal. */
const ADVICE_RULES: Readonly<Record<string, DeclineRule>> = {
  do_not_try_again: NEVER,
  try_again_later: NEXT_DAY,
  confirm_card_data: NEW_CARD,
}

/** Mastercard's merchant advice codes; a retry against 03 or 21 is charged for. */
const MASTERCARD_ADVICE_RULES: Readonly<Record<string, DeclineRule>> = {
  '01': NEW_CARD,
  '02': IN_DAYS,
  '03': NEVER,
  '04': NEVER,
  '21': NEVER,
  '24': after(HOUR),
  '25': after(DAY),
  '26': after(2 * DAY),
  '27': after(4 * DAY),
  '28': after(6 * DAY),
  '29': after(8 * DAY),
  '30': after(10 * DAY),
  '40': NEW_CARD,
  '41': NEW_CARD,
  '43': NEW_CARD,
}

/** Visa's category 1: the issuer will never approve, and every retry is charged for. */
const VISA_NEVER_AGAIN = new Set(['04', '07', '12', '14', '15', '41', '43', '46', '57', 'R0', 'R1', 'R3'])

/** Says whether, when and how a declined payment may be tried again; the stricter of all the codes wins. */
export function declineRule(codes: DeclineCodes): DeclineRule {
  const advice = ADVICE_RULES[codes.adviceCode ?? '']
  const known = knownRule(codes)
  const base = known ?? advice ?? NEVER
  if (base.retry !== 'after') return base
  return [advice, networkRule(codes)].reduce<DeclineRule>((rule, next) => (next ? stricter(rule, next) : rule), base)
}

// A decline code says more than the error code beside it, unless nobody knows it.
function knownRule({ code, declineCode }: DeclineCodes): DeclineRule | undefined {
  if (declineCode) {
    const rule = ruleOf(declineCode)
    if (rule || code === 'card_declined') return rule
  }
  return code ? ruleOf(code) : undefined
}

function ruleOf(code: string): DeclineRule | undefined {
  return Object.hasOwn(DECLINE_RULES, code) ? DECLINE_RULES[code] : undefined
}

function networkRule({ brand, networkAdviceCode, networkDeclineCode }: DeclineCodes): DeclineRule | undefined {
  if (brand === 'mastercard') return MASTERCARD_ADVICE_RULES[networkAdviceCode ?? '']
  if (brand === 'visa' && VISA_NEVER_AGAIN.has(networkDeclineCode ?? '')) return NEVER
  return undefined
}

function stricter(rule: DeclineRule, next: DeclineRule): DeclineRule {
  if (rule.retry !== 'after') return rule
  if (next.retry !== 'after') return next
  return (next.retryAfterSeconds ?? 0) > (rule.retryAfterSeconds ?? 0) ? next : rule
}

function after(retryAfterSeconds: number): DeclineRule {
  return { retry: 'after', retryAfterSeconds }
}
