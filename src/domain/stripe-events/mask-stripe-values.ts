// What Stripe sends is never refused: a card number in it is masked before it is stored, counted and alarmed.
import { containsCardNumber, MASK } from '../../crypto/pan.ts'
import type { Dependencies } from '../context.ts'

type Watch = Pick<Dependencies, 'meter' | 'log'>

/** Stands between texts that are looked at together, so that two of them never make one number. */
const BETWEEN = '\nx\n'

/** A copy of a JSON value in which every text with a card number is replaced by the mask; the value itself without one. */
export function maskStripeValue<Value>(watch: Watch, tenantId: string, source: string, value: Value): Value {
  const texts: string[] = []
  collect(value, texts)
  if (!containsCardNumber(texts.join(BETWEEN))) return value
  const hits = texts.filter(containsCardNumber).length
  if (hits === 0) return value
  watch.meter.count('masked_stripe_values', { source }, hits)
  watch.meter.count('alerts', { name: 'card_number_from_stripe' })
  watch.log.error({ tenant: tenantId, place: source, count: hits }, 'Stripe sent a card number; it was masked')
  return mask(value) as Value
}

function collect(value: unknown, texts: string[]): void {
  if (typeof value === 'string') texts.push(value)
  else if (typeof value === 'object' && value !== null)
    for (const member of Object.values(value)) collect(member, texts)
}

function mask(value: unknown): unknown {
  if (typeof value === 'string') return containsCardNumber(value) ? MASK : value
  if (Array.isArray(value)) return value.map(mask)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, mask(member)]))
}
