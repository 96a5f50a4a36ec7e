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

/** `payload` is hashed: the raw body of a webhook, or the event as the list showed it. */
export function eventRow(
  place: Place,
  tenant: Tenant,
  event: StripeEvent,
  source: EventSource,
  payload: Buffer | string,
): EventRow {
  const { object } = event
  const verdict = judge(tenant, event)
  return maskStripeValue(place, tenant.id, 'event', {
    id: newId('stripeEvent', place.clock.now()),
    stripe_event_id: event.id,
    type: event.type,
    object_id: object.id,
    object_type: object.object,
    livemode: event.livemode,
    account: event.account,
    api_version: event.apiVersion,
    stripe_created_at: new Date(event.created * 1000).toISOString(),
    facts: factsOf(event),
    payload_hash: hashOf(payload),
    source,
    ...verdict,
  })
}

/** What cannot be read as an event of the pinned version is kept by its id alone. */
export function bareRow(
  place: Place,
  tenant: Tenant,
  bare: { id: string; type: string; livemode: boolean; created: Date },
  code: 'thin_event' | 'unreadable_event',
  payload: Buffer,
): EventRow {
  return maskStripeValue(place, tenant.id, 'event', {
    id: newId('stripeEvent', place.clock.now()),
    stripe_event_id: bare.id,
    type: bare.type,
    object_id: null,
    object_type: null,
    livemode: bare.livemode,
    account: null,
    api_version: null,
    stripe_created_at: bare.created.toISOString(),
    facts: {},
    payload_hash: hashOf(payload),
    source: 'webhook',
    status: 'ignored',
    error_code: code,
  })
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
