// Every day the week behind is reconciled again: what came late or changed since is seen.
import type { Ctx } from '../context.ts'
import { write } from '../write.ts'
import { insertReconciliation, startedAudit } from './start-reconciliation.ts'

/** A disputed, failed or late row shows within this time as a rule. */
const DAYS_BACK = 8
const DAY_MS = 86_400_000

/** Makes the row and its job in one transaction. */
export async function startDailyReconciliation(ctx: Ctx): Promise<void> {
  const now = ctx.clock.now()
  const stretch = { from: new Date(now.getTime() - DAYS_BACK * DAY_MS), to: now }
  await write(ctx, async tx => {
    const row = await insertReconciliation(tx, ctx, stretch, 'queued')
    await ctx.queue.enqueue(tx, 'run-reconciliation', { tenantId: ctx.tenantId, reconciliationId: row.id })
    return { value: null, audit: startedAudit(row) }
  })
}
