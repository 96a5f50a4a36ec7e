// Sessions that are over are kept for a month and then forgotten; the audit log keeps who signed in when.
import type { Ctx } from '../context.ts'

const KEPT_MS = 30 * 86_400_000
const BATCH = 2_000
const BATCHES_MAX = 200

export async function forgetStaffSessions(ctx: Ctx): Promise<number> {
  const before = new Date(ctx.clock.wall().getTime() - KEPT_MS)
  let forgotten = 0
  for (let batch = 0; batch < BATCHES_MAX; batch++) {
    const { count } = await ctx.db.transaction(
      ctx.tenantId,
      tx => tx.sql`
        delete from staff_sessions
         where tenant_id = ${ctx.tenantId} and id in (
           select id from staff_sessions
            where tenant_id = ${ctx.tenantId} and coalesce(ended_at, expires_at) < ${before} limit ${BATCH})`,
    )
    forgotten += count
    if (count < BATCH) break
  }
  return forgotten
}
