// What an erasure must leave, and by which law, as one table. All of it stands under the payer's id, which by then is a
// pseudonym: nothing is left that says whose it was.

export type Kept = {
  name: string
  table: string
  /** Which rows are the payer's, where held-data.ts does not say it: SQL over `t`, $1 the tenant and $2 the payer. */
  of?: string
  fields: readonly string[]
  law: 'legal_obligation' | 'legal_claims' | 'accountability'
  why: string
}

const BOOKS = 'Records of payments are kept as long as the law of bookkeeping and taxes says (GDPR 17(3)(b)).'
const ANSWERED =
  'That a person asked, was known, and was answered in time must be shown afterwards (GDPR 5(2) and 12(3)).'

export const WHAT_STAYS: readonly Kept[] = [
  {
    name: 'payer',
    table: 'payers',
    fields: ['id', 'status', 'times', "Stripe's id of the deleted customer"],
    law: 'legal_obligation',
    why: `${BOOKS} They stand under the id, and Stripe's own under the customer's.`,
  },
  {
    name: 'charges',
    table: 'charges',
    fields: ['amounts', 'currency', 'status', 'times', "Stripe's ids", 'keyed hash of the reference'],
    law: 'legal_obligation',
    why: BOOKS,
  },
  {
    name: 'charge_attempts',
    table: 'charge_attempts',
    fields: ['amounts', 'status', 'times'],
    law: 'legal_obligation',
    why: BOOKS,
  },
  {
    name: 'refunds',
    table: 'refunds',
    fields: ['amounts', 'currency', 'status', 'times', "Stripe's ids"],
    law: 'legal_obligation',
    why: BOOKS,
  },
  {
    name: 'disputes',
    table: 'disputes',
    fields: ['amounts', 'status', 'reason code'],
    law: 'legal_claims',
    why: 'A claim about a payment may be made and defended after it was paid (GDPR 17(3)(e)).',
  },
  {
    name: 'cards_charged',
    table: 'tokens',
    of: `t.payer_id = $2 and exists (select 1 from charges c where c.tenant_id = t.tenant_id and c.token_id = t.id)`,
    fields: ['brand', 'last four digits', 'funding', "Stripe's id"],
    law: 'legal_obligation',
    why: `${BOOKS} Which card paid is part of the record.`,
  },
  {
    name: 'cards_not_charged',
    table: 'tokens',
    of: `t.payer_id = $2 and not exists (select 1 from charges c where c.tenant_id = t.tenant_id and c.token_id = t.id)`,
    fields: ['status', 'times', "Stripe's id"],
    law: 'accountability',
    why: 'That a card was removed at Stripe must be shown afterwards (GDPR 5(2) and 19).',
  },
  {
    name: 'card_sources',
    table: 'token_sources',
    fields: ["Stripe's ids under which a card was saved", 'times'],
    law: 'accountability',
    why: 'That a card was removed at Stripe must be shown afterwards (GDPR 5(2) and 19).',
  },
  {
    name: 'checkout_sessions',
    table: 'checkout_sessions',
    fields: ['version of the text', 'limits', 'number of failures', 'times', "Stripe's id"],
    law: 'accountability',
    why: 'How a consent to save a card came about must be shown afterwards (GDPR 7(1)).',
  },
  {
    name: 'consents',
    table: 'consents',
    fields: ['purpose', 'version of the text', 'times'],
    law: 'accountability',
    why: 'That there was a consent, and when it ended, must be shown afterwards (GDPR 5(2) and 7(1)).',
  },
  {
    name: 'reveals',
    table: 'reveals',
    fields: ['who looked, when and for which purpose', 'names of fields'],
    law: 'accountability',
    why: 'Who looked at a real name must be shown afterwards, for as long as the register keeps it (GDPR 5(2)).',
  },
  {
    name: 'disclosures',
    table: 'disclosures',
    of: 't.payer_id = $2',
    fields: ['basis', 'purpose', 'names of fields', 'times', 'hash of the package', 'keyed hash of the recipient'],
    law: 'accountability',
    why: 'That something was disclosed, and on which basis, must be shown afterwards (GDPR 5(2)).',
  },
  {
    name: 'log_of_disclosures',
    table: 'disclosure_people',
    fields: ['which disclosures the person was in', 'times'],
    law: 'accountability',
    why: 'That something was disclosed, and on which basis, must be shown afterwards (GDPR 5(2)).',
  },
  {
    name: 'inquiries',
    table: 'inquiries',
    fields: ['kind', 'status', 'times', 'language', 'which contacts there were', 'who of the company answered'],
    law: 'accountability',
    why: 'That a complaint was answered, and in time, must be shown afterwards (GDPR 5(2)).',
  },
  {
    name: 'inquiry_messages',
    table: 'inquiry_messages',
    fields: ['direction', 'who of the company answered', 'times'],
    law: 'accountability',
    why: 'That a complaint was answered, and in time, must be shown afterwards (GDPR 5(2)).',
  },
  {
    name: 'privacy_requests',
    table: 'privacy_requests',
    fields: ['kind', 'status', 'times', 'number of failures', 'who decided', 'receipt'],
    law: 'accountability',
    why: ANSWERED,
  },
  {
    name: 'identity_checks',
    table: 'identity_checks',
    fields: ['status', 'number of tries', 'times'],
    law: 'accountability',
    why: ANSWERED,
  },
  {
    name: 'identity_evidence',
    table: 'identity_evidence',
    fields: ['kind of evidence', 'kind of document', 'who recorded it', 'times'],
    law: 'accountability',
    why: ANSWERED,
  },
  {
    name: 'corrections',
    table: 'payer_history',
    fields: ['names of fields', 'who corrected them', 'times'],
    law: 'accountability',
    why: ANSWERED,
  },
  {
    name: 'mails',
    table: 'mail_outbox',
    fields: ['kind of mail', 'language', 'status', 'times'],
    law: 'accountability',
    why: 'That a person was told what they must be told must be shown afterwards (GDPR 5(2) and 12).',
  },
  {
    name: 'erasure',
    table: 'erasures',
    fields: ['steps', 'times', 'number of rows', 'receipt'],
    law: 'accountability',
    why: 'That a person was erased must be shown afterwards, and done again in a backup that is restored (GDPR 5(2)).',
  },
  {
    name: 'request_keys',
    table: 'idempotency_keys',
    fields: ['keyed hashes of requests'],
    law: 'legal_obligation',
    why: 'A request that is sent again must not move money twice; it is told that the payer is erased.',
  },
  {
    name: 'audit_log',
    table: 'audit_log',
    fields: ['who did what and when', 'ids', 'names of fields', 'keyed hash of the address'],
    law: 'legal_obligation',
    why: 'The log of access is kept at least twelve months and is never changed (PCI DSS 10.5.1, GDPR 5(2) and 32).',
  },
]
