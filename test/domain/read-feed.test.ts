// Reading a list of Stripe's: each page is kept, a reader that breaks off is followed where it was, and two never read at once.
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import type { Ctx } from '../../src/domain/context.ts'
import { caughtUpTo, type Feed, readFeed } from '../../src/domain/reconciliation/read-feed.ts'
import { workerContext } from '../../src/domain/tenants/operator-context.ts'
import { stripeAccountOf } from '../../src/domain/tenants/stripe-account.ts'
import { StripeFailure } from '../../src/stripe/stripe-failure.ts'
import { startWorld, type World } from '../support/world.ts'

const PAGE = 3
const STRETCH = { from: new Date('2026-11-01T00:00:00Z'), to: new Date('2026-11-02T00:00:00Z') }

let world: World
let ctx: Ctx
let listed: (string | undefined)[]
let stored: string[]
let finished: number
let lists = 0

beforeAll(async () => {
  world = await startWorld({ webhooks: false })
  ctx = workerContext(world.dependencies, 'demo')
})
afterAll(() => world?.close())
beforeEach(() => {
  listed = []
  stored = []
  finished = 0
  lists++
})

const ids = (count: number) => Array.from({ length: count }, (_, i) => `id_${i}`)

/** A list of `all`, newest first, of which `trouble` may keep a page back. */
function feedOf(all: readonly string[], trouble: (after: string | undefined) => void = () => {}): Feed<{ id: string }> {
  return {
    name: `list-${lists}`,
    async list(_account, { startingAfter }) {
      trouble(startingAfter)
      listed.push(startingAfter)
      const from = startingAfter === undefined ? 0 : all.indexOf(startingAfter) + 1
      const data = all.slice(from, from + PAGE).map(id => ({ id }))
      return { data, hasMore: from + PAGE < all.length }
    },
    async store(_tx, items) {
      stored.push(...items.map(({ id }) => id))
    },
    async finish() {
      finished++
    },
  }
}

const read = async (feed: Feed<{ id: string }>) => readFeed(ctx, await stripeAccountOf(ctx), feed, () => STRETCH)
const until = (feed: Feed<{ id: string }>) => ctx.db.transaction('demo', tx => caughtUpTo(tx, feed.name))

it('reads page after page to the end, and remembers how far it came', async () => {
  const feed = feedOf(ids(7))
  expect(await read(feed)).toBe(7)
  expect(stored).toEqual(ids(7))
  expect(finished).toBe(1)
  expect(await until(feed)).toEqual(STRETCH.to)
})

it('goes on at the page that was missing when it is asked again', async () => {
  let broken = true
  const feed = feedOf(ids(10), after => {
    if (broken && after === 'id_5') throw new StripeFailure({ kind: 'permission', sent: true, operation: 'list' })
  })
  await expect(read(feed)).rejects.toMatchObject({ kind: 'permission' })
  expect([stored, finished]).toEqual([ids(6), 0])
  expect(await until(feed)).toBeNull()
  broken = false
  listed = []
  expect(await read(feed)).toBe(4)
  expect(listed[0]).toBe('id_5')
  expect([stored, finished]).toEqual([ids(10), 1])
})

it('starts the stretch again when the object that the next page starts after is gone', async () => {
  let gone = true
  const feed = feedOf(ids(5), after => {
    if (after === 'id_2' && gone) {
      gone = false
      throw new StripeFailure({ kind: 'invalid_request', sent: true, operation: 'list' })
    }
  })
  expect(await read(feed)).toBe(3 + 5)
  expect(new Set(stored)).toEqual(new Set(ids(5)))
})

it('is left alone by a second reader', async () => {
  const { promise: gate, resolve: open } = Promise.withResolvers<void>()
  const { promise: begun, resolve: begin } = Promise.withResolvers<void>()
  const slow: Feed<{ id: string }> = feedOf(ids(2))
  const first = read({
    ...slow,
    async list(account, window) {
      begin()
      await gate
      return slow.list(account, window)
    },
  })
  await begun
  expect(await read(slow)).toBeNull()
  open()
  expect(await first).toBe(2)
  expect(await read(slow)).toBe(2)
})
