// What an erasure must leave, and by which law, as one table. All of it stands under the payer's id, which by then is a
// pseudonym: nothing is left that says whose it was.
import type { TitledTable } from '../privacy/held-titles.ts'
import type { Texts } from '../privacy/personal-fields.ts'
import { REASONS_TO_KEEP } from './reasons-to-keep.ts'

export type Kept = {
  name: string
  table: TitledTable
  /** Which rows are the payer's, where held-data.ts does not say it: SQL over `t`, $1 the tenant and $2 the payer. */
  of?: string
  fields: readonly string[]
  law: 'legal_obligation' | 'legal_claims' | 'accountability'
  why: Texts
}

export const WHAT_STAYS: readonly Kept[] = [
  {
    name: 'payer',
    table: 'payers',
    fields: ['id', 'status', 'times', "Stripe's id of the deleted customer"],
    law: 'legal_obligation',
    why: REASONS_TO_KEEP.payer,
  },
  {
    name: 'charges',
    table: 'charges',
    fields: ['amounts', 'currency', 'status', 'times', "Stripe's ids", 'keyed hash of the reference'],
    law: 'legal_obligation',
    why: REASONS_TO_KEEP.books,
  },
  {
    name: 'charge_attempts',
    table: 'charge_attempts',
    fields: ['amounts', 'status', 'times'],
    law: 'legal_obligation',
    why: REASONS_TO_KEEP.books,
  },
  {
    name: 'refunds',
    table: 'refunds',
    fields: ['amounts', 'currency', 'status', 'times', "Stripe's ids"],
    law: 'legal_obligation',
    why: REASONS_TO_KEEP.books,
  },
  {
    name: 'disputes',
    table: 'disputes',
    fields: ['amounts', 'status', 'reason code'],
    law: 'legal_claims',
    why: REASONS_TO_KEEP.claim,
  },
  {
    name: 'cards_charged',
    table: 'tokens',
    of: `t.payer_id = $2 and exists (select 1 from charges c where c.tenant_id = t.tenant_id and c.token_id = t.id)`,
    fields: ['brand', 'last four digits', 'funding', "Stripe's id"],
    law: 'legal_obligation',
    why: REASONS_TO_KEEP.cardCharged,
  },
  {
    name: 'cards_not_charged',
    table: 'tokens',
    of: `t.payer_id = $2 and not exists (select 1 from charges c where c.tenant_id = t.tenant_id and c.token_id = t.id)`,
    fields: ['status', 'times', "Stripe's id"],
    law: 'accountability',
    why: REASONS_TO_KEEP.cardRemoved,
  },
  {
    name: 'card_sources',
    table: 'token_sources',
    fields: ["Stripe's ids under which a card was saved", 'times'],
    law: 'accountability',
    why: REASONS_TO_KEEP.cardRemoved,
  },
  {
    name: 'checkout_sessions',
    table: 'checkout_sessions',
    fields: ['version of the text', 'limits', 'number of failures', 'times', "Stripe's id"],
    law: 'accountability',
    why: REASONS_TO_KEEP.consentCame,
  },
  {
    name: 'consents',
    table: 'consents',
    fields: ['purpose', 'version of the text', 'times'],
    law: 'accountability',
    why: REASONS_TO_KEEP.consent,
  },
  {
    name: 'reveals',
    table: 'reveals',
    fields: ['who looked, when and for which purpose', 'names of fields'],
    law: 'accountability',
    why: REASONS_TO_KEEP.looked,
  },
  {
    name: 'disclosures',
    table: 'disclosures',
    of: 't.payer_id = $2',
    fields: ['basis', 'purpose', 'names of fields', 'times', 'hash of the package', 'keyed hash of the recipient'],
    law: 'accountability',
    why: REASONS_TO_KEEP.disclosed,
  },
  {
    name: 'log_of_disclosures',
    table: 'disclosure_people',
    fields: ['which disclosures the person was in', 'times'],
    law: 'accountability',
    why: REASONS_TO_KEEP.disclosed,
  },
  {
    name: 'inquiries',
    table: 'inquiries',
    fields: ['kind', 'status', 'times', 'language', 'which contacts there were', 'who of the company answered'],
    law: 'accountability',
    why: REASONS_TO_KEEP.complaint,
  },
  {
    name: 'inquiry_messages',
    table: 'inquiry_messages',
    fields: ['direction', 'who of the company answered', 'times'],
    law: 'accountability',
    why: REASONS_TO_KEEP.complaint,
  },
  {
    name: 'privacy_requests',
    table: 'privacy_requests',
    fields: ['kind', 'status', 'times', 'number of failures', 'who decided', 'receipt'],
    law: 'accountability',
    why: REASONS_TO_KEEP.answered,
  },
  {
    name: 'identity_checks',
    table: 'identity_checks',
    fields: ['status', 'number of tries', 'times'],
    law: 'accountability',
    why: REASONS_TO_KEEP.answered,
  },
  {
    name: 'identity_evidence',
    table: 'identity_evidence',
    fields: ['kind of evidence', 'kind of document', 'who recorded it', 'times'],
    law: 'accountability',
    why: REASONS_TO_KEEP.answered,
  },
  {
    name: 'corrections',
    table: 'payer_history',
    fields: ['names of fields', 'who corrected them', 'times'],
    law: 'accountability',
    why: REASONS_TO_KEEP.answered,
  },
  {
    name: 'mails',
    table: 'mail_outbox',
    fields: ['kind of mail', 'language', 'status', 'times'],
    law: 'accountability',
    why: REASONS_TO_KEEP.told,
  },
  {
    name: 'erasure',
    table: 'erasures',
    fields: ['steps', 'times', 'number of rows', 'receipt'],
    law: 'accountability',
    why: REASONS_TO_KEEP.erased,
  },
  {
    name: 'request_keys',
    table: 'idempotency_keys',
    fields: ['keyed hashes of requests'],
    law: 'legal_obligation',
    why: REASONS_TO_KEEP.requestKeys,
  },
  {
    name: 'audit_log',
    table: 'audit_log',
    fields: ['who did what and when', 'ids', 'names of fields', 'keyed hash of the address'],
    law: 'legal_obligation',
    why: REASONS_TO_KEEP.auditLog,
  },
]
