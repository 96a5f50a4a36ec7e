// Stripe's events as they came: stored once, worked off by the worker, each only a hint to read the object again.
import { sql } from 'drizzle-orm'
import { boolean, check, index, integer, jsonb, pgTable, primaryKey, text, uniqueIndex } from 'drizzle-orm/pg-core'
import { bytes, instant, tenantId } from './columns.ts'

export const stripeEvents = pgTable(
  'stripe_events',
  {
    tenantId: tenantId(),
    id: text('id').notNull(),
    stripeEventId: text('stripe_event_id').notNull(),
    type: text('type').notNull(),
    objectId: text('object_id'),
    objectType: text('object_type'),
    livemode: boolean('livemode').notNull(),
    account: text('account'),
    apiVersion: text('api_version'),
    stripeCreatedAt: instant('stripe_created_at').notNull(),
    /** The members that the handlers need, taken by an allow-list: nothing personal. */
    facts: jsonb('facts').$type<Record<string, unknown>>().notNull(),
    payloadHash: bytes('payload_hash').notNull(),
    source: text('source').notNull(),
    status: text('status').notNull().default('received'),
    attempts: integer('attempts').notNull().default(0),
    errorCode: text('error_code'),
    nextAttemptAt: instant('next_attempt_at').notNull(),
    leaseUntil: instant('lease_until'),
    receivedAt: instant('received_at').notNull(),
    processedAt: instant('processed_at'),
  },
  table => [
    primaryKey({ columns: [table.tenantId, table.id] }),
    uniqueIndex('stripe_events_stripe_event').on(table.tenantId, table.stripeEventId),
    index('stripe_events_due').on(table.tenantId, table.nextAttemptAt).where(sql`status = 'received'`),
    index('stripe_events_object').on(table.tenantId, table.objectId),
    index('stripe_events_received').on(table.tenantId, table.receivedAt),
    check('stripe_events_status', sql`${table.status} in ('received', 'done', 'ignored', 'quarantined', 'failed')`),
    check('stripe_events_source', sql`${table.source} in ('webhook', 'gap_scan')`),
  ],
)
