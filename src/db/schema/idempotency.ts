// Keys of POSTs: which request each named, and the sealed reply that a resend gets.
import { sql } from 'drizzle-orm'
import { boolean, check, index, integer, pgTable, primaryKey, text } from 'drizzle-orm/pg-core'
import { bytes, instant, tenantId } from './columns.ts'

export const idempotencyKeys = pgTable(
  'idempotency_keys',
  {
    tenantId: tenantId(),
    /** Keyed hash of caller, route and key. */
    keyHash: bytes('key_hash').notNull(),
    requestHash: bytes('request_hash').notNull(),
    status: text('status').notNull(),
    /** The keys of money are kept for ever, their replies for 30 days. */
    movesMoney: boolean('moves_money').notNull(),
    objectId: text('object_id'),
    payerId: text('payer_id'),
    replyStatus: integer('reply_status'),
    replySealed: bytes('reply_sealed'),
    /** Wall time until which the process that claimed the key owns it. */
    leaseUntil: instant('lease_until').notNull(),
    createdAt: instant('created_at').notNull(),
  },
  table => [
    primaryKey({ columns: [table.tenantId, table.keyHash] }),
    index('idempotency_keys_created').on(table.tenantId, table.createdAt),
    index('idempotency_keys_payer').on(table.tenantId, table.payerId),
    check('idempotency_keys_status', sql`${table.status} in ('running', 'done')`),
  ],
)
