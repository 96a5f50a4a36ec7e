// Charges, their attempts (each a request that moves money), and what disputes took back.
import { sql } from 'drizzle-orm'
import { boolean, check, foreignKey, index, integer, pgTable, primaryKey, text, uniqueIndex } from 'drizzle-orm/pg-core'
import { amount, bytes, instant, tenantId } from './columns.ts'
import { payers } from './payers.ts'
import { tokens } from './tokens.ts'

export const charges = pgTable(
  'charges',
  {
    tenantId: tenantId(),
    id: text('id').notNull(),
    payerId: text('payer_id').notNull(),
    tokenId: text('token_id').notNull(),
    status: text('status').notNull(),
    amount: amount('amount').notNull(),
    amountCaptured: amount('amount_captured').notNull().default(0),
    amountRefunded: amount('amount_refunded').notNull().default(0),
    amountDisputed: amount('amount_disputed').notNull().default(0),
    currency: text('currency').notNull(),
    captureMethod: text('capture_method').notNull(),
    billingJob: text('billing_job'),
    referenceHash: bytes('reference_hash').notNull(),
    /** `{ reference, description, metadata }` */
    detailsSealed: bytes('details_sealed').notNull(),
    failureCode: text('failure_code'),
    declineCode: text('decline_code'),
    adviceCode: text('advice_code'),
    retry: text('retry'),
    retryAfter: instant('retry_after'),
    disputed: boolean('disputed').notNull().default(false),
    stripePaymentIntentId: text('stripe_payment_intent_id'),
    stripeChargeId: text('stripe_charge_id'),
    authenticateBy: instant('authenticate_by'),
    /** Who asked for it: the person who decides a charge in review must be another. */
    createdBy: text('created_by').notNull(),
    createdAt: instant('created_at').notNull(),
    settledAt: instant('settled_at'),
    updatedAt: instant('updated_at').notNull(),
  },
  table => [
    primaryKey({ columns: [table.tenantId, table.id] }),
    foreignKey({ columns: [table.tenantId, table.payerId], foreignColumns: [payers.tenantId, payers.id] }),
    foreignKey({ columns: [table.tenantId, table.tokenId], foreignColumns: [tokens.tenantId, tokens.id] }),
    uniqueIndex('charges_reference').on(table.tenantId, table.referenceHash),
    uniqueIndex('charges_payment_intent').on(table.tenantId, table.stripePaymentIntentId),
    index('charges_stripe_charge').on(table.tenantId, table.stripeChargeId),
    index('charges_token').on(table.tenantId, table.tokenId, table.createdAt),
    index('charges_payer').on(table.tenantId, table.payerId),
    index('charges_created').on(table.tenantId, table.createdAt),
    index('charges_undecided')
      .on(table.tenantId, table.status)
      .where(sql`status in ('created', 'sending', 'processing', 'requires_action', 'unknown', 'needs_review')`),
    check(
      'charges_status',
      sql`${table.status} in ('created', 'sending', 'processing', 'requires_action', 'requires_capture', 'unknown', 'needs_review', 'succeeded', 'declined', 'errored', 'expired', 'cancelled')`,
    ),
    check('charges_amount', sql`${table.amount} between 1 and 99999999`),
    check('charges_captured', sql`${table.amountCaptured} between 0 and ${table.amount}`),
    check('charges_refunded', sql`${table.amountRefunded} >= 0`),
    check('charges_capture_method', sql`${table.captureMethod} in ('automatic', 'manual')`),
  ],
)

