// What panless keeps of a Stripe event: an event is a hint that an object changed, never its state, so its object is
// cut to ids, amounts and codes, enough to compare with what is read again from Stripe.
import {
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

export type StripeEvent = {
  id: string
  type: string
  livemode: boolean
  /** Set on events of connected accounts alone. */
  account: string | null
  apiVersion: string | null
  created: number
  request: { id: string | null; idempotencyKey: string | null }
  object: StripeEventObject
}

/** `id` is null for objects without one, such as the balance. */
export type StripeEventObject = {
  id: string | null
  object: string
  status: string | null
  amount: number | null
  currency: string | null
  livemode: boolean | null
  customer: string | null
  charge: string | null
  paymentIntent: string | null
  paymentMethod: string | null
  metadata: Record<string, string>
}

const EVENT_TYPE_FORM = /^[a-z0-9_.]{1,100}$/

/** Reads a snapshot event, from the API or from a webhook body; throws UnexpectedShape for anything else. */
export function readEvent(value: unknown): StripeEvent {
  expectKind(value, 'event')
  const event = recordOf(value, 'event')
  const type = textOf(event.type, 'event.type')
  if (!EVENT_TYPE_FORM.test(type)) throw new UnexpectedShape('event.type')
  const request = event.request ? recordOf(event.request, 'event.request') : {}
  return {
    id: textOf(event.id, 'event.id'),
    type,
    livemode: flagOf(event.livemode, 'event.livemode'),
    account: optionalText(event.account),
    apiVersion: optionalText(event.api_version),
    created: integerOf(event.created, 'event.created'),
    request: { id: optionalText(request.id), idempotencyKey: optionalText(request.idempotency_key) },
    object: readEventObject(recordOf(event.data, 'event.data').object),
  }
}

function readEventObject(value: unknown): StripeEventObject {
  const object = recordOf(value, 'event.data.object')
  return {
    id: optionalText(object.id),
    object: textOf(object.object, 'event.data.object.object'),
    status: optionalText(object.status),
    amount: Number.isSafeInteger(object.amount) ? (object.amount as number) : null,
    currency: optionalText(object.currency),
    livemode: typeof object.livemode === 'boolean' ? object.livemode : null,
    customer: object.object === 'customer' ? optionalText(object.id) : idOf(object.customer),
    charge: object.object === 'charge' ? optionalText(object.id) : (idOf(object.charge) ?? idOf(object.latest_charge)),
    paymentIntent: object.object === 'payment_intent' ? optionalText(object.id) : idOf(object.payment_intent),
    paymentMethod: object.object === 'payment_method' ? optionalText(object.id) : idOf(object.payment_method),
    metadata: metadataOf(object.metadata),
  }
}
