// What an erasure empties or removes, as one table: the preview counts by it, and the erasure works by it.
import { HELD_DATA } from '../privacy/held-data.ts'
import type { TitledTable } from '../privacy/held-titles.ts'
import { ROWS_TO_ERASE } from '../privacy/rows-of-person.ts'

export type Emptied = {
  /** What it is, for a preview and a receipt. */
  name: string
  /** The members that go, as a person would name them. */
  fields: readonly string[]
  table: TitledTable
  /** Columns that name one row besides the tenant. */
  key: readonly string[]
  /** Which rows are the payer's, where held-data.ts does not say it: SQL over `t`, $1 the tenant and $2 the payer. */
  of?: string
  /** SQL over the row `t`: whether there is anything left to empty. */
  holds: string
  /** What is written over it; null removes the row. */
  set: string | null
}

/** The card of a charge that was made is part of that charge's record; of any other card nothing stays. */
const CHARGED = 'exists (select 1 from charges c where c.tenant_id = t.tenant_id and c.token_id = t.id)'

/** A request in which nobody showed who they are, and that is not over. */
const UNPROVED = "t.status in ('received', 'verifying')"

/** Stripe's own ids of everything that an event may be about. */
const STRIPE_OBJECTS = `(
  select p.stripe_customer_id from payers p where p.tenant_id = $1 and p.id = $2
  union all select k.stripe_payment_method_id from tokens k where k.tenant_id = $1 and k.payer_id = $2
  union all select o.stripe_id from token_sources o join tokens k on k.tenant_id = o.tenant_id and k.id = o.token_id
             where k.tenant_id = $1 and k.payer_id = $2
  union all select s.setup_intent_id from checkout_sessions s where s.tenant_id = $1 and s.payer_id = $2)`

/** Which rows of a table are the payer's: SQL over `t`, $1 the tenant and $2 the payer. */
export const rowsOf = ({ table, of }: { table: string; of?: string }): string =>
  `t.tenant_id = $1 and (${of ?? HELD_DATA[table]?.where})`

