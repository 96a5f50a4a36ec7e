// What Stripe sends is never refused: a card number in it is masked before it is stored, counted and alarmed.
import { containsCardNumber, MASK } from '../../crypto/pan.ts'
import type { Dependencies } from '../context.ts'

type Watch = Pick<Dependencies, 'meter' | 'log'>

/** A copy of a JSON value in which every text with a card number is replaced by the mask. */
export function maskStripeValue<Value>(watch: Watch, tenantId: string, source: string, value: Value): Value {
  let hits = 0
  const masked = walk(value, () => hits++)
  if (hits > 0) {
    watch.meter.count('masked_stripe_values', { source }, hits)
    watch.meter.count('alerts', { name: 'card_number_from_stripe' })
    watch.log.error({ tenant: tenantId, place: source, count: hits }, 'Stripe sent a card number; it was masked')
  }
  return masked as Value
}

function walk(value: unknown, onHit: () => void): unknown {
  if (typeof value === 'string') {
    if (!containsCardNumber(value)) return value
    onHit()
    return MASK
  }
  if (Array.isArray(value)) return value.map(item => walk(item, onHit))
  if (typeof value === 'object' && value !== null && !(value instanceof Date) && !Buffer.isBuffer(value)) {
    return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, walk(member, onHit)]))
  }
  return value
}
