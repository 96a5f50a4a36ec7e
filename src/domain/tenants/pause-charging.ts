// The brake of a tenant: once it has answered, no charge is reserved until charging is resumed.
import type { Ctx, Tx } from '../context.ts'
import { notFound } from '../errors.ts'
import { requireScope } from '../permissions.ts'
import { write } from '../write.ts'

/** Since when charging is paused; null while it runs. */
export type ChargingState = { charging_paused_at: string | null }

/** Pausing twice keeps the first time. @throws insufficient_scope, not_found */
export async function pauseCharging(ctx: Ctx): Promise<ChargingState> {
  requireScope(ctx, 'admin')
  return write(ctx, async tx => {
    // charge_reserve holds this lock shared until it commits: whoever read the policy before us is waited for.
    await lockCharging(tx)
    const [row] = await tx.sql<{ paused: Date }[]>`
      update tenants set charging_paused_at = coalesce(charging_paused_at, ${ctx.clock.now()}), updated_at = ${ctx.clock.now()}
       where id = ${ctx.tenantId} returning charging_paused_at as paused`
    if (!row) throw notFound()
    return {
      value: { charging_paused_at: row.paused.toISOString() },
      audit: { action: 'tenant.pause-charging', object: { type: 'tenant', id: ctx.tenantId } },
    }
  })
}

/** The lock that orders reserving against pausing, held until the transaction ends. */
export async function lockCharging(tx: Tx): Promise<void> {
  await tx.sql`select pg_advisory_xact_lock(hashtextextended(${`charging:${tx.tenantId}`}, 0))`
}
