// Objects to the purposes that a request names, or to all that can be objected to: in force before the next charge or notice.
import type { Ctx, Tx } from '../context.ts'
import { recordObjection } from '../privacy/record-objection.ts'
import { CHARGE_PURPOSE } from '../privacy/register.ts'
import { registerInForce } from '../privacy/register-in-force.ts'

/** The mandate of a saved card ends only where it is named. @throws validation_failed for a purpose that law or contract carries */
export async function objectToPurposes(tx: Tx, ctx: Ctx, payerId: string, named: string[] | null): Promise<void> {
  for (const purpose of named ?? (await objectable(tx))) await recordObjection(tx, ctx, payerId, purpose, 'request')
}

async function objectable(tx: Tx): Promise<string[]> {
  const { purposes } = await registerInForce(tx)
  return purposes
    .filter(({ basis, name }) => (basis === 'consent' || basis === 'legitimate_interest') && name !== CHARGE_PURPOSE)
    .map(({ name }) => name)
}
