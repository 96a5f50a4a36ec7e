// Objects to the purposes that a request names, or to all that can be objected to: in force before the next charge or notice.
import type { Ctx, Tx } from '../context.ts'
import { recordObjection, requireObjectable } from '../privacy/record-objection.ts'
import { CHARGE_PURPOSE } from '../privacy/register.ts'
import { registerInForce } from '../privacy/register-in-force.ts'

export async function objectToPurposes(tx: Tx, ctx: Ctx, payerId: string, purposes: readonly string[]): Promise<void> {
  for (const purpose of purposes) await recordObjection(tx, ctx, payerId, purpose, 'request')
}

/** The mandate of a saved card ends only where it is named. @throws validation_failed for a purpose that law or contract carries */
export async function objectablePurposes(tx: Tx, named: string[] | null): Promise<string[]> {
  const register = await registerInForce(tx)
  if (named === null)
    return register.purposes
      .filter(({ basis, name }) => (basis === 'consent' || basis === 'legitimate_interest') && name !== CHARGE_PURPOSE)
      .map(({ name }) => name)
  for (const purpose of named) requireObjectable(register, purpose, '/purposes')
  return named
}
