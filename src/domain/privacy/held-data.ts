// Everything that is held about a person, table by table and column by column: the access package is read by it, and a
// column that stands in no class here fails a test. A new table or column is entered with its migration.

import type { PersonalField } from './personal-fields.ts'
import { ROWS_OF_PERSON } from './rows-of-person.ts'

export type HeldTable = {
  /** Its member of the access package; null when it is not shown, and `because` says why. */
  section: string | null
  because?: string
  /** Which rows are the person's: SQL over the table, $1 the tenant and $2 the payer. */
  where: string
  /** Which of them the access package shows: all, unless said otherwise. */
  shown?: string
  /** The column that names a row in its seals, and by which the package is ordered. */
  row: string
  /** The personal fields that its columns hold, as a register of purposes covers them. */
  fields: readonly PersonalField[]
  /** Where rows about nobody who was known keep a key of their own: the table, and the column that names its row. */
  ownKey?: { table: string; row: string }
  /** Columns of words that somebody wrote about the person, sealed with that key or the payer's. */
  sealed: string
  /** Keyed hashes of such words: looked up by, never shown. */
  hashed: string
  /** Plain facts about the person or what they did; shown. */
  facts: string
  /** Workings that say nothing of the person; not shown. */
  workings: string
}

const OF_INQUIRY = { table: 'inquiries', row: 'inquiry_id' }

const table = (more: Partial<HeldTable> & Pick<HeldTable, 'section' | 'fields'>): HeldTable => ({
  where: ROWS_OF_PERSON.ofPayer,
  row: 'id',
  sealed: '',
  hashed: '',
  facts: '',
  workings: '',
  ...more,
})

