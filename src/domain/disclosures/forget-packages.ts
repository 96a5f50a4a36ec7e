// Packages whose time is over are forgotten; what was told, to whom, and the hash stay.
import type { Ctx } from '../context.ts'

/** Rows for one statement, so that no lock is held for long. */
const BATCH = 500
/** Batches of one run; what is left waits for the next. */
const BATCHES_MAX = 100

/** How many packages were forgotten. */
export async function forgetPackages(ctx: Ctx): Promise<number> {
  const now = ctx.clock.now()
  let forgotten = 0
  for (let batch = 0; batch < BATCHES_MAX; batch++) {
    const { count } = await ctx.db.transaction(
      ctx.tenantId,
      tx => tx.sql`
        update disclosures set package_sealed = null
         where tenant_id = ${ctx.tenantId} and id in (
           select id from disclosures
            where tenant_id = ${ctx.tenantId} and package_sealed is not null and package_until <= ${now} limit ${BATCH})`,
    )
    forgotten += count
    if (count < BATCH) break
  }
  return forgotten
}
