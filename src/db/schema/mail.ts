// The outbox of mails: put there in the transaction that wants them sent, and sent by a worker.
import { sql } from 'drizzle-orm'
import { check, foreignKey, index, integer, pgTable, primaryKey, text } from 'drizzle-orm/pg-core'
import { bytes, instant, tenantId } from './columns.ts'
import { payers } from './payers.ts'

export const mailOutbox = pgTable(
  'mail_outbox',
  {
    tenantId: tenantId(),
    id: text('id').notNull(),
    status: text('status').notNull().default('queued'),
    template: text('template').notNull(),
    language: text('language').notNull(),
    /** Whose data key seals the row; null for somebody who is no payer, whose row has a key of its own. */
    payerId: text('payer_id'),
    wrappedKey: bytes('wrapped_key'),
    keyVersion: integer('key_version'),
    /** The address. */
    recipientSealed: bytes('recipient_sealed'),
    /** The template's values; gone once the mail has its final state. */
    dataSealed: bytes('data_sealed'),
    attempts: integer('attempts').notNull().default(0),
    nextAttemptAt: instant('next_attempt_at').notNull(),
    leaseUntil: instant('lease_until'),
    /** After this time it is of no use and is not sent. */
    expiresAt: instant('expires_at'),
    errorCode: text('error_code'),
    finishedAt: instant('finished_at'),
    createdAt: instant('created_at').notNull(),
  },
  table => [
    primaryKey({ columns: [table.tenantId, table.id] }),
    foreignKey({ columns: [table.tenantId, table.payerId], foreignColumns: [payers.tenantId, payers.id] }),
    index('mail_outbox_due').on(table.tenantId, table.nextAttemptAt).where(sql`${table.status} = 'queued'`),
    index('mail_outbox_payer').on(table.tenantId, table.payerId),
    check('mail_outbox_status', sql`${table.status} in ('queued', 'sent', 'failed', 'expired')`),
    check('mail_outbox_one_key', sql`${table.payerId} is null or ${table.wrappedKey} is null`),
  ],
)
