// Registers of purposes for tests: the one in force with a change made to it, published as an operator would.
import { listRegisters } from '../../src/domain/privacy/list-registers.ts'
import { publishRegister } from '../../src/domain/privacy/publish-register.ts'
import type { Purpose, Register } from '../../src/domain/privacy/register.ts'
import { operatorContext } from '../../src/domain/tenants/operator-context.ts'
import type { World } from './world.ts'

/** Publishes the next version: the register in force as `change` leaves it. */
export async function publishChanged(
  world: World,
  change: (purposes: Purpose[]) => Purpose[],
  tenant = 'demo',
): Promise<Register> {
  const ctx = operatorContext(world.dependencies, tenant, 'test')
  const [current] = await listRegisters(ctx)
  if (!current) throw new Error('There is no register.')
  return publishRegister(ctx, {
    version: current.version + 1,
    purposes: change(structuredClone(current.purposes)),
  })
}

/** A change of the one purpose of a name. */
export const changing =
  (name: string, change: (purpose: Purpose) => Purpose) =>
  (purposes: Purpose[]): Purpose[] =>
    purposes.map(purpose => (purpose.name === name ? change(purpose) : purpose))

export const withoutField =
  (field: Purpose['fields'][number]) =>
  (purposes: Purpose[]): Purpose[] =>
    purposes.map(purpose => ({ ...purpose, fields: purpose.fields.filter(one => one !== field) }))
