// Reads one of Stripe's lists over a stretch of time, page by page: each page is kept before the next is asked for, so
// that whoever goes on after a crash starts at the page that was missing.
import { setTimeout as sleep } from 'node:timers/promises'
import type { StripePage } from '../../stripe/call.ts'
import type { StripeAccount } from '../../stripe/gateway.ts'
import { withRetries } from '../../stripe/retries.ts'
import { StripeFailure } from '../../stripe/stripe-failure.ts'
import type { StripeWindow } from '../../stripe/window.ts'
import type { Ctx, Tx } from '../context.ts'

export type Stretch = { from: Date; to: Date }

export type Feed<Item extends { id: string }> = {
  /** Names the cursor: one reader at a time for each name. */
  name: string
  /** Asks for everything since the start of the stretch, beyond its end too. */
  openEnded?: true
  list(account: StripeAccount, window: StripeWindow): Promise<StripePage<Item>>
  store(tx: Tx, items: readonly Item[]): Promise<void>
  /** Runs with the last page; `startedAt` is the database's time when the reading began. */
  finish?(tx: Tx, stretch: Stretch, startedAt: Date): Promise<void>
}

export type FeedProgress = (read: { feed: string; items: number }) => void

/** Another process reads the list just now. */
export class FeedBusy extends Error {
  readonly code = 'feed_busy'
}

type Cursor = { windowFrom: Date; windowTo: Date; pageAfter: string | null; startedAt: Date }

/** Wall time for which a reader owns the list; renewed with each page, which takes a few seconds at most. */
const LEASE_MS = 120_000
/** A list of 100 rows a page that goes on for longer is no list that this service was made for. */
const PAGES_MAX = 50_000
const TRIES = 3

/**
 * Reads a stretch to its end, or goes on with the one that was begun. Answers how many objects were read, or null when
 * another process is at it.
 * @throws StripeFailure when Stripe cannot be read; what was read stays
 */
export async function readFeed<Item extends { id: string }>(
  ctx: Ctx,
  account: StripeAccount,
  feed: Feed<Item>,
  stretchFor: (caughtUpTo: Date | null) => Stretch,
  onProgress: FeedProgress = () => {},
): Promise<number | null> {
  let cursor = await claim(ctx, feed.name, stretchFor)
  if (cursor === null) return null
  let items = 0
  try {
    for (let pages = 0; pages < PAGES_MAX; pages++) {
      const page: StripePage<Item> | null = await pageAt(account, feed, cursor)
      if (page === null) {
        cursor = { ...cursor, pageAfter: null }
        continue
      }
      items += page.data.length
      const last: string | null = page.data.at(-1)?.id ?? cursor.pageAfter
      await keep(ctx, feed, cursor, page, last)
      onProgress({ feed: feed.name, items })
      if (!page.hasMore || page.data.length === 0) return items
      cursor = { ...cursor, pageAfter: last }
    }
    throw new Error(`the list ${feed.name} does not end`)
  } catch (error) {
    await release(ctx, feed.name)
    throw error
  }
}

/** How far a list has been read: everything that was created before it is in the mirror. */
export async function caughtUpTo(tx: Tx, feed: string): Promise<Date | null> {
  const [row] = await tx.sql<{ at: Date | null }[]>`
    select caught_up_to as at from mirror_cursors where tenant_id = ${tx.tenantId} and feed = ${feed}`
  return row?.at ?? null
}

/** Forgets a cursor that nobody will ask for again. */
export async function dropFeed(ctx: Ctx, feed: string): Promise<void> {
  await ctx.db.transaction(
    ctx.tenantId,
    tx => tx.sql`delete from mirror_cursors where tenant_id = ${ctx.tenantId} and feed = ${feed}`,
  )
}

