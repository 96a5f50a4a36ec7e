// Payers. What a caller says about a person is sealed with the payer's own data key; look-ups go by keyed hashes.
import { sql } from 'drizzle-orm'
import { check, foreignKey, index, integer, jsonb, pgTable, primaryKey, text, uniqueIndex } from 'drizzle-orm/pg-core'
import { bytes, instant, tenantId } from './columns.ts'

export const payers = pgTable(
  'payers',
  {
    tenantId: tenantId(),
    id: text('id').notNull(),
    status: text('status').notNull().default('active'),
    wrappedKey: bytes('wrapped_key').notNull(),
    keyVersion: integer('key_version').notNull(),
    /** `{ shortName, externalRef, locale, metadata }` */
    profileSealed: bytes('profile_sealed').notNull(),
    /** `{ realName, email, phone }`: opened by reveal alone. */
    identitySealed: bytes('identity_sealed'),
    identityFields: text('identity_fields').array().notNull().default([]),
    shortNameHash: bytes('short_name_hash').notNull(),
    externalRefHash: bytes('external_ref_hash'),
    emailHash: bytes('email_hash'),
    stripeCustomerId: text('stripe_customer_id'),
    /** When the e-mail address or phone number last changed: a young contact is no evidence of identity. */
    contactChangedAt: instant('contact_changed_at'),
    createdAt: instant('created_at').notNull(),
    updatedAt: instant('updated_at').notNull(),
  },
  table => [
    primaryKey({ columns: [table.tenantId, table.id] }),
    uniqueIndex('payers_external_ref').on(table.tenantId, table.externalRefHash),
    uniqueIndex('payers_stripe_customer').on(table.tenantId, table.stripeCustomerId),
    index('payers_short_name').on(table.tenantId, table.shortNameHash),
    index('payers_email').on(table.tenantId, table.emailHash),
    check('payers_status', sql`${table.status} in ('active', 'erasing', 'erased')`),
  ],
)

/** A consent is the evidence that a person agreed to one purpose; a token's consent is the mandate to charge it. */
export const consents = pgTable(
  'consents',
  {
    tenantId: tenantId(),
    id: text('id').notNull(),
    payerId: text('payer_id').notNull(),
    purpose: text('purpose').notNull(),
    textVersion: text('text_version').notNull(),
    locale: text('locale'),
    acceptedAt: instant('accepted_at').notNull(),
    /** `{ ip, userAgent }` */
    evidenceSealed: bytes('evidence_sealed'),
    source: text('source').notNull(),
    /** The person that entered it; null where it came with a card. */
    recordedBy: text('recorded_by'),
    withdrawnAt: instant('withdrawn_at'),
    createdAt: instant('created_at').notNull(),
  },
  table => [
    primaryKey({ columns: [table.tenantId, table.id] }),
    foreignKey({ columns: [table.tenantId, table.payerId], foreignColumns: [payers.tenantId, payers.id] }),
    index('consents_payer').on(table.tenantId, table.payerId),
  ],
)

export const checkoutSessions = pgTable(
  'checkout_sessions',
  {
    tenantId: tenantId(),
    id: text('id').notNull(),
    payerId: text('payer_id').notNull(),
    setupIntentId: text('setup_intent_id').notNull(),
    usage: text('usage').notNull(),
    consentTextVersion: text('consent_text_version').notNull(),
    consentLocale: text('consent_locale').notNull(),
    limits: jsonb('limits').$type<TokenLimits>(),
    /** The first origin that used the session; no other may. */
    origin: text('origin'),
    tokenId: text('token_id'),
    failures: integer('failures').notNull().default(0),
    expiresAt: instant('expires_at').notNull(),
    createdAt: instant('created_at').notNull(),
  },
  table => [
    primaryKey({ columns: [table.tenantId, table.id] }),
    foreignKey({ columns: [table.tenantId, table.payerId], foreignColumns: [payers.tenantId, payers.id] }),
    uniqueIndex('checkout_sessions_setup_intent').on(table.tenantId, table.setupIntentId),
    check('checkout_sessions_usage', sql`${table.usage} in ('off_session', 'on_session')`),
  ],
)

/** What a token may be charged: amounts in minor units of `currency`. */
export type TokenLimits = {
  currency?: string
  max_amount_per_charge?: number
  max_amount_per_window?: number
  window_days?: number
  billing_job?: string
}
