/** An event as the API shows it and as webhooks carry it. */
import type Stripe from 'stripe'
import { PINNED_VERSION } from '../api/api-version.ts'
import type { EventRecord } from '../state/records.ts'

type AnyEvent = Omit<Stripe.Event, 'type' | 'data'> & { type: string; data: Stripe.Event.Data }

/** `apiVersion` is that of the endpoint it goes to, or the account's. */
export function eventView(event: EventRecord, apiVersion: string = PINNED_VERSION): AnyEvent {
  const data: { object: object; previous_attributes?: object } = { object: JSON.parse(event.objectJson) }
  if (event.previousJson) data.previous_attributes = JSON.parse(event.previousJson)
  return {
    id: event.id,
    object: 'event',
    api_version: apiVersion,
    created: event.created,
    data: data as Stripe.Event.Data,
    livemode: false,
    pending_webhooks: event.pending,
    request: { id: event.requestId, idempotency_key: event.idempotencyKey },
    type: event.type,
  }
}
