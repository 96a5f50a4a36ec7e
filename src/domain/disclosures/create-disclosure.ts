// Tells somebody outside about a person or a cohort: with consent, because the law asks, or so that nobody can be known.
// There is no other basis, and no other way out of the database.
import { z } from 'zod'
import type { Ctx } from '../context.ts'
import { invalidField } from '../errors.ts'
import { type Answer, idempotentRequest } from '../idempotency/request.ts'
import { parseInput } from '../parse-input.ts'
import { requirePermission } from '../permissions.ts'
import { COHORT_COLUMN_NAMES, type CohortColumnName } from './cohort-columns.ts'
import { discloseCohort } from './disclose-cohort.ts'
import { disclosePerson } from './disclose-person.ts'
import { type DisclosureView, lawRefSchema, PACKAGE_FORMATS } from './disclosure.ts'
import { DISCLOSURE_FIELD_NAMES, type DisclosureField } from './disclosure-fields.ts'
import { cohortInput } from './load-cohort.ts'

const FIELD_NAMES = [...DISCLOSURE_FIELD_NAMES, ...COHORT_COLUMN_NAMES] as const

export const createDisclosureInput = z.strictObject({
  payer: z.string().min(1).max(64).optional().describe('About whom; for `consent` and `law`.'),
  cohort: cohortInput.optional().describe('About whom; for `deidentified`.'),
  recipient: z.string().trim().min(1).max(200).describe('Who gets it. Sealed.'),
  basis: z.enum(['consent', 'law', 'deidentified']),
  basis_ref: z
    .union([z.string().trim().min(1).max(200), lawRefSchema])
    .nullable()
    .optional()
    .describe(
      'For `consent` the id of a living consent; for `law` an object with authority, reference and document_sha256; for `deidentified`, if you like, a reference of your own.',
    ),
  purpose: z
    .string()
    .min(1)
    .max(40)
    .optional()
    .describe("Of the register. Without it: the consent's, `legal_request`, or `service_improvement`."),
  fields: z
    .array(z.enum(FIELD_NAMES))
    .min(1)
    .max(FIELD_NAMES.length)
    .describe(
      `About a person: ${DISCLOSURE_FIELD_NAMES.join(', ')}. About a cohort: ${COHORT_COLUMN_NAMES.join(', ')}.`,
    ),
  format: z.enum(PACKAGE_FORMATS).default('json').describe('`ndjson` and `csv` for a cohort alone.'),
})

export type DisclosureWish = z.output<typeof createDisclosureInput>

/**
 * @throws insufficient_scope, validation_failed, not_found (of the payer or the consent), payer_erased,
 * consent_withdrawn, purpose_not_allowed, not_deidentified, idempotency_mismatch, idempotency_in_progress
 */
export async function createDisclosure(ctx: Ctx, input: unknown): Promise<Answer<DisclosureView>> {
  requirePermission(ctx, 'createDisclosure')
  idempotentRequest(ctx)
  const wish = parseInput(createDisclosureInput, input)
  if (new Set(wish.fields).size < wish.fields.length) throw invalidField('/fields', 'must not name a field twice')
  if (wish.basis === 'deidentified') {
    const { cohort, basis_ref: reference } = wish
    if (wish.payer !== undefined) throw invalidField('/payer', 'is one person: a cohort is what can be de-identified')
    if (cohort === undefined) throw invalidField('/cohort', 'is required for this basis', 'required')
    if (typeof reference === 'object' && reference !== null)
      throw invalidField('/basis_ref', 'must be a text for this basis')
    const columns = fieldsAmong(wish, COHORT_COLUMN_NAMES, 'is not a field of a cohort')
    return discloseCohort(ctx, { ...wish, cohort, reference: reference ?? null, columns })
  }
  if (wish.cohort !== undefined) throw invalidField('/cohort', 'is for the basis deidentified')
  if (wish.payer === undefined) throw invalidField('/payer', 'is required for this basis', 'required')
  if (wish.format !== 'json') throw invalidField('/format', 'must be json for one person')
  const fields = fieldsAmong(wish, DISCLOSURE_FIELD_NAMES, 'is not a field of a person')
  return disclosePerson(ctx, { ...wish, payer: wish.payer, fields, ground: groundOf(wish) })
}

/** What carries a disclosure about a person. */
export type Ground = { basis: 'consent'; consentId: string } | { basis: 'law'; law: z.output<typeof lawRefSchema> }

function groundOf({ basis, basis_ref: ref }: DisclosureWish): Ground {
  if (ref === undefined || ref === null) throw invalidField('/basis_ref', 'is required for this basis', 'required')
  if (basis === 'consent') {
    if (typeof ref !== 'string') throw invalidField('/basis_ref', 'must be the id of a consent')
    return { basis, consentId: ref }
  }
  if (typeof ref === 'string')
    throw invalidField('/basis_ref', 'must be an object with authority, reference and document_sha256')
  return { basis: 'law', law: ref }
}

function fieldsAmong<Name extends DisclosureField | CohortColumnName>(
  { fields }: DisclosureWish,
  names: readonly Name[],
  fault: string,
): Name[] {
  const stranger = fields.findIndex(field => !(names as readonly string[]).includes(field))
  if (stranger >= 0) throw invalidField(`/fields/${stranger}`, fault)
  return fields as Name[]
}
