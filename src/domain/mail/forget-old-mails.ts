// Whom a mail went to is kept for a while, and what it said not at all.
import type { Ctx } from '../context.ts'

/** Long enough to answer "was I written to", as an access request asks. */
const KEPT_MS = 365 * 86_400_000
/** Rows for one statement, so that no lock is held for long. */
const BATCH = 2_000
const BATCHES_MAX = 100

/** How many were scrubbed; the rows stay, with template, time and outcome. */
export async function forgetOldMails(ctx: Ctx): Promise<number> {
  const before = new Date(ctx.clock.now().getTime() - KEPT_MS)
  let scrubbed = 0
  for (let batch = 0; batch < BATCHES_MAX; batch++) {
    const { count } = await ctx.db.transaction(
      ctx.tenantId,
      tx => tx.sql`
        update mail_outbox set recipient_sealed = null, wrapped_key = null, key_version = null
         where tenant_id = ${ctx.tenantId} and id in (
           select id from mail_outbox
            where tenant_id = ${ctx.tenantId} and finished_at < ${before} and recipient_sealed is not null
            limit ${BATCH})`,
    )
    scrubbed += count
    if (count < BATCH) break
  }
  return scrubbed
}
