// Replies are kept for 30 days. After that a key that moved money keeps its hash and its object's id for ever, and any
// other key is forgotten.
import type { Ctx } from '../context.ts'

/** api.md, "Conventions". Wall time, as the keys' own. */
const KEPT_MS = 30 * 86_400_000
/** Rows for one statement, so that no lock is held for long. */
const BATCH = 2_000
/** Batches of one run; what is left waits for the next. */
const BATCHES_MAX = 500

/** How many replies were cleared, and how many keys forgotten. */
export async function forgetOldReplies(ctx: Ctx): Promise<{ cleared: number; forgotten: number }> {
  const before = new Date(ctx.clock.wall().getTime() - KEPT_MS)
  const cleared = await inBatches(() =>
    ctx.db.transaction(
      ctx.tenantId,
      tx => tx.sql`
        update idempotency_keys set reply_sealed = null, reply_status = null
         where tenant_id = ${ctx.tenantId} and key_hash in (
           select key_hash from idempotency_keys
            where tenant_id = ${ctx.tenantId} and created_at < ${before} and moves_money and object_id is not null
              and status = 'done' and reply_sealed is not null limit ${BATCH})`,
    ),
  )
  const forgotten = await inBatches(() =>
    ctx.db.transaction(
      ctx.tenantId,
      tx => tx.sql`
        delete from idempotency_keys
         where tenant_id = ${ctx.tenantId} and key_hash in (
           select key_hash from idempotency_keys
            where tenant_id = ${ctx.tenantId} and created_at < ${before} and not (moves_money and object_id is not null)
            limit ${BATCH})`,
    ),
  )
  return { cleared, forgotten }
}

async function inBatches(run: () => Promise<{ count: number }>): Promise<number> {
  let rows = 0
  for (let batch = 0; batch < BATCHES_MAX; batch++) {
    const { count } = await run()
    rows += count
    if (count < BATCH) break
  }
  return rows
}
