// An event as it is stored: ids, amounts and codes taken by an allow-list, and what may be done with it.
import { createHash } from 'node:crypto'
import type { StripeEvent } from '../../stripe/event-object.ts'
import type { Dependencies } from '../context.ts'
import { newId } from '../ids.ts'
import type { Tenant } from '../tenants/tenant-directory.ts'
import { subjectOf } from './event-handlers.ts'
import { maskStripeValue } from './mask-stripe-values.ts'

export type EventSource = 'webhook' | 'gap_scan'
export type StoredStatus = 'received' | 'ignored' | 'quarantined'

/** The members that are compared with the object read again; nothing about a person. */
export type EventFacts = {
  amount?: number
  currency?: string
  status?: string
  livemode?: boolean
  customer?: string
  charge?: string
  payment_intent?: string
  payment_method?: string
}

/** The row as the SQL function `stripe_event_ingest` takes it. */
export type EventRow = {
  id: string
  stripe_event_id: string
  type: string
  object_id: string | null
  object_type: string | null
  livemode: boolean
  account: string | null
  api_version: string | null
  stripe_created_at: string
  facts: EventFacts
  payload_hash: string
  source: EventSource
  status: StoredStatus
  error_code: string | null
}

type Place = Pick<Dependencies, 'clock' | 'meter' | 'log'>

/** What Stripe wrote, as opposed to what is made here. */
type Told = Pick<
  EventRow,
  'stripe_event_id' | 'type' | 'object_id' | 'object_type' | 'account' | 'api_version' | 'facts'
>

/** `payload` is hashed: the raw body of a webhook, or the event as the list showed it. */
export function eventRow(
  place: Place,
  tenant: Tenant,
  event: StripeEvent,
  source: EventSource,
  payload: Buffer | string,
): EventRow {
  const { object } = event
  return {
    id: newId('stripeEvent', place.clock.now()),
    ...masked(place, tenant.id, {
      stripe_event_id: event.id,
      type: event.type,
      object_id: object.id,
      object_type: object.object,
      account: event.account,
      api_version: event.apiVersion,
      facts: factsOf(event),
    }),
    livemode: event.livemode,
    stripe_created_at: new Date(event.created * 1000).toISOString(),
    payload_hash: hashOf(payload),
    source,
    ...judge(tenant, event),
  }
}

/** What cannot be read as an event of the pinned version is kept by its id alone. */
export function bareRow(
  place: Place,
  tenant: Tenant,
  bare: { id: string; type: string; livemode: boolean; created: Date },
  code: 'thin_event' | 'unreadable_event',
  payload: Buffer,
): EventRow {
  const unread = { object_id: null, object_type: null, account: null, api_version: null, facts: {} }
  return {
    id: newId('stripeEvent', place.clock.now()),
    ...masked(place, tenant.id, { stripe_event_id: bare.id, type: bare.type, ...unread }),
    livemode: bare.livemode,
    stripe_created_at: bare.created.toISOString(),
    payload_hash: hashOf(payload),
    source: 'webhook',
    status: 'ignored',
    error_code: code,
  }
}

/** An event's id stays its own when it has to be masked, so that the event is still stored once. */
function masked(place: Place, tenantId: string, told: Told): Told {
  const clean = maskStripeValue(place, tenantId, 'event', told)
  if (clean.stripe_event_id === told.stripe_event_id) return clean
  const digest = createHash('sha256').update(told.stripe_event_id).digest('hex')
  return {
    ...clean,
    stripe_event_id: `evt_masked_${digest.replace(/\d/g, digit => 'ghjkmnpqrs'[Number(digit)] as string)}`,
  }
}

function judge(tenant: Tenant, event: StripeEvent): { status: StoredStatus; error_code: string | null } {
  const { object } = event
  if (event.livemode !== tenant.livemode || (object.livemode !== null && object.livemode !== tenant.livemode)) {
    return { status: 'quarantined', error_code: 'wrong_mode' }
  }
  if (event.account !== null && event.account !== tenant.stripeAccountId) {
    return { status: 'quarantined', error_code: 'wrong_account' }
  }
  if (subjectOf(event.type) === null) return { status: 'ignored', error_code: null }
  if (object.id === null) return { status: 'quarantined', error_code: 'object_without_id' }
  return { status: 'received', error_code: null }
}

function factsOf({ object }: StripeEvent): EventFacts {
  const facts: EventFacts = {}
  if (object.amount !== null) facts.amount = object.amount
  if (object.currency !== null) facts.currency = object.currency
  if (object.status !== null) facts.status = object.status
  if (object.livemode !== null) facts.livemode = object.livemode
  if (object.customer !== null) facts.customer = object.customer
  if (object.charge !== null) facts.charge = object.charge
  if (object.paymentIntent !== null) facts.payment_intent = object.paymentIntent
  if (object.paymentMethod !== null) facts.payment_method = object.paymentMethod
  return facts
}

const hashOf = (payload: Buffer | string) => `\\x${createHash('sha256').update(payload).digest('hex')}`
