// Looks at rows whose outcome is open, in leased batches; attempts and refunds are worked off by the same loop.
import { claimRows } from '../../queue/claim-rows.ts'
import type { StripeAccount } from '../../stripe/gateway.ts'
import type { Ctx, Dependencies } from '../context.ts'
import { eachOf } from '../each-of.ts'
import { errorShape } from '../error-shape.ts'
import { isId } from '../ids.ts'
import { workerContext } from '../tenants/operator-context.ts'
import { stripeAccountOf } from '../tenants/stripe-account.ts'

export type ResolveOptions = {
  /** Rows looked at in this run. */
  limit: number
  /** Look at all that are open, whenever their next look is due; that takes no step of the ladder. */
  everything?: boolean
  onProgress?: (looked: number) => void
}

/** How many were looked at, and what became of them; `failed` are tried again when their lease ends. */
export type Resolved = { looked: number; settled: number; open: number; review: number; lost: number; failed: number }

type OpenRow = { id: string; charge_id: string; next_look_at: Date | null }

export type OpenRows<Row extends OpenRow> = {
  table: 'charge_attempts' | 'refunds'
  kind: 'attempt' | 'refund'
  /** SQL that says which rows are open. */
  open: string
  resolve(
    ctx: Ctx,
    account: StripeAccount,
    row: Row & { due: boolean },
  ): Promise<Exclude<keyof Resolved, 'looked' | 'failed'>>
}

/** Small enough that a batch is done before its lease of 60 s ends, Stripe being slow. */
const BATCH_MAX = 16
const AT_ONCE = 8

export async function lookAtOpen<Row extends OpenRow>(
  dependencies: Dependencies,
  tenantId: string,
  rows: OpenRows<Row>,
  { limit, everything = false, onProgress }: ResolveOptions,
): Promise<Resolved> {
  const ctx = workerContext(dependencies, tenantId)
  const counts: Resolved = { looked: 0, settled: 0, open: 0, review: 0, lost: 0, failed: 0 }
  let after = ''
  while (counts.looked < limit) {
    const batch = await claim(ctx, rows, everything ? after : null, Math.min(BATCH_MAX, limit - counts.looked))
    if (batch.length === 0) break
    after = batch.reduce((last, { id }) => (id > last ? id : last), after)
    const account = await stripeAccountOf(ctx)
    const now = ctx.clock.now()
    await eachOf(batch, AT_ONCE, async row => {
      const due = row.next_look_at !== null && row.next_look_at <= now
      try {
        counts[await rows.resolve(ctx, account, { ...row, due })]++
      } catch (error) {
        counts.failed++
        const named = { tenant: tenantId, charge: row.charge_id, [rows.kind]: row.id }
        ctx.log.error({ ...named, ...errorShape(error) }, `an open ${rows.kind} could not be looked at`)
      }
      counts.looked++
      onProgress?.(counts.looked)
    })
  }
  return counts
}

/** With `after`, all that are open, in the order of their ids; else those that are due. */
function claim<Row extends OpenRow>(
  ctx: Ctx,
  rows: OpenRows<Row>,
  after: string | null,
  limit: number,
): Promise<Row[]> {
  if (after !== null && after !== '' && !isId(rows.kind, after)) throw new TypeError(`not the id of a ${rows.kind}`)
  const when = after === null ? 'next_look_at <= $now' : `$now is not null and id > '${after}'`
  return claimRows<Row>(
    ctx.db,
    ctx.tenantId,
    {
      table: rows.table,
      due: `${rows.open} and ${when}`,
      columns: 't.*',
      orderBy: after === null ? 'next_look_at' : 'id',
    },
    { now: ctx.clock.now(), wall: ctx.clock.wall() },
    limit,
  )
}
