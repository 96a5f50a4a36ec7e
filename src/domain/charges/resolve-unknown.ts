// Works off the attempts whose outcome is open and whose next look is due: unknown ones, those whose process died,
// intents that wait for the payer or for Stripe, and declined intents that are to be cancelled.
import { claimRows } from '../../queue/claim-rows.ts'
import type { Dependencies } from '../context.ts'
import { eachOf } from '../each-of.ts'
import { errorShape } from '../error-shape.ts'
import { isId } from '../ids.ts'
import { workerContext } from '../tenants/operator-context.ts'
import { stripeAccountOf } from '../tenants/stripe-account.ts'
import type { AttemptRow } from './charge.ts'
import { resolveAttempt } from './resolve-attempt.ts'

export type ResolveOptions = {
  /** Attempts looked at in this run. */
  limit: number
  /** Look at all that are open, whenever their next look is due; that takes no step of the ladder. */
  everything?: boolean
  onProgress?: (looked: number) => void
}

/** How many were looked at, and what became of them; `failed` are tried again when their lease ends. */
export type Resolved = { looked: number; settled: number; open: number; review: number; lost: number; failed: number }

/** Small enough that a batch is done before its lease of 60 s ends, Stripe being slow. */
const BATCH_MAX = 16
const AT_ONCE = 8

export async function resolveDueCharges(
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
    await eachOf(batch, AT_ONCE, async attempt => {
      const due = attempt.next_look_at !== null && attempt.next_look_at <= now
      try {
        counts[await resolveAttempt(ctx, account, { ...attempt, due })]++
      } catch (error) {
        counts.failed++
        ctx.log.error(
          { tenant: tenantId, charge: attempt.charge_id, attempt: attempt.id, ...errorShape(error) },
          'an attempt could not be looked at',
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
): Promise<AttemptRow[]> {
  if (after !== null && after !== '' && !isId('attempt', after)) throw new TypeError('not the id of an attempt')
  return claimRows<AttemptRow>(
    dependencies.db,
    tenantId,
    {
      table: 'charge_attempts',
      due: `status in ('created', 'sending', 'processing', 'requires_action', 'unknown') and ${
        after === null ? 'next_look_at <= $now' : `$now is not null and id > '${after}'`
      }`,
      columns: 't.*',
      orderBy: after === null ? 'next_look_at' : 'id',
    },
    { now: dependencies.clock.now(), wall: dependencies.clock.wall() },
    limit,
  )
}

/** How many attempts are open, and how many of them some process holds right now. */
export async function countOpenAttempts(
  { db, clock }: Pick<Dependencies, 'db' | 'clock'>,
  tenantId: string,
): Promise<{ open: number; held: number; review: number }> {
  const [row] = await db.transaction(
    tenantId,
    tx => tx.sql<{ open: number; held: number; review: number }[]>`
      select count(*) filter (where status <> 'needs_review') as open,
             count(*) filter (where status <> 'needs_review' and lease_until > ${clock.wall()}) as held,
             count(*) filter (where status = 'needs_review') as review
        from charge_attempts
       where tenant_id = ${tenantId}
         and status in ('created', 'sending', 'processing', 'requires_action', 'unknown', 'needs_review')`,
  )
  return row as { open: number; held: number; review: number }
}
