// What was written in inquiries that were closed long ago, as the register says, is forgotten: the key of their own is destroyed, and what was
// sealed with it or with a payer's key goes. That there was an inquiry, and how it went, stays.
import type { Ctx } from '../context.ts'
import { daysKept, recentRegister } from '../privacy/register-in-force.ts'

const DAY_MS = 86_400_000
/** Rows for one statement, so that no lock is held for long. */
const BATCH = 500
const BATCHES_MAX = 100

/** How many inquiries were emptied. */
export async function forgetInquiries(ctx: Ctx): Promise<number> {
  const days = daysKept(await recentRegister(ctx), 'inquiries') as number
  const before = new Date(ctx.clock.now().getTime() - days * DAY_MS)
  let forgotten = 0
  for (let batch = 0; batch < BATCHES_MAX; batch++) {
    const count = await ctx.db.transaction(ctx.tenantId, async ({ sql }) => {
      const emptied = await sql<{ id: string }[]>`
        update inquiries set contact_sealed = null, wrapped_key = null, key_version = null, address_hash = null
         where tenant_id = ${ctx.tenantId} and id in (
           select id from inquiries
            where tenant_id = ${ctx.tenantId} and closed_at < ${before} and contact_sealed is not null limit ${BATCH})
        returning id`
      await sql`
        update inquiry_messages set body_sealed = null
         where tenant_id = ${ctx.tenantId} and inquiry_id = any (${emptied.map(({ id }) => id)})`
      return emptied.length
    })
    forgotten += count
    if (count < BATCH) break
  }
  return forgotten
}
