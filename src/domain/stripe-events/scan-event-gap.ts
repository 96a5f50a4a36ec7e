// Finds events that no webhook brought: Stripe's own list since the last scan is held against the inbox.
import type { StripeEvent } from '../../stripe/event-object.ts'
import type { Ctx, Tx } from '../context.ts'
import { type Feed, readFeed } from '../reconciliation/read-feed.ts'
import { stripeAccountOf, tenantOf } from '../tenants/stripe-account.ts'
import type { Tenant } from '../tenants/tenant-directory.ts'
import { eventRow } from './event-row.ts'
import { storeEvents } from './store-events.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
/** Stripe lists events of the last 30 days (docs.stripe.com/webhooks/process-undelivered-events). */
const REACH_MS = 30 * DAY_MS
/** Read again each time, for events that came late into the list. */
const OVERLAP_MS = HOUR_MS

export const EVENTS_FEED = 'events'

/** Stores what is missing; answers how many events were. @throws StripeFailure */
export async function scanEventGap(ctx: Ctx): Promise<{ listed: number; missing: number }> {
  const account = await stripeAccountOf(ctx)
  const tenant = await tenantOf(ctx)
  const now = ctx.clock.now()
  const reach = new Date(now.getTime() - REACH_MS)
  let missing = 0
  const feed: Feed<StripeEvent> = {
    name: EVENTS_FEED,
    list: (stripe, window) => stripe.listEvents(window),
    openEnded: true,
    async store(tx, events) {
      missing += await storeMissing(tx, ctx, tenant, events)
    },
  }
  const listed = await readFeed(ctx, account, feed, caughtUpTo => {
    const from = caughtUpTo ? new Date(caughtUpTo.getTime() - OVERLAP_MS) : reach
    if (from < reach) alertOfLoss(ctx)
    return { from: from < reach ? reach : from, to: new Date((Math.floor(now.getTime() / 1000) + 1) * 1000) }
  })
  if (missing > 0) {
    ctx.meter.count('alerts', { name: 'missing_events' }, missing)
    ctx.log.warn({ tenant: ctx.tenantId, count: missing }, "events were missing and have been taken from Stripe's list")
  }
  return { listed: listed ?? 0, missing }
}

async function storeMissing(tx: Tx, ctx: Ctx, tenant: Tenant, events: readonly StripeEvent[]): Promise<number> {
  if (events.length === 0) return 0
  const rows = events.map(event => eventRow(ctx, tenant, event, 'gap_scan', JSON.stringify(event)))
  const outcomes = await storeEvents(ctx, ctx.tenantId, rows, tx.sql)
  return outcomes.filter(outcome => outcome === 'stored').length
}

function alertOfLoss(ctx: Ctx): void {
  ctx.meter.count('alerts', { name: 'events_out_of_reach' })
  ctx.log.error(
    { tenant: ctx.tenantId },
    "the last scan is so long ago that Stripe's list of events has a gap before it",
  )
}
