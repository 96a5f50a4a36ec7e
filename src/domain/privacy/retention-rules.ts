// What expires, when, and what becomes of it: the one table that the daily job works off and the dry run counts by.
// Money and the audit log are not here: they are kept as the register says and the law asks, and no job of retention
// touches them.
import type { RetentionRecordName } from './retention-records.ts'

export type RetentionRule = {
  table: string
  /** The columns after the tenant that name a row. */
  key: string
  /** The record of the register that says how many days; `days` where the register has none of it. */
  record: RetentionRecordName | null
  days?: number
  /** Which time the column was written by. `earlier`: the one of the two that lets less go. */
  clock: 'business' | 'wall' | 'earlier'
  /** Rows that are over: SQL over the table, $1 the tenant and $2 the time before which it must have ended. */
  over: string
  /** What is set in place of the row's words; null where the row itself goes. */
  empty: string | null
}

/** Work is done each day, so what is older than the window was let go of long ago and need not be looked at again. */
const lately = (column: string) => `${column} < $2 and ${column} > $2::timestamptz - interval '400 days'`

export const RETENTION_RULES: Readonly<Record<string, RetentionRule>> = {
  'evidence of consents': {
    table: 'consents',
    key: 'id',
    record: 'consent_evidence',
    clock: 'business',
    over: 'withdrawn_at < $2 and evidence_sealed is not null',
    empty: 'evidence_sealed = null',
  },
  // The key of a request that moved money keeps its hash and its object for ever; only its reply goes.
  'replies of money': {
    table: 'idempotency_keys',
    key: 'key_hash',
    record: 'idempotency_replies',
    clock: 'wall',
    over: `${lately('created_at')} and moves_money and object_id is not null and status = 'done' and reply_sealed is not null`,
    empty: 'reply_sealed = null, reply_status = null',
  },
  'keys and replies': {
    table: 'idempotency_keys',
    key: 'key_hash',
    record: 'idempotency_replies',
    clock: 'wall',
    over: `${lately('created_at')} and not (moves_money and object_id is not null)`,
    empty: null,
  },
  'failures to save a card': {
    table: 'tokenize_failures',
    key: 'id',
    record: 'tokenize_failures',
    clock: 'earlier',
    over: 'failed_at < $2',
    empty: null,
  },
  'checkout sessions without a card': {
    table: 'checkout_sessions',
    key: 'id',
    record: 'checkout_sessions',
    clock: 'earlier',
    over: 'expires_at < $2 and token_id is null',
    empty: null,
  },
  'notes on removed cards': {
    table: 'tokens',
    key: 'id',
    record: 'detached_card_notes',
    clock: 'business',
    over: "status = 'detached' and detached_at < $2 and notes_sealed is not null",
    empty: 'notes_sealed = null',
  },
  "facts of Stripe's events": {
    table: 'stripe_events',
    key: 'id',
    record: 'stripe_event_facts',
    clock: 'earlier',
    over: `status in ('done', 'ignored') and ${lately('received_at')} and facts <> '{}'::jsonb`,
    empty: "facts = '{}'::jsonb",
  },
  'looks at a name': {
    table: 'reveals',
    key: 'id',
    record: 'reveal_records',
    clock: 'business',
    over: 'created_at < $2',
    empty: null,
  },
  'messages of inquiries': {
    table: 'inquiry_messages',
    key: 'inquiry_id, id',
    record: 'inquiries',
    clock: 'business',
    over: 'body_sealed is not null and inquiry_id in (select id from inquiries where tenant_id = $1 and closed_at < $2)',
    empty: 'body_sealed = null',
  },
  // The inquiry's own key sealed them, which goes next.
  'reasons of looks at inquiries': {
    table: 'reveals',
    key: 'id',
    record: 'inquiries',
    clock: 'business',
    over:
      "payer_id is null and reason_sealed <> '' and " +
      'inquiry_id in (select id from inquiries where tenant_id = $1 and closed_at < $2)',
    empty: "reason_sealed = ''",
  },
  // With the key of its own nothing that was sealed with it opens, in backups neither.
  'contacts of inquiries': {
    table: 'inquiries',
    key: 'id',
    record: 'inquiries',
    clock: 'business',
    over: 'closed_at < $2 and contact_sealed is not null',
    empty: 'contact_sealed = null, wrapped_key = null, key_version = null, address_hash = null',
  },
  'addresses of mails': {
    table: 'mail_outbox',
    key: 'id',
    record: 'mails',
    clock: 'business',
    over: 'finished_at < $2 and recipient_sealed is not null',
    empty: 'recipient_sealed = null, wrapped_key = null, key_version = null',
  },
  'words of requests': {
    table: 'privacy_requests',
    key: 'id',
    record: 'privacy_requests',
    clock: 'business',
    over: 'finished_at < $2 and details_sealed is not null',
    empty:
      'details_sealed = null, notes_sealed = null, contact_hash = null, address_hash = null, wrapped_key = null, key_version = null',
  },
  // A day's tries are counted by them, and nothing after that.
  'hashes of identity checks': {
    table: 'identity_checks',
    key: 'id',
    record: null,
    days: 30,
    clock: 'business',
    over: 'coalesce(tried_at, created_at) < $2 and (code_hash is not null or contact_hash is not null or address_hash is not null)',
    empty: 'code_hash = null, contact_hash = null, address_hash = null',
  },
  'values before a correction': {
    table: 'payer_history',
    key: 'id',
    record: 'privacy_requests',
    clock: 'business',
    over: 'created_at < $2 and old_sealed is not null',
    empty: 'old_sealed = null',
  },
  // The row says itself until when its package is kept.
  'packages of disclosures': {
    table: 'disclosures',
    key: 'id',
    record: null,
    days: 0,
    clock: 'business',
    over: 'package_sealed is not null and package_until <= $2',
    empty: 'package_sealed = null',
  },
  // Of people of the company; the audit log keeps who signed in when.
  'sessions at the console': {
    table: 'staff_sessions',
    key: 'id',
    record: null,
    days: 30,
    clock: 'wall',
    over: 'coalesce(ended_at, expires_at) < $2',
    empty: null,
  },
}
