// Has the mirror read soon: Stripe says of a charge that it has its balance line, and sends no event for the line itself.
import type { Ctx } from '../context.ts'

/** Long enough to gather the lines of many charges into one read. */
const SOON_MS = 30_000

/** Only ever brings the next read nearer. */
export async function hastenMirror(ctx: Ctx): Promise<void> {
  const soon = new Date(ctx.clock.now().getTime() + SOON_MS)
  await ctx.db.transaction(
    ctx.tenantId,
    tx => tx.sql`
      update scheduled_tasks set due_at = ${soon}
       where tenant_id = ${ctx.tenantId} and task = 'sync-stripe-mirror' and due_at > ${soon}`,
  )
}
