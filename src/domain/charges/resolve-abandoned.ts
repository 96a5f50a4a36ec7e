// When a request is sent again after its first process died, its charge is looked at there and then.
import type { Ctx } from '../context.ts'
import { LEASE_MS } from '../idempotency/keys.ts'
import { workerContext } from '../tenants/operator-context.ts'
import { stripeAccountOf } from '../tenants/stripe-account.ts'
import type { AttemptRow } from './charge.ts'
import { resolveAttempt } from './resolve-attempt.ts'

/** Does nothing while the attempt is being sent by a process that lives, or when nothing about the charge is open. */
export async function resolveAbandoned(ctx: Ctx, chargeId: string): Promise<void> {
  const now = ctx.clock.now()
  const wall = ctx.clock.wall()
  const lease = new Date(wall.getTime() + LEASE_MS)
  const [attempt] = await ctx.db.transaction(
    ctx.tenantId,
    tx => tx.sql<AttemptRow[]>`
      update charge_attempts set lease_until = ${lease}
       where tenant_id = ${ctx.tenantId} and charge_id = ${chargeId} and status in ('sending', 'unknown')
         and (lease_until is null or lease_until < ${wall})
      returning *`,
  )
  if (!attempt) return
  const worker = { ...workerContext(ctx, ctx.tenantId), requestId: ctx.requestId }
  await resolveAttempt(worker, await stripeAccountOf(ctx), {
    ...attempt,
    due: attempt.next_look_at === null || attempt.next_look_at <= now,
  })
}