/** Names of columns, separated by spaces. `tenant_id` and `payer_id` go without saying. */
export const HELD_DATA: Readonly<Record<string, HeldTable>> = {
  payers: table({
    section: 'profile',
    fields: [
      'payer.short_name',
      'payer.real_name',
      'payer.email',
      'payer.phone',
      'payer.external_ref',
      'payer.locale',
      'payer.metadata',
      'payer.stripe_customer',
    ],
    where: 'id = $2',
    sealed: 'profile_sealed identity_sealed',
    hashed: 'short_name_hash external_ref_hash email_hash',
    facts: 'id status identity_fields stripe_customer_id contact_changed_at created_at updated_at',
    workings: 'wrapped_key key_version',
  }),
  consents: table({
    section: 'consents',
    fields: ['consent.record', 'consent.evidence'],
    sealed: 'evidence_sealed',
    facts: 'id purpose text_version locale accepted_at source withdrawn_at created_at',
    workings: 'recorded_by',
  }),
  objections: table({ section: 'objections', fields: ['objection.record'], facts: 'id purpose source created_at' }),
  reveals: table({
    section: 'looks_at_your_name',
    fields: ['reveal.record'],
    where: ROWS_OF_PERSON.reveals,
    ownKey: OF_INQUIRY,
    sealed: 'reason_sealed',
    facts: 'id inquiry_id actor_kind actor_id purpose fields created_at',
    workings: 'expires_at',
  }),
  checkout_sessions: table({
    section: 'checkout_sessions',
    fields: ['consent.record'],
    facts: 'id usage consent_text_version consent_locale limits origin token_id failures expires_at created_at',
    workings: 'setup_intent_id',
  }),
  tokens: table({
    section: 'cards',
    fields: ['token.card', 'token.metadata', 'token.freeze_reason'],
    sealed: 'notes_sealed',
    hashed: 'fingerprint_hash',
    facts:
      'id status brand last4 exp_month exp_year funding country usage consent_id limits stripe_payment_method_id ' +
      'duplicate_of duplicate_differs detached_at created_at updated_at',
    workings: 'sequence detach_due_at',
  }),
  token_sources: table({
    section: 'card_sources',
    fields: ['token.card'],
    row: 'stripe_id',
    facts: 'stripe_id token_id created_at',
  }),
  tokenize_failures: table({
    section: 'failed_tries_to_save_a_card',
    fields: ['token.card', 'address.hash'],
    hashed: 'address_hash fingerprint_hash',
    facts: 'id session_id code failed_at',
  }),
  charges: table({
    section: 'charges',
    fields: ['charge.reference', 'charge.description', 'charge.metadata', 'charge.review_reason', 'money.records'],
    sealed: 'details_sealed',
    hashed: 'reference_hash',
    facts:
      'id token_id status amount amount_captured amount_refunded amount_disputed currency capture_method billing_job ' +
      'failure_code decline_code advice_code retry retry_after disputed stripe_payment_intent_id stripe_charge_id ' +
      'authenticate_by created_at settled_at updated_at',
    workings: 'created_by',
  }),
  charge_attempts: table({
    section: 'charge_attempts',
    fields: ['money.records'],
    where: ROWS_OF_PERSON.ofCharges,
    facts: 'id charge_id kind status amount failure_code decline_code created_at sent_at decided_at',
    workings: 'stripe_idempotency_key lease_until looks next_look_at missing_since',
  }),
  refunds: table({
    section: 'refunds',
    fields: ['refund.reason', 'money.records'],
    sealed: 'reason_sealed',
    facts:
      'id charge_id amount currency status origin failure_code stripe_refund_id created_at sent_at settled_at updated_at',
    workings: 'stripe_idempotency_key lease_until looks next_look_at missing_since',
  }),
  disputes: table({
    section: 'disputes',
    fields: ['money.records', 'stripe.facts'],
    where: ROWS_OF_PERSON.ofCharges,
    facts: 'id charge_id stripe_dispute_id status reason amount currency funds_withdrawn created_at updated_at',
  }),
  idempotency_keys: table({
    section: null,
    fields: [
      'payer.short_name',
      'payer.external_ref',
      'payer.locale',
      'payer.metadata',
      'consent.record',
      'token.card',
      'token.metadata',
      'token.freeze_reason',
      'charge.reference',
      'charge.description',
      'charge.metadata',
      'money.records',
      'refund.reason',
      'disclosure.record',
      'request.statement',
    ],
    because: 'Copies of answers that are in the other sections, kept 30 days for requests that are sent again.',
    row: 'key_hash',
    sealed: 'reply_sealed',
    hashed: 'key_hash request_hash',
    workings: 'status moves_money object_id reply_status lease_until created_at',
  }),
  erasures: table({
    section: null,
    fields: ['request.statement'],
    because: 'Nobody is there to be shown it: it begins when the payer is gone.',
    facts: 'id request_id restored status step waits_for counts started_at finished_at receipt',
    workings: 'attempts error_code next_attempt_at lease_until key_version key_destroyed_at',
  }),
  mail_outbox: table({
    section: 'mails',
    fields: ['mail.message'],
    where: ROWS_OF_PERSON.mails,
    ownKey: { table: 'mail_outbox', row: 'id' },
    sealed: 'recipient_sealed data_sealed',
    facts: 'id status template language finished_at created_at',
    workings: 'wrapped_key key_version attempts next_attempt_at lease_until expires_at error_code',
  }),
  disclosures: table({
    section: 'disclosures',
    fields: ['disclosure.record'],
    // What a court has asked for and nobody has answered is no news for the person yet.
    shown: "status = 'made'",
    sealed: 'details_sealed package_sealed',
    hashed: 'recipient_hash',
    facts:
      'id status basis purpose recipient_code consent_id fields cohort report people format sha256 created_at decided_at',
    workings: 'wrapped_key key_version package_until downloads created_by decided_by',
  }),
  disclosure_people: table({
    section: null,
    because: "Told by the log of disclosures, with the recipients' names.",
    fields: ['disclosure.record'],
    row: 'disclosure_id',
    facts: 'disclosure_id at',
  }),
  inquiries: table({
    section: 'inquiries',
    fields: ['inquiry.contact', 'address.hash'],
    where: ROWS_OF_PERSON.inquiries,
    ownKey: { table: 'inquiries', row: 'id' },
    sealed: 'contact_sealed',
    hashed: 'address_hash',
    facts:
      'id kind status source language contact_fields privacy_request_id due_at acknowledged_at answered_at closed_at ' +
      'created_at updated_at',
    // The hash of a form is of the page that was opened.
    workings: 'wrapped_key key_version form_hash assigned_to created_by',
  }),
  inquiry_messages: table({
    section: 'messages',
    fields: ['inquiry.message'],
    where: ROWS_OF_PERSON.ofInquiries,
    ownKey: OF_INQUIRY,
    sealed: 'body_sealed',
    facts: 'inquiry_id id direction created_at',
    workings: 'author mail_id',
  }),
  payer_history: table({
    section: 'corrections',
    fields: [
      'payer.short_name',
      'payer.real_name',
      'payer.email',
      'payer.phone',
      'payer.external_ref',
      'payer.locale',
      'payer.metadata',
    ],
    sealed: 'old_sealed',
    facts: 'id request_id fields created_at',
    workings: 'changed_by',
  }),
  privacy_requests: table({
    section: 'requests_about_your_data',
    fields: ['request.contact', 'request.statement', 'address.hash'],
    // Whoever asked without showing who they are may have been somebody else.
    shown: 'verified_at is not null',
    sealed: 'details_sealed notes_sealed',
    hashed: 'contact_hash address_hash',
    facts:
      'id kind status source language contact_kind failures deadline_at extended_at verified_at decision decided_at ' +
      'approved_at finished_at receipt propagation created_at updated_at',
    workings: 'wrapped_key key_version decided_by approved_by attempts next_attempt_at lease_until created_by',
  }),
  identity_checks: table({
    section: 'identity_checks',
    fields: ['request.contact', 'address.hash'],
    hashed: 'code_hash contact_hash address_hash',
    facts: 'id request_id status attempts tried_at expires_at created_at',
  }),
  identity_evidence: table({
    section: 'identity_evidence',
    fields: ['identity.evidence'],
    row: 'request_id',
    facts: 'request_id kind document recorded_at',
    workings: 'recorded_by',
  }),
  audit_log: table({
    section: 'records_of_what_was_done',
    fields: ['audit.record', 'address.hash'],
    hashed: 'address_hash',
    facts: 'id at action outcome object_type object_id details',
    // Who of the company did it is told for looks at real names, which have a section of their own.
    workings: 'sequence actor_kind actor_id request_id transaction_id transaction_number row_hash hash_version',
  }),
}

/** Tables without anything of a person: the company's own, Stripe's lines of money by id, and what keeps order. */
export const TABLES_WITHOUT_PERSONS: readonly string[] = [
  'tenants',
  'tenant_webhook_secrets',
  'scheduled_tasks',
  'key_versions',
  'key_usage',
  'key_rotations',
  'signing_keys',
  // Of people of the company at the console, not of payers.
  'staff_sessions',
  'purpose_registers',
  'deployment_region',
  // Facts of events are taken by an allow-list that lets nothing personal through (store-events.ts).
  'stripe_events',
  'balance_transactions',
  'payouts',
  'payout_rows',
  'mirror_cursors',
  'reconciliations',
  // Hashes over audit entries, and signed statements of them.
  'audit_blocks',
  'audit_checkpoints',
  'audit_checkpoint_copies',
  'audit_archives',
  'exceptions',
]

/** The columns of a class. */
export const columnsOf = (names: string): string[] => names.split(' ').filter(name => name !== '')
