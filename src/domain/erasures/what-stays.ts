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

export const WHAT_STAYS: readonly Kept[] = [
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
    name: 'inquiries',
    table: 'inquiries',
    fields: ['kind', 'status', 'times', 'which contacts there were'],
    law: 'accountability',
    why: 'That a complaint was answered, and in time, must be shown afterwards (GDPR 5(2)).',
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
