// A field that no purpose covers cannot be stored.
import type { Ctx, Tx } from '../context.ts'
import { DomainError } from '../errors.ts'
import type { PersonalField } from './personal-fields.ts'
import { coveredFields, type Register } from './register.ts'
import { recentRegister, registerInForce } from './register-in-force.ts'

/** Where in the request each personal field came from, as JSON pointers. */
export type StoredFields = Partial<Record<PersonalField, string>>

/** Judged by the register in force, which cannot change before the transaction ends. @throws field_without_purpose */
export async function requireFieldsCovered(tx: Tx, fields: StoredFields): Promise<void> {
  if (Object.keys(fields).length > 0) refuseUncovered(await registerInForce(tx), fields)
}

/** The same for hot writes, by a register that may be a few seconds old. @throws field_without_purpose */
export async function requireFieldsCoveredLately(ctx: Ctx, fields: StoredFields): Promise<void> {
  if (Object.keys(fields).length > 0) refuseUncovered(await recentRegister(ctx), fields)
}

/** @throws field_without_purpose */
export function refuseUncovered(register: Register, fields: StoredFields): void {
  const covered = coveredFields(register)
  const errors = Object.entries(fields)
    .filter(([field]) => !covered.has(field))
    .map(([, pointer]) => ({
      pointer,
      code: 'no_purpose',
      detail: 'is covered by no purpose of the register in force',
    }))
  if (errors.length === 0) return
  throw new DomainError(
    'field_without_purpose',
    'A field that no purpose covers is not stored. Leave it out, or publish a register with a purpose for it.',
    { errors },
  )
}
