// While Stripe is slow: nothing of the database is held, so a small pool serves many charges, and reads go on.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { asSuperuser } from '../support/database-contents.ts'
import { chargeOf, payerWithCard } from '../support/payer-with-card.ts'
import { startWorld, type World } from '../support/world.ts'

const DELAY_MS = 4_000
const CHARGES = 60

let world: World
beforeAll(async () => {
  world = await startWorld({ webhooks: false, environment: { DATABASE_POOL_MAX: '3', STRIPE_TIMEOUT_MS: '20000' } })
})
afterAll(() => world.close())

test('sixty charges wait for Stripe together on three connections, none of them held', async () => {
  const cards = await Promise.all(Array.from({ length: 6 }, () => payerWithCard(world)))
  await world.control('POST', '/settings', { api_delay_ms: DELAY_MS })
  const begun = performance.now()
  const charges = Array.from({ length: CHARGES }, (_, i) =>
    world.as('billing').post('/v1/charges', chargeOf(cards[i % 6]?.token as string)),
  )
  let inFlight = 0
  while (inFlight < CHARGES && performance.now() - begun < DELAY_MS) {
    const [row] = await asSuperuser(
      world.database,
      sql => sql`select count(*)::int as rows from charges where status = 'sending'`,
    )
    inFlight = row?.rows as number
  }
  expect(inFlight).toBe(CHARGES)
  const held = await asSuperuser(
    world.database,
    sql => sql`
      select state from pg_stat_activity
       where datname = ${world.database.name} and application_name like 'panless%' and state like 'idle in transaction%'
         and now() - state_change > interval '1 second'`,
  )
  expect(held).toEqual([])
  const read = performance.now()
  expect((await world.as('checkout').get('/v1/payers')).status).toBe(200)
  expect(performance.now() - read).toBeLessThan(DELAY_MS / 2)
  for (const { status } of await Promise.all(charges)) expect(status).toBe(201)
  // One after another on three connections it would be twenty times the delay.
  expect(performance.now() - begun).toBeLessThan(DELAY_MS * 5)
})