export const chargeAttempts = pgTable(
  'charge_attempts',
  {
    tenantId: tenantId(),
    id: text('id').notNull(),
    chargeId: text('charge_id').notNull(),
    kind: text('kind').notNull(),
    status: text('status').notNull(),
    amount: amount('amount').notNull(),
    /** Ours, stored before it is sent; Stripe keeps it for at least 24 h. */
    stripeIdempotencyKey: text('stripe_idempotency_key').notNull(),
    failureCode: text('failure_code'),
    declineCode: text('decline_code'),
    createdAt: instant('created_at').notNull(),
    /** Business time of the first send; from 23 h after it, nothing is sent again. */
    sentAt: instant('sent_at'),
    decidedAt: instant('decided_at'),
    /** Wall time until which one process owns the attempt. */
    leaseUntil: instant('lease_until'),
    looks: integer('looks').notNull().default(0),
    /** Business time of the resolver's next look. */
    nextLookAt: instant('next_look_at'),
    /** Business time of the first look that found nothing at Stripe and could not send again. */
    missingSince: instant('missing_since'),
  },
  table => [
    primaryKey({ columns: [table.tenantId, table.id] }),
    foreignKey({ columns: [table.tenantId, table.chargeId], foreignColumns: [charges.tenantId, charges.id] }),
    uniqueIndex('charge_attempts_undecided')
      .on(table.tenantId, table.chargeId)
      // An attempt that waits for the payer is left out: it may be cancelled meanwhile, and Stripe decides which was first.
      .where(sql`status in ('created', 'sending', 'processing', 'unknown', 'needs_review')`),
    index('charge_attempts_charge').on(table.tenantId, table.chargeId),
    index('charge_attempts_due')
      .on(table.tenantId, table.nextLookAt)
      .where(sql`status in ('created', 'sending', 'processing', 'requires_action', 'unknown')`),
    uniqueIndex('charge_attempts_key').on(table.tenantId, table.stripeIdempotencyKey),
    check('charge_attempts_kind', sql`${table.kind} in ('charge', 'capture', 'cancel')`),
    check(
      'charge_attempts_status',
      sql`${table.status} in ('created', 'sending', 'processing', 'requires_action', 'unknown', 'needs_review', 'succeeded', 'declined', 'errored', 'expired', 'cancelled')`,
    ),
  ],
)

export const refunds = pgTable(
  'refunds',
  {
    tenantId: tenantId(),
    id: text('id').notNull(),
    chargeId: text('charge_id').notNull(),
    payerId: text('payer_id').notNull(),
    amount: amount('amount').notNull(),
    currency: text('currency').notNull(),
    status: text('status').notNull(),
    /** Sealed text that the caller gave. */
    reasonSealed: bytes('reason_sealed'),
    /** `vault`, or `stripe` when it was made at Stripe's dashboard and taken in. */
    origin: text('origin').notNull().default('vault'),
    failureCode: text('failure_code'),
    stripeRefundId: text('stripe_refund_id'),
    stripeIdempotencyKey: text('stripe_idempotency_key').notNull(),
    createdAt: instant('created_at').notNull(),
    sentAt: instant('sent_at'),
    settledAt: instant('settled_at'),
    updatedAt: instant('updated_at').notNull(),
    leaseUntil: instant('lease_until'),
    looks: integer('looks').notNull().default(0),
    nextLookAt: instant('next_look_at'),
    missingSince: instant('missing_since'),
  },
  table => [
    primaryKey({ columns: [table.tenantId, table.id] }),
    foreignKey({ columns: [table.tenantId, table.chargeId], foreignColumns: [charges.tenantId, charges.id] }),
    uniqueIndex('refunds_stripe_refund').on(table.tenantId, table.stripeRefundId),
    index('refunds_charge').on(table.tenantId, table.chargeId),
    index('refunds_created').on(table.tenantId, table.createdAt),
    index('refunds_due').on(table.tenantId, table.nextLookAt).where(sql`status in ('sending', 'unknown', 'pending')`),
    check(
      'refunds_status',
      sql`${table.status} in ('sending', 'unknown', 'pending', 'succeeded', 'failed', 'cancelled', 'needs_review')`,
    ),
    check('refunds_amount', sql`${table.amount} > 0`),
  ],
)

/** Stripe's disputes, mirrored; `fundsWithdrawn` says whether their amount is lost to the charge now. */
export const disputes = pgTable(
  'disputes',
  {
    tenantId: tenantId(),
    id: text('id').notNull(),
    chargeId: text('charge_id').notNull(),
    stripeDisputeId: text('stripe_dispute_id').notNull(),
    status: text('status').notNull(),
    reason: text('reason'),
    amount: amount('amount').notNull(),
    currency: text('currency').notNull(),
    fundsWithdrawn: boolean('funds_withdrawn').notNull(),
    createdAt: instant('created_at').notNull(),
    updatedAt: instant('updated_at').notNull(),
  },
  table => [
    primaryKey({ columns: [table.tenantId, table.id] }),
    foreignKey({ columns: [table.tenantId, table.chargeId], foreignColumns: [charges.tenantId, charges.id] }),
    uniqueIndex('disputes_stripe_dispute').on(table.tenantId, table.stripeDisputeId),
    index('disputes_charge').on(table.tenantId, table.chargeId),
  ],
)
