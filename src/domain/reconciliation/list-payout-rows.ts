// Which balance transactions a payout holds, as Stripe lists them: stored when listed, never guessed.
import { setTimeout as sleep } from 'node:timers/promises'
import type { StripeBalanceTransaction } from '../../stripe/balance-objects.ts'
import type { StripeAccount } from '../../stripe/gateway.ts'
import { withRetries } from '../../stripe/retries.ts'
import { StripeFailure } from '../../stripe/stripe-failure.ts'
import type { Ctx, Tx } from '../context.ts'
import type { FeedProgress, Stretch } from './read-feed.ts'
import { storeBalanceTransactions } from './store-balance-transactions.ts'

/** Payouts whose rows are listed in one go; the rest waits for the next. */
const PAYOUTS_MAX = 1_000
/** A payout of more rows than this is beyond what is held in memory at once. */
const ROWS_MAX = 500_000
const TRIES = 3

export type WhichPayouts = { newOnly: true } | { stretch: Stretch }

/**
 * Lists the rows of automatic payouts whose list Stripe calls complete: those never listed, or all of a stretch again.
 * @throws StripeFailure when Stripe cannot be read; the payouts that were listed stay so
 */
export async function listPayoutRows(
  ctx: Ctx,
  account: StripeAccount,
  which: WhichPayouts,
  onProgress: FeedProgress = () => {},
): Promise<void> {
  let items = 0
  for (const payoutId of await payoutsToList(ctx, which)) {
    const lines = await rowsOf(account, payoutId)
    const gone = await goneRows(ctx, account, payoutId, lines)
    await ctx.db.transaction(ctx.tenantId, tx => storeRows(tx, ctx, payoutId, lines, gone))
    items += lines.length
    onProgress({ feed: 'payout_rows', items })
  }
}

async function payoutsToList(ctx: Ctx, which: WhichPayouts): Promise<string[]> {
  const rows = await ctx.db.transaction(ctx.tenantId, tx => {
    const chosen =
      'stretch' in which
        ? tx.sql`created_at >= ${which.stretch.from} and created_at < ${which.stretch.to}`
        : tx.sql`rows_listed_at is null`
    return tx.sql<{ id: string }[]>`
      select id from payouts
       where tenant_id = ${ctx.tenantId} and automatic and reconciliation_status = 'completed' and ${chosen}
       order by created_at, id limit ${PAYOUTS_MAX}`
  })
  return rows.map(row => row.id)
}

async function rowsOf(account: StripeAccount, payout: string): Promise<StripeBalanceTransaction[]> {
  const lines: StripeBalanceTransaction[] = []
  let after: string | undefined
  do {
    const page = await withRetries({ attempts: TRIES, sleep: ms => sleep(ms) }, () =>
      account.listBalanceTransactions({ payout, ...(after === undefined ? {} : { startingAfter: after }) }),
    )
    lines.push(...page.data)
    after = page.hasMore ? page.data.at(-1)?.id : undefined
  } while (after !== undefined && lines.length < ROWS_MAX)
  return lines
}

/** Rows that were linked before and are not listed any more, and that Stripe no longer knows at all. */
async function goneRows(
  ctx: Ctx,
  account: StripeAccount,
  payoutId: string,
  lines: readonly StripeBalanceTransaction[],
) {
  const listed = lines.map(line => line.id)
  const unlisted = await ctx.db.transaction(
    ctx.tenantId,
    tx => tx.sql<{ id: string }[]>`
      select balance_transaction_id as id from payout_rows
       where tenant_id = ${ctx.tenantId} and payout_id = ${payoutId} and balance_transaction_id <> all(${listed})`,
  )
  const gone: string[] = []
  for (const { id } of unlisted) if (!(await isThere(account, id))) gone.push(id)
  return gone
}

async function isThere(account: StripeAccount, id: string): Promise<boolean> {
  try {
    await withRetries({ attempts: TRIES, sleep: ms => sleep(ms) }, () => account.retrieveBalanceTransaction(id))
    return true
  } catch (error) {
    if (error instanceof StripeFailure && error.kind === 'not_found') return false
    throw error
  }
}

/** The link to a row that is gone stays: it says which payout the row is missing from. */
async function storeRows(
  tx: Tx,
  ctx: Ctx,
  payoutId: string,
  lines: readonly StripeBalanceTransaction[],
  gone: string[],
) {
  const listed = lines.map(line => line.id)
  await storeBalanceTransactions(tx, ctx, lines)
  await tx.sql`
    update balance_transactions set missing_at = coalesce(missing_at, ${ctx.clock.now()})
     where tenant_id = ${tx.tenantId} and id = any(${gone})`
  await tx.sql`
    delete from payout_rows
     where tenant_id = ${tx.tenantId} and payout_id = ${payoutId} and balance_transaction_id <> all(${[...listed, ...gone]})`
  await tx.sql`
    insert into payout_rows (tenant_id, payout_id, balance_transaction_id)
    select ${tx.tenantId}, ${payoutId}, id from unnest(${listed}::text[]) id
    on conflict do nothing`
  await tx.sql`
    update payouts set rows_listed_at = ${ctx.clock.now()} where tenant_id = ${tx.tenantId} and id = ${payoutId}`
}
