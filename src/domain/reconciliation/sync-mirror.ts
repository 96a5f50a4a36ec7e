// Mirrors Stripe's balance transactions and payouts: incrementally by the worker, and whole for a stretch of time that
// is being reconciled.
import type { StripeBalanceTransaction, StripePayout } from '../../stripe/balance-objects.ts'
import type { StripeAccount } from '../../stripe/gateway.ts'
import type { Ctx } from '../context.ts'
import { stripeAccountOf } from '../tenants/stripe-account.ts'
import { listPayoutRows } from './list-payout-rows.ts'
import { dropFeed, type Feed, FeedBusy, type FeedProgress, readFeed, type Stretch } from './read-feed.ts'
import { storeBalanceTransactions } from './store-balance-transactions.ts'
import { storePayouts } from './store-payouts.ts'

const MINUTE_MS = 60_000
const DAY_MS = 86_400_000

/** Stripe keeps no account from before it was founded. */
const BEGINNING = new Date('2010-01-01T00:00:00Z')
/** What appears late in a list is found by reading a little of it again; each day's reconciliation reads the week. */
const LINES_OVERLAP_MS = 10 * MINUTE_MS
/** A payout changes until its return window has passed: within 5 business days, so 9 days with holidays. */
const PAYOUTS_OVERLAP_MS = 9 * DAY_MS

export const LINES_FEED = 'balance_transactions'
export const PAYOUTS_FEED = 'payouts'

/** Reads what is new since the last time, and the rows of payouts that have become known. */
export async function syncMirror(ctx: Ctx, onProgress?: FeedProgress): Promise<void> {
  const account = await stripeAccountOf(ctx)
  const to = nextSecond(ctx.clock.now())
  const since = (overlapMs: number) => (caughtUpTo: Date | null) => ({
    from: caughtUpTo ? new Date(caughtUpTo.getTime() - overlapMs) : BEGINNING,
    to,
  })
  await readFeed(ctx, account, { ...linesFeed(ctx, LINES_FEED), openEnded: true }, since(LINES_OVERLAP_MS), onProgress)
  await readFeed(
    ctx,
    account,
    { ...payoutsFeed(ctx, PAYOUTS_FEED), openEnded: true },
    since(PAYOUTS_OVERLAP_MS),
    onProgress,
  )
  await listPayoutRows(ctx, account, { newOnly: true }, onProgress)
}

/**
 * Reads a whole stretch again, so that what has vanished from Stripe's lists is noticed; goes on where an earlier try
 * under the same name broke off.
 * @throws FeedBusy, StripeFailure
 */
export async function rereadStretch(
  ctx: Ctx,
  name: string,
  stretch: Stretch,
  onProgress?: FeedProgress,
): Promise<void> {
  const account: StripeAccount = await stripeAccountOf(ctx)
  const lines = linesFeed(ctx, `${LINES_FEED}:${name}`)
  const payouts = payoutsFeed(ctx, `${PAYOUTS_FEED}:${name}`)
  const read = [
    await readFeed(ctx, account, lines, () => stretch, onProgress),
    await readFeed(ctx, account, payouts, () => stretch, onProgress),
  ]
  if (read.includes(null)) throw new FeedBusy('this stretch is being read by another process')
  await listPayoutRows(ctx, account, { stretch }, onProgress)
  await dropFeed(ctx, lines.name)
  await dropFeed(ctx, payouts.name)
}

function linesFeed(ctx: Ctx, name: string): Feed<StripeBalanceTransaction> {
  return {
    name,
    list: (account, window) => account.listBalanceTransactions(window),
    store: (tx, lines) => storeBalanceTransactions(tx, ctx, lines),
    async finish(tx, { from, to }, startedAt) {
      await tx.sql`
        update balance_transactions set missing_at = ${ctx.clock.now()}
         where tenant_id = ${tx.tenantId} and created_at >= ${from} and created_at < ${to}
           and mirrored_at < ${startedAt} and missing_at is null`
    },
  }
}

function payoutsFeed(ctx: Ctx, name: string): Feed<StripePayout> {
  return {
    name,
    list: (account, window) => account.listPayouts(window),
    store: (tx, payouts) => storePayouts(tx, ctx, payouts),
  }
}

/** Stripe's times are whole seconds and the end of a stretch is left out. */
const nextSecond = (at: Date) => new Date((Math.floor(at.getTime() / 1000) + 1) * 1000)

/** The end of a stretch that takes in everything that is mirrored, whatever clock Stripe's side goes by. */
export async function endOfMirror(ctx: Ctx): Promise<Date> {
  const [row] = await ctx.db.transaction(
    ctx.tenantId,
    tx => tx.sql<{ last: Date | null }[]>`
      select greatest((select max(created_at) from balance_transactions where tenant_id = ${ctx.tenantId}),
                      (select max(created_at) from payouts where tenant_id = ${ctx.tenantId})) as last`,
  )
  const now = ctx.clock.now()
  return nextSecond(row?.last && row.last > now ? row.last : now)
}
