// What shows that a person is who they say, as a table: a code to the contact on file and one more piece of evidence.

export const EVIDENCE_KINDS = ['contact_code', 'last_payment_amount', 'signed_in_session', 'document_seen'] as const
export type EvidenceKind = (typeof EVIDENCE_KINDS)[number]

export const DOCUMENT_KINDS = ['passport', 'national_id', 'driving_licence', 'residence_card'] as const
export type DocumentKind = (typeof DOCUMENT_KINDS)[number]

/**
 * Each of the first, with any one of the second. Where no code can be sent, a document that staff saw takes its place, and
 * then a second person decides whatever the request asks for.
 */
const WAYS: readonly { all: EvidenceKind; oneOf: readonly EvidenceKind[]; secondPerson: boolean }[] = [
  { all: 'contact_code', oneOf: ['last_payment_amount', 'signed_in_session', 'document_seen'], secondPerson: false },
  { all: 'document_seen', oneOf: ['last_payment_amount', 'signed_in_session'], secondPerson: true },
]

/** Tries of one code; sends of a day for one request or contact; failures of one request, and of a contact or address in a day. */
export const ATTEMPTS_PER_CODE = 5
export const SENDS_PER_DAY = 3
export const FAILURES_PER_REQUEST = 15
export const ATTEMPTS_PER_CONTACT = 15
export const ATTEMPTS_PER_ADDRESS = 30
/** Requests of a day that one contact or one address may make at the public form. */
export const REQUESTS_PER_DAY = 5
/** More than this at one tenant's form is a flood from many addresses; who asks then is asked to come back. */
export const REQUESTS_PER_TENANT_AND_HOUR = 500

const wayOf = (evidence: readonly EvidenceKind[]) =>
  WAYS.find(({ all, oneOf }) => evidence.includes(all) && oneOf.some(kind => evidence.includes(kind)))

export const isVerifiedBy = (evidence: readonly EvidenceKind[]): boolean => wayOf(evidence) !== undefined

/** Kinds of which any one would complete what is there; those that open the usual way while there is nothing yet. */
export function evidenceNeeded(evidence: readonly EvidenceKind[]): readonly EvidenceKind[] {
  if (isVerifiedBy(evidence)) return []
  const begun = WAYS.find(({ all }) => evidence.includes(all))
  if (begun) return begun.oneOf
  return evidence.length > 0 ? WAYS.map(({ all }) => all) : ['contact_code']
}

/** By which law or by how weak a check a second person has to agree. */
export const needsSecondPerson = (kind: string, evidence: readonly EvidenceKind[]): boolean =>
  kind === 'erase' || wayOf(evidence)?.secondPerson === true
