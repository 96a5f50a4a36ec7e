// Whether a purpose carries a disclosure: it rests on the basis that is claimed, and covers every field.
import type { Tx } from '../context.ts'
import { registerInForce } from '../privacy/register-in-force.ts'
import { covering, purposeNotAllowed } from '../privacy/require-purpose.ts'
import { DISCLOSURE_FIELDS, type DisclosureField } from './disclosure-fields.ts'

/** @throws purpose_not_allowed */
export async function requireCovered(
  tx: Tx,
  purpose: string,
  basis: 'consent' | 'law',
  fields: readonly DisclosureField[],
): Promise<void> {
  const names = fields.flatMap(field => DISCLOSURE_FIELDS[field])
  const known = covering(await registerInForce(tx), purpose, names)
  if (known.basis !== basis) throw purposeNotAllowed(`This purpose does not rest on ${basis}.`)
}

/** A cohort asks nobody, so what rests on each person's consent cannot carry it. @throws purpose_not_allowed */
export async function requireCohortPurpose(tx: Tx, purpose: string): Promise<void> {
  const { basis } = covering(await registerInForce(tx), purpose, [])
  if (basis === 'consent') throw purposeNotAllowed('This purpose rests on the consent of each person.')
}
