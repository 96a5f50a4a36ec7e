/** What a browser with a publishable key sees of an object: no customer, no metadata, no fingerprint. */

type Json = Record<string, unknown>

const SHOWN: Readonly<Record<string, readonly string[]>> = {
  payment_method: ['id', 'object', 'allow_redisplay', 'billing_details', 'card', 'created', 'livemode', 'type'],
  payment_intent: [
    'id',
    'object',
    'amount',
    'automatic_payment_methods',
    'allowed_payment_method_types',
    'canceled_at',
    'cancellation_reason',
    'capture_method',
    'client_secret',
    'confirmation_method',
    'created',
    'currency',
    'description',
    'last_payment_error',
    'livemode',
    'next_action',
    'payment_method',
    'payment_method_types',
    'processing',
    'receipt_email',
    'setup_future_usage',
    'shipping',
    'source',
    'status',
  ],
  setup_intent: [
    'id',
    'object',
    'allowed_payment_method_types',
    'automatic_payment_methods',
    'cancellation_reason',
    'client_secret',
    'created',
    'description',
    'last_setup_error',
    'livemode',
    'next_action',
    'payment_method',
    'payment_method_types',
    'status',
    'usage',
  ],
}

/** A copy of an answer (or of an error's body) as a publishable key gets it. */
export function publishableView(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(publishableView)
  if (value === null || typeof value !== 'object') return value
  const shown = SHOWN[String((value as Json).object)]
  const copy: Json = {}
  for (const [key, member] of Object.entries(value)) {
    if (key === 'fingerprint' || (shown && !shown.includes(key))) continue
    copy[key] = publishableView(member)
  }
  return copy
}
