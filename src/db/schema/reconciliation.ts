// Stripe's balance transactions and payouts, mirrored, and what comparing them with the vault's charges found.
import { sql } from 'drizzle-orm'
import { boolean, check, foreignKey, index, jsonb, pgTable, primaryKey, text, uniqueIndex } from 'drizzle-orm/pg-core'
import { amount, instant, tenantId } from './columns.ts'

export const balanceTransactions = pgTable(
  'balance_transactions',
  {
    tenantId: tenantId(),
    /** Stripe's id, `txn_…`. */
    id: text('id').notNull(),
    type: text('type').notNull(),
    reportingCategory: text('reporting_category').notNull(),
    amount: amount('amount').notNull(),
    fee: amount('fee').notNull(),
    net: amount('net').notNull(),
    currency: text('currency').notNull(),
    status: text('status').notNull(),
    sourceId: text('source_id'),
    /** The charge that the source belongs to at Stripe, when Stripe says so. */
    sourceChargeId: text('source_charge_id'),
    sourcePaymentIntentId: text('source_payment_intent_id'),
    /** Our own attempt's or refund's id in the source's metadata at Stripe. */
    sourceAttemptId: text('source_attempt_id'),
    /** The state of the source at Stripe when the line was read. */
    sourceStatus: text('source_status'),
    /** Amount and currency as the payer saw them, when settled in another currency. */
    presentmentAmount: amount('presentment_amount'),
    presentmentCurrency: text('presentment_currency'),
    createdAt: instant('created_at').notNull(),
    availableOn: instant('available_on').notNull(),
    /** Stripe's object less its personal members. */
    raw: jsonb('raw').$type<Record<string, unknown>>().notNull(),
    /** Wall time of the last read that showed it. */
    mirroredAt: instant('mirrored_at').notNull(),
    /** When a complete read of its time no longer showed it; such a row counts for nothing. */
    missingAt: instant('missing_at'),
    /** The vault's own row that it belongs to, and the rule that found it. */
    matchedType: text('matched_type'),
    matchedId: text('matched_id'),
    matchRule: text('match_rule'),
  },
  table => [
    primaryKey({ columns: [table.tenantId, table.id] }),
    index('balance_transactions_source').on(table.tenantId, table.sourceId),
    index('balance_transactions_created').on(table.tenantId, table.createdAt),
    index('balance_transactions_matched').on(table.tenantId, table.matchedId),
    check(
      'balance_transactions_matched_type',
      sql`${table.matchedType} in ('charge', 'refund', 'dispute') and ${table.matchedId} is not null or ${table.matchedType} is null and ${table.matchedId} is null`,
    ),
  ],
)

export const payouts = pgTable(
  'payouts',
  {
    tenantId: tenantId(),
    /** Stripe's id, `po_…`. */
    id: text('id').notNull(),
    amount: amount('amount').notNull(),
    currency: text('currency').notNull(),
    status: text('status').notNull(),
    automatic: boolean('automatic').notNull(),
    reconciliationStatus: text('reconciliation_status').notNull(),
    balanceTransactionId: text('balance_transaction_id'),
    failureCode: text('failure_code'),
    traceId: text('trace_id'),
    arrivalDate: instant('arrival_date').notNull(),
    createdAt: instant('created_at').notNull(),
    raw: jsonb('raw').$type<Record<string, unknown>>().notNull(),
    /** When the list of the payout's rows was last read to its end. */
    rowsListedAt: instant('rows_listed_at'),
    mirroredAt: instant('mirrored_at').notNull(),
  },
  table => [
    primaryKey({ columns: [table.tenantId, table.id] }),
    index('payouts_created').on(table.tenantId, table.createdAt),
  ],
)

/** Which balance transactions Stripe listed under a payout; written when listed, never guessed. */
export const payoutRows = pgTable(
  'payout_rows',
  {
    tenantId: tenantId(),
    payoutId: text('payout_id').notNull(),
    balanceTransactionId: text('balance_transaction_id').notNull(),
  },
  table => [
    primaryKey({ columns: [table.tenantId, table.payoutId, table.balanceTransactionId] }),
    foreignKey({ columns: [table.tenantId, table.payoutId], foreignColumns: [payouts.tenantId, payouts.id] }),
    index('payout_rows_balance_transaction').on(table.tenantId, table.balanceTransactionId),
  ],
)

/** How far each of Stripe's lists has been read. */
export const mirrorCursors = pgTable(
  'mirror_cursors',
  {
    tenantId: tenantId(),
    feed: text('feed').notNull(),
    /** Start of the window being read, and the id after which the next page starts. */
    windowFrom: instant('window_from'),
    windowTo: instant('window_to'),
    pageAfter: text('page_after'),
    /** Wall time at which the window was begun: rows that were not seen since are gone. */
    windowStartedAt: instant('window_started_at'),
    /** Wall time until which one process reads this list. */
    leaseUntil: instant('lease_until'),
    /** Everything created before this has been read. */
    caughtUpTo: instant('caught_up_to'),
    updatedAt: instant('updated_at').notNull(),
  },
  table => [primaryKey({ columns: [table.tenantId, table.feed] })],
)

export const reconciliations = pgTable(
  'reconciliations',
  {
    tenantId: tenantId(),
    id: text('id').notNull(),
    from: instant('from').notNull(),
    to: instant('to').notNull(),
    status: text('status').notNull(),
    summary: jsonb('summary').$type<Record<string, unknown>>(),
    errorCode: text('error_code'),
    createdAt: instant('created_at').notNull(),
    finishedAt: instant('finished_at'),
  },
  table => [
    primaryKey({ columns: [table.tenantId, table.id] }),
    check('reconciliations_status', sql`${table.status} in ('queued', 'running', 'completed', 'failed')`),
  ],
)

/** A difference that has a cause and a subject; found again it is the same row, gone it is closed. */
export const exceptions = pgTable(
  'exceptions',
  {
    tenantId: tenantId(),
    id: text('id').notNull(),
    cause: text('cause').notNull(),
    status: text('status').notNull().default('open'),
    subjectType: text('subject_type').notNull(),
    subjectId: text('subject_id').notNull(),
    chargeId: text('charge_id'),
    refundId: text('refund_id'),
    balanceTransactionId: text('balance_transaction_id'),
    payoutId: text('payout_id'),
    expectedAmount: amount('expected_amount'),
    actualAmount: amount('actual_amount'),
    currency: text('currency'),
    detail: text('detail').notNull(),
    firstSeenAt: instant('first_seen_at').notNull(),
    lastSeenAt: instant('last_seen_at').notNull(),
    closedAt: instant('closed_at'),
  },
  table => [
    primaryKey({ columns: [table.tenantId, table.id] }),
    uniqueIndex('exceptions_open_subject').on(table.tenantId, table.cause, table.subjectId).where(sql`status = 'open'`),
    index('exceptions_status').on(table.tenantId, table.status, table.cause),
    check('exceptions_status', sql`${table.status} in ('open', 'closed')`),
  ],
)
