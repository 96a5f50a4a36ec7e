/** Parameters that many endpoints share: paging, ranges of time, metadata, addresses, cards. */
import type { FormMap } from './form-parser.ts'
import { clearable, ignored, integer, list, object, oneOf, type Rule, required, string } from './parameters.ts'
import { invalidParameter } from './stripe-error.ts'

/** `expand` itself is checked where it is carried out. */
export const expand = list(string({ max: 200 }), { max: 20 })

export const id = string({ max: 255 })

export interface TimeRange {
  gt?: number
  gte?: number
  lt?: number
  lte?: number
}

const bounds = object({ gt: integer(), gte: integer(), lt: integer(), lte: integer() })
const exactly: Rule<TimeRange> = {
  parse(value, param) {
    const second = integer().parse(value, param)
    return { gte: second, lte: second }
  },
}

/** `created=1` or `created[gte]=1`. */
export const timeRange: Rule<TimeRange> = {
  parse: (value, param) => (typeof value === 'string' ? exactly : bounds).parse(value, param),
}

export const paging = {
  limit: integer({ min: 1, max: 100 }),
  starting_after: id,
  ending_before: id,
  expand,
}

export type MetadataChange = Record<string, string | null> | null

const MAX_METADATA_KEYS = 50
const MAX_METADATA_KEY_LENGTH = 40
const MAX_METADATA_VALUE_LENGTH = 500

/** Keys to set, keys to remove (null), or null: remove all. */
export const metadata: Rule<MetadataChange> = {
  parse(value, param) {
    if (value === '') return null
    if (typeof value === 'string') throw invalidParameter('Invalid object', param, 'parameter_invalid_object')
    return metadataChange(value, param)
  },
}

function metadataChange(form: FormMap, param: string): Record<string, string | null> {
  const change: Record<string, string | null> = {}
  const entries = Object.entries(form)
  if (entries.length > MAX_METADATA_KEYS) throw invalidParameter('Metadata can have up to 50 keys.', param)
  for (const [key, value] of entries) {
    if (key.length > MAX_METADATA_KEY_LENGTH) {
      throw invalidParameter('Metadata keys can be up to 40 characters.', param)
    }
    if (typeof value !== 'string') throw invalidParameter('Metadata values must be strings.', param)
    if (value.length > MAX_METADATA_VALUE_LENGTH) {
      throw invalidParameter('Metadata values can be up to 500 characters.', param)
    }
    change[key] = value === '' ? null : value
  }
  return change
}

/** The metadata after a change; more than 50 keys together are refused. */
export function applyMetadata(before: Record<string, string> | null, change?: MetadataChange): Record<string, string> {
  if (change === undefined) return before ?? {}
  if (change === null) return {}
  const after = { ...before }
  for (const [key, value] of Object.entries(change)) {
    if (value === null) delete after[key]
    else after[key] = value
  }
  if (Object.keys(after).length > MAX_METADATA_KEYS) {
    throw invalidParameter('Metadata can have up to 50 keys.', 'metadata')
  }
  return after
}

export const address = object({
  city: clearable(string()),
  country: clearable(string({ max: 2 })),
  line1: clearable(string()),
  line2: clearable(string()),
  postal_code: clearable(string()),
  state: clearable(string()),
})

export const billingDetails = object({
  address: clearable(address),
  email: clearable(string({ max: 512 })),
  name: clearable(string()),
  phone: clearable(string({ max: 100 })),
  tax_id: clearable(string()),
})

export const shipping = object({
  address: required(address),
  name: required(string()),
  carrier: string(),
  phone: clearable(string({ max: 100 })),
  tracking_number: string(),
})

/** Card data as Stripe.js and test code send it. The number is looked up at once and goes no further. */
export const cardData = {
  number: string({ max: 30 }),
  exp_month: integer(),
  exp_year: integer(),
  cvc: string({ max: 4 }),
}

export const allowRedisplay = oneOf('always', 'limited', 'unspecified')

export const paymentMethodData = object({
  type: required(oneOf('card')),
  card: object({ ...cardData, token: string(), networks: ignored }),
  billing_details: billingDetails,
  allow_redisplay: allowRedisplay,
  metadata,
  radar_options: ignored,
})

const customerAcceptance = object({
  type: required(oneOf('online', 'offline')),
  accepted_at: integer({ min: 0 }),
  online: object({ ip_address: clearable(string()), user_agent: clearable(string()) }),
  offline: ignored,
})

export const mandateData = clearable(object({ customer_acceptance: required(clearable(customerAcceptance)) }))

/** Only what changes how a card behaves here; the rest is taken as it is. */
export const paymentMethodOptions = object({
  card: object({
    request_three_d_secure: oneOf('any', 'automatic', 'challenge'),
    capture_method: clearable(oneOf('manual')),
    setup_future_usage: clearable(oneOf('none', 'off_session', 'on_session')),
    stored_credential_usage: oneOf('installment', 'recurring', 'unscheduled'),
    setup_credential_usage: oneOf('installment', 'recurring', 'unscheduled'),
    moto: ignored,
    network: ignored,
    mandate_options: ignored,
    installments: ignored,
    cvc_token: ignored,
    three_d_secure: ignored,
    require_cvc_recollection: ignored,
    request_extended_authorization: ignored,
    request_incremental_authorization: ignored,
    request_multicapture: ignored,
    request_overcapture: ignored,
  }),
})

export const automaticPaymentMethods = object({
  enabled: required(oneOf('true', 'false')),
  allow_redirects: oneOf('always', 'never'),
})

export const paymentMethodTypes = list(string({ max: 50 }), { max: 50 })
