// Failed attempts to save a card count against card testing for a while, and are forgotten after it.
import type { Ctx } from '../context.ts'

/** Longer than the longest window that can be configured, which is a day. */
const KEPT_MS = 2 * 86_400_000
const BATCH = 5_000
const BATCHES_MAX = 200

export async function forgetTokenizeFailures(ctx: Ctx): Promise<number> {
  const before = new Date(Math.min(ctx.clock.now().getTime(), ctx.clock.wall().getTime()) - KEPT_MS)
  let forgotten = 0
  for (let batch = 0; batch < BATCHES_MAX; batch++) {
    const { count } = await ctx.db.transaction(
      ctx.tenantId,
      tx => tx.sql`
        delete from tokenize_failures
         where tenant_id = ${ctx.tenantId} and id in (
           select id from tokenize_failures
            where tenant_id = ${ctx.tenantId} and failed_at < ${before} limit ${BATCH})`,
    )
    forgotten += count
    if (count < BATCH) break
  }
  return forgotten
}