/** Null for a page that starts after an object which Stripe has no more: the stretch is begun again. */
async function pageAt<Item extends { id: string }>(
  account: StripeAccount,
  feed: Feed<Item>,
  cursor: Cursor,
): Promise<StripePage<Item> | null> {
  const window: StripeWindow = {
    createdFrom: Math.floor(cursor.windowFrom.getTime() / 1000),
    ...(feed.openEnded ? {} : { createdTo: Math.ceil(cursor.windowTo.getTime() / 1000) }),
    ...(cursor.pageAfter === null ? {} : { startingAfter: cursor.pageAfter }),
  }
  try {
    return await withRetries({ attempts: TRIES, sleep: ms => sleep(ms) }, () => feed.list(account, window))
  } catch (error) {
    const gone = error instanceof StripeFailure && (error.kind === 'not_found' || error.kind === 'invalid_request')
    if (gone && cursor.pageAfter !== null) return null
    throw error
  }
}

function claim(ctx: Ctx, feed: string, stretchFor: (caughtUpTo: Date | null) => Stretch): Promise<Cursor | null> {
  const wall = ctx.clock.wall()
  const leaseUntil = new Date(wall.getTime() + LEASE_MS)
  return ctx.db.transaction(ctx.tenantId, async tx => {
    await tx.sql`
      insert into mirror_cursors (tenant_id, feed, updated_at) values (${ctx.tenantId}, ${feed}, ${wall})
      on conflict do nothing`
    const [held] = await tx.sql<
      {
        window_from: Date | null
        window_to: Date | null
        page_after: string | null
        window_started_at: Date | null
        caught_up_to: Date | null
        free: boolean
      }[]
    >`select window_from, window_to, page_after, window_started_at, caught_up_to,
             (lease_until is null or lease_until < ${wall}) as free
        from mirror_cursors where tenant_id = ${ctx.tenantId} and feed = ${feed} for update`
    if (!held?.free) return null
    const begun = held.window_from && held.window_to && held.window_started_at
    const stretch = begun ? null : stretchFor(held.caught_up_to)
    const [row] = await tx.sql<
      { window_from: Date; window_to: Date; page_after: string | null; window_started_at: Date }[]
    >`
      update mirror_cursors
         set lease_until = ${leaseUntil}, updated_at = ${wall},
             window_from = coalesce(${stretch?.from ?? null}, window_from),
             window_to = coalesce(${stretch?.to ?? null}, window_to),
             page_after = case when ${stretch !== null} then null else page_after end,
             window_started_at = case when ${stretch !== null} then clock_timestamp() else window_started_at end
       where tenant_id = ${ctx.tenantId} and feed = ${feed}
      returning window_from, window_to, page_after, window_started_at`
    if (!row) return null
    return {
      windowFrom: row.window_from,
      windowTo: row.window_to,
      pageAfter: row.page_after,
      startedAt: row.window_started_at,
    }
  })
}

async function keep<Item extends { id: string }>(
  ctx: Ctx,
  feed: Feed<Item>,
  cursor: Cursor,
  page: StripePage<Item>,
  last: string | null,
) {
  const wall = ctx.clock.wall()
  const ended = !page.hasMore || page.data.length === 0
  await ctx.db.transaction(ctx.tenantId, async tx => {
    await feed.store(tx, page.data)
    if (!ended) {
      await tx.sql`
        update mirror_cursors set page_after = ${last}, lease_until = ${new Date(wall.getTime() + LEASE_MS)}, updated_at = ${wall}
         where tenant_id = ${ctx.tenantId} and feed = ${feed.name}`
      return
    }
    const stretch = { from: cursor.windowFrom, to: cursor.windowTo }
    await feed.finish?.(tx, stretch, cursor.startedAt)
    await tx.sql`
      update mirror_cursors
         set caught_up_to = greatest(caught_up_to, ${stretch.to}), window_from = null, window_to = null, page_after = null,
             window_started_at = null, lease_until = null, updated_at = ${wall}
       where tenant_id = ${ctx.tenantId} and feed = ${feed.name}`
  })
}

async function release(ctx: Ctx, feed: string): Promise<void> {
  await ctx.db.transaction(
    ctx.tenantId,
    tx => tx.sql`update mirror_cursors set lease_until = null where tenant_id = ${ctx.tenantId} and feed = ${feed}`,
  )
}
