/** Makes an event: the object as it is now, for GET /v1/events and for every endpoint that asked for its type. */
import type Stripe from 'stripe'
import type { Account } from '../state/account.ts'
import type { EventRecord } from '../state/records.ts'
import { DAY_MS } from '../state/time.ts'

/** Stripe lists events of the last 30 days only. */
const KEPT_SECONDS = (30 * DAY_MS) / 1000
/** A bound on memory and on the file in long runs; more than any test looks back on. */
const MAX_KEPT = 30_000

export function emit(account: Account, type: Stripe.Event.Type, view: object, previous?: object): void {
  const { currentRequest } = account.simulator
  const event: EventRecord = {
    id: account.ids.next('evt'),
    type,
    created: account.nowSeconds,
    requestId: currentRequest?.id ?? null,
    idempotencyKey: currentRequest?.idempotencyKey ?? null,
    objectJson: JSON.stringify(view),
    previousJson: previous ? JSON.stringify(previous) : null,
    pending: 0,
    failed: false,
  }
  for (const endpoint of account.tables.webhook_endpoints.all()) {
    if (endpoint.view.status !== 'enabled' || !wants(endpoint.view.enabled_events, type)) continue
    event.pending += 1
    const id = account.ids.next('dlv')
    const delivery = { id, event: event.id, endpoint: endpoint.id, quickAttempts: 0, rounds: 0 }
    account.tables.deliveries.add(delivery)
    account.simulator.post({ account, delivery })
  }
  account.tables.events.add(event)
  forgetOldEvents(account)
}

function wants(enabled: readonly string[], type: string): boolean {
  return enabled.includes('*') || enabled.includes(type)
}

function forgetOldEvents(account: Account): void {
  const { events } = account.tables
  const oldest = account.nowSeconds - KEPT_SECONDS
  for (let first = events.all()[0]; first; first = events.all()[0]) {
    const superfluous = events.size > MAX_KEPT && first.pending === 0
    if (first.created >= oldest && !superfluous) return
    events.remove(first.id)
  }
}
