// Whether a purpose carries a disclosure: it rests on the basis that is claimed, and covers every field.
import type { Tx } from '../context.ts'
import { DomainError } from '../errors.ts'
import { purposeNamed } from '../privacy/register.ts'
import { registerInForce } from '../privacy/register-in-force.ts'
import { DISCLOSURE_FIELDS, type DisclosureField } from './disclosure-fields.ts'

/** @throws purpose_not_allowed */
export async function requireCovered(
  tx: Tx,
  purpose: string,
  basis: 'consent' | 'law',
  fields: readonly DisclosureField[],
): Promise<void> {
  const known = purposeNamed(await registerInForce(tx), purpose)
  if (!known) throw notAllowed('This purpose is not in the register of purposes.')
  if (known.basis !== basis) throw notAllowed(`This purpose does not rest on ${basis}.`)
  if (fields.some(field => DISCLOSURE_FIELDS[field].some(name => !known.fields.includes(name)))) {
    throw notAllowed('This purpose does not cover every field asked for.')
  }
}

/** A cohort asks nobody, so what rests on each person's consent cannot carry it. @throws purpose_not_allowed */
export async function requireCohortPurpose(tx: Tx, purpose: string): Promise<void> {
  const known = purposeNamed(await registerInForce(tx), purpose)
  if (!known) throw notAllowed('This purpose is not in the register of purposes.')
  if (known.basis === 'consent') throw notAllowed('This purpose rests on the consent of each person.')
}

export const notAllowed = (detail: string) => new DomainError('purpose_not_allowed', detail)
