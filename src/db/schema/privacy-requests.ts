// People's requests about their data, how each person showed who they are, and what a correction replaced.
import { sql } from 'drizzle-orm'
import { check, foreignKey, index, integer, pgTable, primaryKey, text } from 'drizzle-orm/pg-core'
import { bytes, instant, tenantId } from './columns.ts'
import { payers } from './payers.ts'

export const privacyRequests = pgTable(
  'privacy_requests',
  {
    tenantId: tenantId(),
    id: text('id').notNull(),
    kind: text('kind').notNull(),
    status: text('status').notNull().default('received'),
    source: text('source').notNull(),
    /** The payer that the request names, whoever made it; null when there is none, and the row has a key of its own. */
    payerId: text('payer_id'),
    wrappedKey: bytes('wrapped_key'),
    keyVersion: integer('key_version'),
    language: text('language').notNull(),
    /** `{ payer, contact, message, changes, purposes }` as they were sent. */
    detailsSealed: bytes('details_sealed'),
    /** `{ extension, decision, values, agreement, cancellation }`: the reasons, and the values that were approved. */
    notesSealed: bytes('notes_sealed'),
    contactKind: text('contact_kind').notNull(),
    /** The same hash that a payer's e-mail address has. */
    contactHash: bytes('contact_hash'),
    addressHash: bytes('address_hash'),
    /** Wrong codes and other wrong evidence, all together. */
    failures: integer('failures').notNull().default(0),
    deadlineAt: instant('deadline_at').notNull(),
    extendedAt: instant('extended_at'),
    verifiedAt: instant('verified_at'),
    decision: text('decision'),
    decidedBy: text('decided_by'),
    decidedAt: instant('decided_at'),
    /** The second person, where one is needed. */
    approvedBy: text('approved_by'),
    approvedAt: instant('approved_at'),
    finishedAt: instant('finished_at'),
    receipt: text('receipt'),
    /** A correction on its way to Stripe's customer. */
    propagation: text('propagation').notNull().default('none'),
    attempts: integer('attempts').notNull().default(0),
    nextAttemptAt: instant('next_attempt_at'),
    leaseUntil: instant('lease_until'),
    createdBy: text('created_by').notNull(),
    createdAt: instant('created_at').notNull(),
    updatedAt: instant('updated_at').notNull(),
  },
  table => [
    primaryKey({ columns: [table.tenantId, table.id] }),
    foreignKey({ columns: [table.tenantId, table.payerId], foreignColumns: [payers.tenantId, payers.id] }),
    index('privacy_requests_payer').on(table.tenantId, table.payerId),
    index('privacy_requests_contact').on(table.tenantId, table.contactHash, table.createdAt),
    index('privacy_requests_address').on(table.tenantId, table.addressHash, table.createdAt),
    index('privacy_requests_form').on(table.tenantId, table.createdAt).where(sql`source = 'person'`),
    index('privacy_requests_open')
      .on(table.tenantId, table.deadlineAt)
      .where(sql`status in ('received', 'verifying', 'verified', 'approved', 'executing')`),
    index('privacy_requests_propagation').on(table.tenantId, table.nextAttemptAt).where(sql`propagation = 'due'`),
    check('privacy_requests_kind', sql`${table.kind} in ('access', 'rectify', 'erase', 'object')`),
    check(
      'privacy_requests_status',
      sql`${table.status} in ('received', 'verifying', 'verified', 'approved', 'executing', 'done', 'refused', 'expired', 'cancelled')`,
    ),
    check('privacy_requests_propagation_state', sql`${table.propagation} in ('none', 'due', 'done', 'failed')`),
    check('privacy_requests_one_key', sql`${table.payerId} is null or ${table.wrappedKey} is null`),
    check(
      'privacy_requests_verified',
      sql`${table.status} not in ('verified', 'approved', 'executing', 'done', 'refused') or (${table.verifiedAt} is not null and ${table.payerId} is not null)`,
    ),
    check(
      'privacy_requests_second_person',
      sql`${table.approvedBy} is null or ${table.approvedBy} <> ${table.decidedBy}`,
    ),
    check(
      'privacy_requests_erase',
      sql`${table.kind} <> 'erase' or ${table.status} not in ('executing', 'done') or ${table.approvedBy} is not null`,
    ),
  ],
)

/** One code that was sent; for a contact that is not on file the row is the same and no code exists. */
export const identityChecks = pgTable(
  'identity_checks',
  {
    tenantId: tenantId(),
    id: text('id').notNull(),
    requestId: text('request_id').notNull(),
    payerId: text('payer_id'),
    status: text('status').notNull().default('open'),
    codeHash: bytes('code_hash'),
    contactHash: bytes('contact_hash'),
    addressHash: bytes('address_hash'),
    attempts: integer('attempts').notNull().default(0),
    /** The last try, also of a code that was over by then. */
    triedAt: instant('tried_at'),
    expiresAt: instant('expires_at').notNull(),
    createdAt: instant('created_at').notNull(),
  },
  table => [
    primaryKey({ columns: [table.tenantId, table.id] }),
    foreignKey({
      columns: [table.tenantId, table.requestId],
      foreignColumns: [privacyRequests.tenantId, privacyRequests.id],
    }),
    index('identity_checks_request').on(table.tenantId, table.requestId),
    index('identity_checks_contact').on(table.tenantId, table.contactHash, table.createdAt),
    index('identity_checks_address').on(table.tenantId, table.addressHash, table.triedAt),
    index('identity_checks_payer').on(table.tenantId, table.payerId),
    check('identity_checks_status', sql`${table.status} in ('open', 'confirmed', 'replaced')`),
  ],
)

/** What showed who the person is. A document is recorded as seen, and never stored. */
export const identityEvidence = pgTable(
  'identity_evidence',
  {
    tenantId: tenantId(),
    requestId: text('request_id').notNull(),
    kind: text('kind').notNull(),
    payerId: text('payer_id'),
    document: text('document'),
    recordedBy: text('recorded_by').notNull(),
    recordedAt: instant('recorded_at').notNull(),
  },
  table => [
    primaryKey({ columns: [table.tenantId, table.requestId, table.kind] }),
    foreignKey({
      columns: [table.tenantId, table.requestId],
      foreignColumns: [privacyRequests.tenantId, privacyRequests.id],
    }),
    index('identity_evidence_payer').on(table.tenantId, table.payerId),
    check(
      'identity_evidence_kind',
      sql`${table.kind} in ('contact_code', 'last_payment_amount', 'signed_in_session', 'document_seen')`,
    ),
  ],
)

/** What a payer's fields held before a correction. */
export const payerHistory = pgTable(
  'payer_history',
  {
    tenantId: tenantId(),
    id: text('id').notNull(),
    payerId: text('payer_id').notNull(),
    requestId: text('request_id').notNull(),
    fields: text('fields').array().notNull(),
    oldSealed: bytes('old_sealed'),
    changedBy: text('changed_by').notNull(),
    createdAt: instant('created_at').notNull(),
  },
  table => [
    primaryKey({ columns: [table.tenantId, table.id] }),
    foreignKey({ columns: [table.tenantId, table.payerId], foreignColumns: [payers.tenantId, payers.id] }),
    foreignKey({
      columns: [table.tenantId, table.requestId],
      foreignColumns: [privacyRequests.tenantId, privacyRequests.id],
    }),
    index('payer_history_payer').on(table.tenantId, table.payerId),
  ],
)
