// The registers that a tenant has had, newest first, for its operator.
import type { Ctx } from '../context.ts'
import { requireScope } from '../permissions.ts'
import { read } from '../write.ts'
import { BUILT_IN_REGISTER } from './built-in-register.ts'
import { type RegisterInForce, type RegisterRow, registerOfRow } from './register-in-force.ts'

/** A register changes with the policy, a few times a year. */
const REGISTERS_MAX = 500

/** @throws insufficient_scope */
export async function listRegisters(ctx: Ctx): Promise<RegisterInForce[]> {
  requireScope(ctx, 'admin')
  const rows = await read(
    ctx,
    tx => tx.sql<RegisterRow[]>`
      select version, document, created_at from purpose_registers
       where tenant_id = ${ctx.tenantId} order by version desc limit ${REGISTERS_MAX}`,
  )
  return [...rows.map(registerOfRow), { ...BUILT_IN_REGISTER, publishedAt: null }]
}
