// What personal data may be used for, what people objected to, who looked at a real name, and where the data is kept.

import { sql } from 'drizzle-orm'
import {
  boolean,
  check,
  foreignKey,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
  uniqueIndex,
} from 'drizzle-orm/pg-core'
import { bytes, instant, tenantId } from './columns.ts'
import { inquiries } from './inquiries.ts'
import { payers } from './payers.ts'

/** One row for each register that a tenant published; the highest version is in force. Never changed. */
export const purposeRegisters = pgTable(
  'purpose_registers',
  {
    tenantId: tenantId(),
    version: integer('version').notNull(),
    /** `{ purposes: [] }` */
    document: jsonb('document').notNull(),
    publishedBy: text('published_by').notNull(),
    createdAt: instant('created_at').notNull(),
  },
  table => [primaryKey({ columns: [table.tenantId, table.version] })],
)

/** A person's no to a purpose that rests on a legitimate interest, or to charging the saved cards. */
export const objections = pgTable(
  'objections',
  {
    tenantId: tenantId(),
    id: text('id').notNull(),
    payerId: text('payer_id').notNull(),
    purpose: text('purpose').notNull(),
    source: text('source').notNull(),
    createdAt: instant('created_at').notNull(),
  },
  table => [
    primaryKey({ columns: [table.tenantId, table.id] }),
    foreignKey({ columns: [table.tenantId, table.payerId], foreignColumns: [payers.tenantId, payers.id] }),
    uniqueIndex('objections_purpose').on(table.tenantId, table.payerId, table.purpose),
  ],
)

/** Each look at a real name, a contact or a whole package, so that the person can be told of it. */
export const reveals = pgTable(
  'reveals',
  {
    tenantId: tenantId(),
    id: text('id').notNull(),
    /** Null for somebody who is no payer and wrote an inquiry. */
    payerId: text('payer_id'),
    inquiryId: text('inquiry_id'),
    actorKind: text('actor_kind').notNull(),
    actorId: text('actor_id').notNull(),
    purpose: text('purpose').notNull(),
    fields: text('fields').array().notNull(),
    /** The reason in words, sealed with the payer's key or the inquiry's. */
    reasonSealed: bytes('reason_sealed').notNull(),
    expiresAt: instant('expires_at').notNull(),
    createdAt: instant('created_at').notNull(),
  },
  table => [
    primaryKey({ columns: [table.tenantId, table.id] }),
    foreignKey({ columns: [table.tenantId, table.payerId], foreignColumns: [payers.tenantId, payers.id] }),
    foreignKey({ columns: [table.tenantId, table.inquiryId], foreignColumns: [inquiries.tenantId, inquiries.id] }),
    check('reveals_of_somebody', sql`${table.payerId} is not null or ${table.inquiryId} is not null`),
    index('reveals_payer').on(table.tenantId, table.payerId, table.createdAt),
    index('reveals_actor').on(table.tenantId, table.actorId, table.createdAt),
    index('reveals_created').on(table.tenantId, table.createdAt),
  ],
)

/** One row: the region that this database belongs to, signed, so that a copy elsewhere is noticed. */
export const deploymentRegion = pgTable(
  'deployment_region',
  {
    singleton: boolean('singleton').primaryKey().default(true),
    region: text('region').notNull(),
    statement: text('statement').notNull(),
    setAt: instant('set_at').notNull(),
  },
  table => [check('deployment_region_one', sql`${table.singleton}`)],
)
