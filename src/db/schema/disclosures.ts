// Disclosures: what left the database about whom, to whom, on which basis. What names a recipient is sealed.
import { sql } from 'drizzle-orm'
import { check, foreignKey, index, integer, jsonb, pgTable, primaryKey, text } from 'drizzle-orm/pg-core'
import { bytes, instant, tenantId } from './columns.ts'
import { consents, payers } from './payers.ts'

export const disclosures = pgTable(
  'disclosures',
  {
    tenantId: tenantId(),
    id: text('id').notNull(),
    status: text('status').notNull(),
    basis: text('basis').notNull(),
    purpose: text('purpose').notNull(),
    /** Null for a cohort, whose row has a key of its own. */
    payerId: text('payer_id'),
    wrappedKey: bytes('wrapped_key'),
    keyVersion: integer('key_version'),
    /** A recipient that the code itself knows, such as `stripe`; others are in the seal. */
    recipientCode: text('recipient_code'),
    recipientHash: bytes('recipient_hash'),
    consentId: text('consent_id'),
    /** `{ recipient, law, reference, refusal }` */
    detailsSealed: bytes('details_sealed'),
    fields: text('fields').array().notNull(),
    /** The filter of a cohort, in closed forms. */
    cohort: jsonb('cohort').$type<Record<string, string>>(),
    /** What the check of a cohort found: counts and names of columns. */
    report: jsonb('report').$type<Record<string, unknown>>(),
    people: integer('people').notNull().default(0),
    format: text('format').notNull(),
    sha256: bytes('sha256'),
    /** Forgotten once it has expired; its hash stays. */
    packageSealed: bytes('package_sealed'),
    packageUntil: instant('package_until'),
    downloads: integer('downloads').notNull().default(0),
    createdBy: text('created_by').notNull(),
    decidedBy: text('decided_by'),
    createdAt: instant('created_at').notNull(),
    decidedAt: instant('decided_at'),
  },
  table => [
    primaryKey({ columns: [table.tenantId, table.id] }),
    foreignKey({ columns: [table.tenantId, table.payerId], foreignColumns: [payers.tenantId, payers.id] }),
    foreignKey({ columns: [table.tenantId, table.consentId], foreignColumns: [consents.tenantId, consents.id] }),
    index('disclosures_payer').on(table.tenantId, table.payerId),
    index('disclosures_recipient').on(table.tenantId, table.recipientHash),
    index('disclosures_package').on(table.tenantId, table.packageUntil).where(sql`package_sealed is not null`),
    check('disclosures_status', sql`${table.status} in ('pending', 'made', 'refused')`),
    check('disclosures_basis', sql`${table.basis} in ('consent', 'law', 'deidentified', 'contract')`),
    check('disclosures_one_key', sql`${table.payerId} is null or ${table.wrappedKey} is null`),
    check(
      'disclosures_second_person',
      sql`${table.basis} <> 'law' or ${table.status} <> 'made' or (${table.decidedBy} is not null and ${table.decidedBy} <> ${table.createdBy})`,
    ),
    check('disclosures_consent', sql`(${table.basis} = 'consent') = (${table.consentId} is not null)`),
  ],
)

/** The log per person: one row for each person that a disclosure told something about. */
export const disclosurePeople = pgTable(
  'disclosure_people',
  {
    tenantId: tenantId(),
    payerId: text('payer_id').notNull(),
    disclosureId: text('disclosure_id').notNull(),
    at: instant('at').notNull(),
  },
  table => [
    primaryKey({ columns: [table.tenantId, table.payerId, table.disclosureId] }),
    foreignKey({ columns: [table.tenantId, table.payerId], foreignColumns: [payers.tenantId, payers.id] }),
    foreignKey({
      name: 'disclosure_people_disclosure_fk',
      columns: [table.tenantId, table.disclosureId],
      foreignColumns: [disclosures.tenantId, disclosures.id],
    }),
    index('disclosure_people_disclosure').on(table.tenantId, table.disclosureId),
  ],
)