export const WHAT_GOES: readonly Emptied[] = [
  {
    name: 'consents',
    fields: ['ip', 'user_agent', 'locale'],
    table: 'consents',
    key: ['id'],
    holds: 't.evidence_sealed is not null or t.locale is not null',
    set: 'evidence_sealed = null, locale = null',
  },
  {
    name: 'tokens',
    fields: [
      'metadata',
      'freeze_reason',
      'fingerprint',
      'card expiry',
      'card country',
      'card number ending, unless charged',
    ],
    table: 'tokens',
    key: ['id'],
    holds: "t.status <> 'erased' or t.fingerprint_hash is not null or t.notes_sealed is not null",
    set: `status = 'erased', fingerprint_hash = null, notes_sealed = null, exp_month = 0, exp_year = 0, country = null,
          brand = case when ${CHARGED} then t.brand else '' end, last4 = case when ${CHARGED} then t.last4 else '' end,
          funding = case when ${CHARGED} then t.funding else '' end`,
  },
  {
    name: 'objections',
    fields: ['purpose', 'time'],
    table: 'objections',
    key: ['id'],
    holds: 'true',
    set: null,
  },
  {
    name: 'reveals',
    fields: ['reason'],
    table: 'reveals',
    key: ['id'],
    of: ROWS_TO_ERASE.reveals,
    holds: "t.reason_sealed <> ''",
    set: "reason_sealed = ''",
  },
  {
    name: 'checkout_sessions',
    fields: ['locale', 'origin'],
    table: 'checkout_sessions',
    key: ['id'],
    holds: "t.consent_locale <> '' or t.origin is not null",
    set: "consent_locale = '', origin = null",
  },
  {
    name: 'failed_tries',
    fields: ['address', 'fingerprint', 'time'],
    table: 'tokenize_failures',
    key: ['id'],
    holds: 'true',
    set: null,
  },
  {
    name: 'charges',
    fields: ['reference', 'description', 'metadata', 'review reason'],
    table: 'charges',
    key: ['id'],
    holds: "t.details_sealed <> ''",
    set: "details_sealed = ''",
  },
  {
    name: 'refunds',
    fields: ['reason'],
    table: 'refunds',
    key: ['id'],
    holds: 't.reason_sealed is not null',
    set: 'reason_sealed = null',
  },
  {
    name: 'disclosures',
    fields: ['recipient', 'authority and reference', 'package'],
    table: 'disclosures',
    key: ['id'],
    of: 't.payer_id = $2',
    holds: 't.details_sealed is not null or t.package_sealed is not null',
    set: 'details_sealed = null, package_sealed = null, package_until = null',
  },
  {
    name: 'inquiries',
    fields: ['contact', 'address', 'key of its own'],
    table: 'inquiries',
    key: ['id'],
    of: ROWS_TO_ERASE.inquiries,
    // Nobody is left to be answered.
    holds: `t.contact_sealed is not null or t.wrapped_key is not null or t.address_hash is not null or t.status <> 'closed'`,
    set: `contact_sealed = null, wrapped_key = null, key_version = null, address_hash = null, status = 'closed',
          closed_at = coalesce(t.closed_at, t.updated_at)`,
  },
  {
    name: 'mails',
    fields: ['address', 'contents'],
    table: 'mail_outbox',
    key: ['id'],
    of: ROWS_TO_ERASE.mails,
    holds: 't.recipient_sealed is not null or t.data_sealed is not null or t.wrapped_key is not null',
    set: `status = case when t.status = 'queued' then 'expired' else t.status end, recipient_sealed = null,
          data_sealed = null, wrapped_key = null, key_version = null, lease_until = null`,
  },
  {
    name: 'inquiry_messages',
    fields: ['what was written'],
    table: 'inquiry_messages',
    key: ['inquiry_id', 'id'],
    of: ROWS_TO_ERASE.ofInquiries,
    holds: 't.body_sealed is not null',
    set: 'body_sealed = null',
  },
  {
    name: 'privacy_requests',
    fields: ['contact', 'message', 'values of corrections', 'reasons', 'address', 'language'],
    table: 'privacy_requests',
    key: ['id'],
    holds:
      "t.details_sealed is not null or t.notes_sealed is not null or t.contact_hash is not null or t.address_hash is not null or t.language <> ''",
    // One in which nobody showed who they are stays as it would for somebody who was never there, and names nobody.
    set: `details_sealed = null, notes_sealed = null, address_hash = null,
          contact_hash = case when ${UNPROVED} then sha256(gen_random_uuid()::text::bytea) end,
          language = case when ${UNPROVED} then t.language else '' end,
          payer_id = case when ${UNPROVED} then null else t.payer_id end`,
  },
  {
    name: 'identity_checks',
    fields: ['contact', 'address', 'code'],
    table: 'identity_checks',
    key: ['id'],
    holds: 't.code_hash is not null or t.contact_hash is not null or t.address_hash is not null',
    set: 'code_hash = null, contact_hash = null, address_hash = null',
  },
  {
    name: 'corrections',
    fields: ['values before corrections'],
    table: 'payer_history',
    key: ['id'],
    holds: 't.old_sealed is not null',
    set: 'old_sealed = null',
  },
  {
    name: 'stored_replies',
    fields: ['answers that were kept for requests sent again'],
    table: 'idempotency_keys',
    key: ['key_hash'],
    holds: 't.reply_sealed is not null',
    set: 'reply_sealed = null, reply_status = null',
  },
  {
    name: 'stripe_events',
    fields: ['facts of events about the customer and the cards'],
    table: 'stripe_events',
    key: ['id'],
    of: `t.object_id in ${STRIPE_OBJECTS}`,
    holds: "t.facts <> '{}' or t.payload_hash <> ''",
    set: "facts = '{}', payload_hash = ''",
  },
]

/** The payer's own row: emptied in one piece with the key, by the database itself (drizzle/0011_erasures.sql). */
export const PAYER_FIELDS: readonly string[] = [
  'short_name',
  'real_name',
  'email',
  'phone',
  'external_ref',
  'locale',
  'metadata',
  'data key',
]
