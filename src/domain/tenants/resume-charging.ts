// Lets a tenant charge again.
import type { Ctx } from '../context.ts'
import { notFound } from '../errors.ts'
import { requireScope } from '../permissions.ts'
import { write } from '../write.ts'
import { type ChargingState, lockCharging } from './pause-charging.ts'

/** @throws insufficient_scope, not_found */
export async function resumeCharging(ctx: Ctx): Promise<ChargingState> {
  requireScope(ctx, 'admin')
  return write(ctx, async tx => {
    await lockCharging(tx)
    const [row] = await tx.sql`
      update tenants set charging_paused_at = null, updated_at = ${ctx.clock.now()}
       where id = ${ctx.tenantId} returning id`
    if (!row) throw notFound()
    return {
      value: { charging_paused_at: null },
      audit: { action: 'tenant.resume-charging', object: { type: 'tenant', id: ctx.tenantId } },
    }
  })
}
