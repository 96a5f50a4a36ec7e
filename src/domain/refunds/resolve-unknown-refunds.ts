// Works off the refunds whose outcome is open and whose next look is due.
import { claimRows } from '../../queue/claim-rows.ts'
import type { Resolved, ResolveOptions } from '../charges/resolve-unknown.ts'
import type { Dependencies } from '../context.ts'
import { eachOf } from '../each-of.ts'
import { errorShape } from '../error-shape.ts'
import { isId } from '../ids.ts'
import { workerContext } from '../tenants/operator-context.ts'
import { stripeAccountOf } from '../tenants/stripe-account.ts'
import type { RefundRow } from './refund.ts'
import { resolveRefund } from './resolve-refund.ts'

/** Small enough that a batch is done before its lease of 60 s ends, Stripe being slow. */
const BATCH_MAX = 16
const AT_ONCE = 8

export async function resolveDueRefunds(
  dependencies: Dependencies,
  tenantId: string,
  { limit, everything = false, onProgress }: ResolveOptions,
): Promise<Resolved> {
  const ctx = workerContext(dependencies, tenantId)
  const counts: Resolved = { looked: 0, settled: 0, open: 0, review: 0, lost: 0, failed: 0 }
  let after = ''
  while (counts.looked < limit) {
    const batch = await claim(
      dependencies,
      tenantId,
      everything ? after : null,
      Math.min(BATCH_MAX, limit - counts.looked),
    )
    if (batch.length === 0) break
    after = batch.reduce((last, { id }) => (id > last ? id : last), after)
    const account = await stripeAccountOf(ctx)
    const now = ctx.clock.now()
    await eachOf(batch, AT_ONCE, async refund => {
      const due = refund.next_look_at !== null && refund.next_look_at <= now
      try {
        counts[await resolveRefund(ctx, account, { ...refund, due })]++
      } catch (error) {
        counts.failed++
        ctx.log.error(
          { tenant: tenantId, charge: refund.charge_id, refund: refund.id, ...errorShape(error) },
          'a refund could not be looked at',
        )
      }
      counts.looked++
      onProgress?.(counts.looked)
    })
  }
  return counts
}

/** With `after`, all that are open, in the order of their ids; else those that are due. */
function claim(
  dependencies: Dependencies,
  tenantId: string,
  after: string | null,
  limit: number,
): Promise<RefundRow[]> {
  if (after !== null && after !== '' && !isId('refund', after)) throw new TypeError('not the id of a refund')
  return claimRows<RefundRow>(
    dependencies.db,
    tenantId,
    {
      table: 'refunds',
      due: `status in ('sending', 'unknown', 'pending') and ${
        after === null ? 'next_look_at <= $now' : `$now is not null and id > '${after}'`
      }`,
      columns: 't.*',
      orderBy: after === null ? 'next_look_at' : 'id',
    },
    { now: dependencies.clock.now(), wall: dependencies.clock.wall() },
    limit,
  )
}
