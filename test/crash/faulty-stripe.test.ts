// Stripe drops, cuts and fails answers after the effect. Goal: each succeeded charge has exactly one successful payment
// intent, none of the others has one, counted at Stripe; and once the faults stop, nothing is left undecided.
import { afterAll, beforeAll, expect, it } from 'vitest'
import { allIntents, judge, shownCharges, storm } from '../support/charge-storm.ts'
import { MINUTE, resolve, type Shown } from '../support/money.ts'
import { payerWithCard } from '../support/payer-with-card.ts'
import { startWorld, type World } from '../support/world.ts'

const CHARGES = Number(process.env.PANLESS_FAULTY_CHARGES ?? 500)

let world: World

beforeAll(async () => {
  world = await startWorld({ webhooks: false })
})
afterAll(() => world?.close())

const rule = (kind: string, more: object = {}) => ({
  method: 'POST',
  path: '/v1/payment_intents',
  probability: 0.06,
  when: 'after',
  kind,
  ...more,
})

it('charges through faults on 30 % of the calls are paid once or not at all', { timeout: 120_000 }, async () => {
  const tokens: string[] = []
  for (let i = 0; i < 10; i++) {
    const paymentMethod = i % 5 === 4 ? 'pm_card_chargeCustomerFail' : 'pm_card_visa'
    tokens.push((await payerWithCard(world, { paymentMethod })).token)
  }
  const account_key = world.stripe.secretKeys.demo
  const rules = [
    rule('drop'),
    rule('cut_body'),
    ...[500, 409, 429].map(status => rule('status', { status })),
    rule('drop', { when: 'before', probability: 0.03 }),
    { method: 'GET', probability: 0.1, when: 'before', kind: 'status', status: 500 },
  ]
  await world.control('POST', '/faults', { account_key, rules })
  const sent = await storm({ client: () => world.as('billing'), tokens, count: CHARGES, inFlight: 16 })
  const statuses = new Set(sent.map(({ answer }) => answer?.status))
  expect([...statuses].sort()).toEqual([201, 202, 402])
  await world.advance(5 * MINUTE + 1)
  const during = await resolve(world)
  expect(during.looked).toBeGreaterThan(CHARGES / 20)

  await world.control('DELETE', `/faults?account_key=${account_key}`)
  await world.advance(60 * MINUTE)
  await resolve(world)
  await world.advance(24 * 60 * MINUTE)
  await resolve(world)
  const verdict = judge(
    sent,
    await shownCharges(world.as('billing')),
    await allIntents(async query => (await world.stripeApi('GET', '/v1/payment_intents', query)).json),
  )
  expect(verdict.faults).toEqual([])
  expect(verdict.undecided).toEqual([])
  expect([verdict.succeeded, verdict.failed, verdict.absent]).toEqual([CHARGES * 0.8, CHARGES * 0.2, 0])
  const summary = (await world.control(
    'GET',
    `/summary?account_key=${account_key}&metadata_key=panless_charge`,
  )) as Shown
  expect(Object.keys(summary.succeeded_by_metadata).length).toBe(verdict.succeeded)
  expect(Object.values(summary.succeeded_by_metadata).every(count => count === 1)).toBe(true)
})
