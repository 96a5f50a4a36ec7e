import type Stripe from 'stripe'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { failure, payment, type SimulatorSuite, savedCard, startSuite } from './simulator-suite.ts'

let suite: SimulatorSuite
let stripe: Stripe
let card: { customer: string; method: string }
beforeAll(async () => {
  suite = await startSuite()
  stripe = suite.stripe
})
afterAll(() => suite.close())
beforeEach(async () => {
  await suite.control('DELETE', '/faults')
  card = await savedCard(stripe)
})

const plant = (rule: object) =>
  suite.control('POST', '/faults', {
    account_key: suite.key,
    rules: [{ method: 'POST', path: '/v1/payment_intents', ...rule }],
  })
const paymentsMade = async () => (await stripe.paymentIntents.list({ customer: card.customer })).data.length
const hits = async () => (await suite.control('GET', '/faults')).rules[0].hits

test.each([
  ['drop', 'before', 'StripeConnectionError', 0],
  ['drop', 'after', 'StripeConnectionError', 1],
  ['cut_body', 'before', 'StripeConnectionError', 0],
  ['cut_body', 'after', 'StripeConnectionError', 1],
])('%s %s the effect: %s, payments made: %d', async (kind, when, type, made) => {
  await plant({ kind, when, times: 2 })
  expect((await failure(payment(stripe, card))).type).toBe(type)
  expect(await paymentsMade()).toBe(made)
})

test.each([
  [409, 'before', 0, 'StripeInvalidRequestError'],
  [429, 'before', 0, 'StripeRateLimitError'],
  [429, 'after', 1, 'StripeRateLimitError'],
  [500, 'before', 0, 'StripeAPIError'],
  [500, 'after', 1, 'StripeAPIError'],
])('status %d %s the effect: payments made: %d', async (status, when, made) => {
  await plant({ kind: 'status', status, when, times: 1 })
  const error = await failure(payment(stripe, card))
  expect(error.statusCode).toBe(status)
  expect(await paymentsMade()).toBe(made)
})

test("Stripe's own retries come through a dropped answer with one payment", async () => {
  await plant({ kind: 'drop', when: 'after', times: 2 })
  const patient = suite.clientFor(suite.key, { maxNetworkRetries: 2 })
  expect((await payment(patient, card)).status).toBe('succeeded')
  expect(await paymentsMade()).toBe(1)
  const log = (await suite.control('GET', `/log?account_key=${suite.key}`)).data
  const calls = log
    .filter(
      (entry: { path: string; method: string }) => entry.method === 'POST' && entry.path === '/v1/payment_intents',
    )
    .slice(-3)
  expect(
    calls.map((entry: { status: number; replayed: boolean; fault: string }) => [
      entry.status,
      entry.replayed,
      entry.fault,
    ]),
  ).toEqual([
    [null, false, 'drop:after'],
    [null, true, 'drop:after'],
    [200, true, null],
  ])
  expect(new Set(calls.map((entry: { idempotency_key: string }) => entry.idempotency_key)).size).toBe(1)
})

test('a delay holds the answer, before or after the effect', async () => {
  for (const when of ['before', 'after']) {
    await plant({ kind: 'delay', when, delay_ms: 150, times: 1 })
    const started = Date.now()
    const call = payment(stripe, card)
    await new Promise(resolve => setTimeout(resolve, 75))
    expect(await paymentsMade()).toBe(when === 'after' ? 2 : 0)
    await call
    expect(Date.now() - started).toBeGreaterThanOrEqual(140)
  }
})

test('a client that gives up does not stop the effect', async () => {
  await plant({ kind: 'delay', when: 'before', delay_ms: 120, times: 1 })
  await failure(payment(suite.clientFor(suite.key, { timeout: 40 }), card))
  expect(await paymentsMade()).toBe(0)
  await new Promise(resolve => setTimeout(resolve, 150))
  expect(await paymentsMade()).toBe(1)
})

test('rules match by method, prefix or pattern, by chance, for one account or for all', async () => {
  await plant({ path: '/^/v1/payment_intents/pi_\\w+/capture$/', kind: 'status' })
  const held = await payment(stripe, card, { capture_method: 'manual' })
  expect((await failure(stripe.paymentIntents.capture(held.id))).statusCode).toBe(500)
  expect(await hits()).toBe(1)
  const other = suite.clientFor('sk_test_untouched')
  await plant({ path: '/v1/customers', kind: 'status', status: 429, when: 'before', probability: 0.3 })
  await other.customers.create({})
  const results = await Promise.allSettled(Array.from({ length: 200 }, () => stripe.customers.create({})))
  const failed = results.filter(result => result.status === 'rejected').length
  expect(failed).toBe(await hits())
  expect(failed).toBeGreaterThan(30)
  expect(failed).toBeLessThan(90)
  await suite.control('POST', '/faults', { rules: [{ kind: 'status', status: 429, when: 'before' }] })
  expect((await failure(other.balance.retrieve())).statusCode).toBe(429)
  await suite.control('DELETE', '/faults')
  expect((await other.balance.retrieve()).object).toBe('balance')
})

test('the same seed draws the same faults', async () => {
  const draw = async () => {
    const seeded = await startSuite({ seed: 'a seed' })
    await seeded.control('POST', '/faults', { rules: [{ kind: 'status', when: 'before', probability: 0.5 }] })
    const statuses: number[] = []
    for (let i = 0; i < 20; i++) statuses.push((await seeded.plain('GET', '/v1/balance')).status)
    await seeded.control('DELETE', '/faults')
    const made = await seeded.plain('POST', '/v1/customers', '', { authorization: 'Bearer sk_test_seeded' })
    await seeded.close()
    return { statuses, id: made.json.id }
  }
  expect(await draw()).toEqual(await draw())
})
