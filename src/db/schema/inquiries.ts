// Questions, wishes and complaints. What a person wrote is sealed: with the payer's key where the payer is known, else
// with a key of the inquiry's own.
import { sql } from 'drizzle-orm'
import { check, foreignKey, index, integer, pgTable, primaryKey, text, uniqueIndex } from 'drizzle-orm/pg-core'
import { bytes, instant, tenantId } from './columns.ts'
import { payers } from './payers.ts'

export const inquiries = pgTable(
  'inquiries',
  {
    tenantId: tenantId(),
    id: text('id').notNull(),
    kind: text('kind').notNull(),
    status: text('status').notNull().default('received'),
    source: text('source').notNull(),
    language: text('language').notNull(),
    payerId: text('payer_id'),
    wrappedKey: bytes('wrapped_key'),
    keyVersion: integer('key_version'),
    /** `{ email, phone, name }`; gone once it is no longer kept. */
    contactSealed: bytes('contact_sealed'),
    contactFields: text('contact_fields').array().notNull(),
    /** Keyed hash of the address that a page's form came from, against floods. */
    addressHash: bytes('address_hash'),
    /** One page that was opened makes one inquiry, however often it is sent. */
    formHash: bytes('form_hash'),
    assignedTo: text('assigned_to'),
    privacyRequestId: text('privacy_request_id'),
    createdBy: text('created_by').notNull(),
    dueAt: instant('due_at').notNull(),
    acknowledgedAt: instant('acknowledged_at'),
    answeredAt: instant('answered_at'),
    closedAt: instant('closed_at'),
    createdAt: instant('created_at').notNull(),
    updatedAt: instant('updated_at').notNull(),
  },
  table => [
    primaryKey({ columns: [table.tenantId, table.id] }),
    foreignKey({ columns: [table.tenantId, table.payerId], foreignColumns: [payers.tenantId, payers.id] }),
    uniqueIndex('inquiries_form').on(table.tenantId, table.formHash),
    index('inquiries_payer').on(table.tenantId, table.payerId),
    index('inquiries_request').on(table.tenantId, table.privacyRequestId),
    index('inquiries_address').on(table.tenantId, table.addressHash, table.createdAt),
    index('inquiries_page').on(table.tenantId, table.createdAt).where(sql`source = 'page'`),
    index('inquiries_open').on(table.tenantId, table.dueAt).where(sql`status in ('received', 'assigned')`),
    index('inquiries_closed').on(table.tenantId, table.closedAt).where(sql`contact_sealed is not null`),
    check('inquiries_kind', sql`${table.kind} in ('question', 'wish', 'complaint')`),
    check('inquiries_status', sql`${table.status} in ('received', 'assigned', 'answered', 'closed')`),
    check('inquiries_source', sql`${table.source} in ('service', 'page')`),
    check('inquiries_one_key', sql`${table.payerId} is null or ${table.wrappedKey} is null`),
  ],
)

/** What the person wrote (`in`), and what was answered (`out`). */
export const inquiryMessages = pgTable(
  'inquiry_messages',
  {
    tenantId: tenantId(),
    inquiryId: text('inquiry_id').notNull(),
    id: text('id').notNull(),
    direction: text('direction').notNull(),
    author: text('author').notNull(),
    /** Gone once it is no longer kept. */
    bodySealed: bytes('body_sealed'),
    /** The mail that acknowledged or brought it. */
    mailId: text('mail_id'),
    createdAt: instant('created_at').notNull(),
  },
  table => [
    primaryKey({ columns: [table.tenantId, table.inquiryId, table.id] }),
    foreignKey({ columns: [table.tenantId, table.inquiryId], foreignColumns: [inquiries.tenantId, inquiries.id] }),
    check('inquiry_messages_direction', sql`${table.direction} in ('in', 'out')`),
  ],
)
