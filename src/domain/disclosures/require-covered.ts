// Whether a purpose carries a disclosure: it rests on the basis that is claimed, and covers every field.
import type { Tx } from '../context.ts'
import { DomainError } from '../errors.ts'
import { isPurpose, PURPOSES, type Purpose } from '../payers/purposes.ts'
import { DISCLOSURE_FIELDS, type DisclosureField } from './disclosure-fields.ts'

/** @throws purpose_not_allowed */
export async function requireCovered(
  _tx: Tx,
  purpose: string,
  basis: 'consent' | 'law' | null,
  fields: readonly DisclosureField[],
): Promise<void> {
  const known: Purpose | null = isPurpose(purpose) ? PURPOSES[purpose] : null
  if (!known) throw notAllowed('This purpose is not on the list of purposes.')
  if (basis !== null && known.basis !== basis) throw notAllowed(`This purpose does not rest on ${basis}.`)
  const covered: readonly string[] = known.fields
  if (fields.some(field => DISCLOSURE_FIELDS[field].some(name => !covered.includes(name.replace('payer.', ''))))) {
    throw notAllowed('This purpose does not cover every field asked for.')
  }
}

export const notAllowed = (detail: string) => new DomainError('purpose_not_allowed', detail)
