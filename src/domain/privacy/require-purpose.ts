// Whether personal data of one person may be read for a purpose: the gate that every reader passes.
import type { Tx } from '../context.ts'
import { DomainError } from '../errors.ts'
import type { PersonalField } from './personal-fields.ts'
import { type Purpose, purposeNamed, type Register } from './register.ts'
import { registerInForce } from './register-in-force.ts'

/** What a read rests on, for its record. */
export type Cover = {
  purpose: string
  basis: Purpose['basis']
  /** The living consent; null for every other basis. */
  consentId: string | null
  registerVersion: number
}

/**
 * Passes when the register in force has the purpose, it covers the fields, and what it rests on holds for this person:
 * a consent must be living, a legitimate interest not objected to. Holds until the transaction ends. Somebody who is no payer
 * (null) has neither consented nor objected.
 * @throws purpose_not_allowed
 */
export async function requirePurpose(
  tx: Tx,
  payerId: string | null,
  purpose: string,
  fields: readonly PersonalField[],
): Promise<Cover> {
  const register = await registerInForce(tx)
  const found = covering(register, purpose, fields)
  const cover = { purpose, basis: found.basis, consentId: null, registerVersion: register.version }
  if (found.basis === 'contract' || found.basis === 'law') return cover
  if (found.basis === 'consent') return { ...cover, consentId: await livingConsent(tx, payerId, purpose) }
  // An objection locks the payer: it is answered after the reads under way, and in force for all later ones.
  await tx.sql`select 1 from payers where tenant_id = ${tx.tenantId} and id = ${payerId} for share`
  const [objected] = await tx.sql`
    select 1 from objections where tenant_id = ${tx.tenantId} and payer_id = ${payerId} and purpose = ${purpose}`
  if (objected) throw purposeNotAllowed('The payer has objected to this purpose.')
  return cover
}

/** For a read of people who are not known yet: only a contract or a law can carry it. @throws purpose_not_allowed */
export async function requireGeneralPurpose(tx: Tx, purpose: string, fields: readonly PersonalField[]): Promise<void> {
  const { basis } = covering(await registerInForce(tx), purpose, fields)
  if (basis !== 'contract' && basis !== 'law')
    throw purposeNotAllowed('This purpose rests on the will of each person, so it allows no search.')
}

/** The purpose, when the register has it and it covers the fields. @throws purpose_not_allowed */
export function covering(register: Register, purpose: string, fields: readonly PersonalField[]): Purpose {
  const found = purposeNamed(register, purpose)
  if (!found) throw purposeNotAllowed('This purpose is not in the register of purposes.')
  if (fields.some(field => !found.fields.includes(field)))
    throw purposeNotAllowed('This purpose does not cover every field asked for.')
  return found
}

/** Locked, so that its withdrawal is answered after this read or comes before it. */
async function livingConsent(tx: Tx, payerId: string | null, purpose: string): Promise<string> {
  const [consent] = await tx.sql<{ id: string }[]>`
    select id from consents
     where tenant_id = ${tx.tenantId} and payer_id = ${payerId} and purpose = ${purpose} and withdrawn_at is null
     order by created_at desc limit 1 for share`
  if (!consent) throw purposeNotAllowed('The payer has given no consent to this purpose, or has withdrawn it.')
  return consent.id
}

export const purposeNotAllowed = (detail: string) => new DomainError('purpose_not_allowed', detail)
