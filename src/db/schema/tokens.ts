// Vault tokens: which saved card a payer agreed to have charged, within which limits.
import { sql } from 'drizzle-orm'
import {
  bigserial,
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
import { consents, payers, type TokenLimits } from './payers.ts'

export const tokens = pgTable(
  'tokens',
  {
    tenantId: tenantId(),
    id: text('id').notNull(),
    /** Order of creation for lists: token ids are random, so they cannot be sorted by. */
    sequence: bigserial('sequence', { mode: 'number' }).notNull(),
    payerId: text('payer_id').notNull(),
    status: text('status').notNull(),
    stripePaymentMethodId: text('stripe_payment_method_id').notNull(),
    /** Keyed hash of Stripe's fingerprint: the same card of the same payer. */
    fingerprintHash: bytes('fingerprint_hash'),
    brand: text('brand').notNull(),
    last4: text('last4').notNull(),
    expMonth: integer('exp_month').notNull(),
    expYear: integer('exp_year').notNull(),
    funding: text('funding').notNull(),
    country: text('country'),
    usage: text('usage').notNull(),
    consentId: text('consent_id').notNull(),
    limits: jsonb('limits').$type<TokenLimits>(),
    duplicateOf: text('duplicate_of'),
    duplicateDiffers: text('duplicate_differs').array(),
    /** `{ metadata, freezeReason }`: what callers wrote, sealed. */
    notesSealed: bytes('notes_sealed'),
    detachedAt: instant('detached_at'),
    /** Set until Stripe has confirmed the detach. */
    detachDueAt: instant('detach_due_at'),
    createdAt: instant('created_at').notNull(),
    updatedAt: instant('updated_at').notNull(),
  },
  table => [
    primaryKey({ columns: [table.tenantId, table.id] }),
    foreignKey({ columns: [table.tenantId, table.payerId], foreignColumns: [payers.tenantId, payers.id] }),
    foreignKey({ columns: [table.tenantId, table.consentId], foreignColumns: [consents.tenantId, consents.id] }),
    uniqueIndex('tokens_payment_method').on(table.tenantId, table.stripePaymentMethodId),
    index('tokens_payer').on(table.tenantId, table.payerId, table.fingerprintHash),
    index('tokens_sequence').on(table.tenantId, table.sequence),
    index('tokens_detach_due').on(table.tenantId, table.detachDueAt).where(sql`detach_due_at is not null`),
    check('tokens_status', sql`${table.status} in ('pending', 'active', 'frozen', 'expired', 'detached', 'erased')`),
    check('tokens_usage', sql`${table.usage} in ('off_session', 'on_session')`),
  ],
)

/** Every Stripe id that was ever turned into a token, so that the same id always gives the same token. */
export const tokenSources = pgTable(
  'token_sources',
  {
    tenantId: tenantId(),
    stripeId: text('stripe_id').notNull(),
    tokenId: text('token_id').notNull(),
    payerId: text('payer_id').notNull(),
    createdAt: instant('created_at').notNull(),
  },
  table => [
    primaryKey({ columns: [table.tenantId, table.stripeId] }),
    foreignKey({ columns: [table.tenantId, table.tokenId], foreignColumns: [tokens.tenantId, tokens.id] }),
  ],
)

/** Failed attempts to save a card, counted against card testing and forgotten after the window. */
export const tokenizeFailures = pgTable(
  'tokenize_failures',
  {
    tenantId: tenantId(),
    id: text('id').notNull(),
    sessionId: text('session_id'),
    payerId: text('payer_id'),
    addressHash: bytes('address_hash'),
    fingerprintHash: bytes('fingerprint_hash'),
    code: text('code').notNull(),
    failedAt: instant('failed_at').notNull(),
  },
  table => [
    primaryKey({ columns: [table.tenantId, table.id] }),
    index('tokenize_failures_payer').on(table.tenantId, table.payerId, table.failedAt),
    index('tokenize_failures_address').on(table.tenantId, table.addressHash, table.failedAt),
    index('tokenize_failures_fingerprint').on(table.tenantId, table.fingerprintHash, table.failedAt),
    index('tokenize_failures_recent').on(table.tenantId, table.failedAt),
  ],
)
