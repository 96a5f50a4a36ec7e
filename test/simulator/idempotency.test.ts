import { afterAll, beforeAll, expect, test } from 'vitest'
import { failure, payment, type SimulatorSuite, savedCard, startSuite } from './simulator-suite.ts'

let suite: SimulatorSuite
beforeAll(async () => {
  suite = await startSuite()
})
afterAll(() => suite.close())

const create = (key: string, form = 'name=A', headers = {}) =>
  suite.plain('POST', '/v1/customers', form, { 'idempotency-key': key, ...headers })

test('the first answer is given again, whatever the order of the parameters', async () => {
  const first = await create('same', 'name=A&email=a%40example.org')
  const again = await create('same', 'email=a%40example.org&name=A')
  expect(again.json).toEqual(first.json)
  expect(first.headers.get('idempotent-replayed')).toBeNull()
  expect(again.headers.get('idempotent-replayed')).toBe('true')
  expect(again.headers.get('original-request')).toBe(first.headers.get('request-id'))
})

test('a declined payment is declined again with the same charge', async () => {
  const card = await savedCard(suite.stripe, 'pm_card_chargeCustomerFail')
  const form = `amount=900&currency=usd&customer=${card.customer}&payment_method=${card.method}&confirm=true&off_session=true`
  const [first, again] = [await pay(form, 'declined'), await pay(form, 'declined')]
  expect([first.status, again.status]).toEqual([402, 402])
  expect(again.json).toEqual(first.json)
  expect((await suite.stripe.charges.list({ customer: card.customer })).data).toHaveLength(1)
})

const pay = (form: string, key: string) => suite.plain('POST', '/v1/payment_intents', form, { 'idempotency-key': key })

test('other parameters under the same key are an error', async () => {
  await create('other')
  const answer = await create('other', 'name=B')
  expect([answer.status, answer.json.error.type]).toEqual([400, 'idempotency_error'])
  const elsewhere = await suite.plain('POST', '/v1/setup_intents', '', { 'idempotency-key': 'other' })
  expect(elsewhere.status).toBe(400)
  const error = await failure(suite.stripe.customers.create({ name: 'C' }, { idempotencyKey: 'other' }))
  expect(error.type).toBe('StripeIdempotencyError')
})

test('a request that fails validation stores nothing; one that was executed and failed does', async () => {
  expect((await create('invalid', 'nmae=A')).status).toBe(400)
  expect((await create('invalid', 'name=A')).status).toBe(200)
  const missing = await suite.plain('POST', '/v1/payment_intents/pi_nothing/cancel', '', {
    'idempotency-key': 'executed',
  })
  expect(missing.status).toBe(404)
  const again = await suite.plain('POST', '/v1/payment_intents/pi_nothing/cancel', '', {
    'idempotency-key': 'executed',
  })
  expect([again.status, again.headers.get('idempotent-replayed')]).toEqual([404, 'true'])
})

test('a key whose first request is still running is a conflict, and the answer comes once', async () => {
  await suite.control('POST', '/settings', { account_key: suite.key, api_delay_ms: 1_000 })
  const answers = await Promise.all(Array.from({ length: 10 }, () => create('running')))
  await suite.control('POST', '/settings', { account_key: suite.key, api_delay_ms: 0 })
  const codes = answers.map(answer => (answer.status === 200 ? 'made' : answer.json.error.code)).sort()
  expect(codes).toEqual([...Array(9).fill('idempotency_key_in_use'), 'made'])
  const conflict = answers.find(answer => answer.status === 409)
  expect(conflict?.headers.get('stripe-should-retry')).toBe('true')
})

test('a 500 after the effect is stored with it; a 500 before is not', async () => {
  const card = await savedCard(suite.stripe)
  const form = `amount=901&currency=usd&customer=${card.customer}&payment_method=${card.method}&confirm=true&off_session=true`
  const rule = { method: 'POST', path: '/v1/payment_intents', kind: 'status', status: 500, times: 1 }
  await suite.control('POST', '/faults', { account_key: suite.key, rules: [{ ...rule, when: 'after' }] })
  const after = [await pay(form, 'after'), await pay(form, 'after')]
  expect(after.map(answer => answer.status)).toEqual([500, 500])
  expect((await suite.stripe.paymentIntents.list({ customer: card.customer })).data).toHaveLength(1)
  await suite.control('POST', '/faults', { account_key: suite.key, rules: [{ ...rule, when: 'before' }] })
  const before = [await pay(form, 'before'), await pay(form, 'before')]
  expect(before.map(answer => answer.status)).toEqual([500, 200])
  expect((await suite.stripe.paymentIntents.list({ customer: card.customer })).data).toHaveLength(2)
})

test('a key is forgotten after 24 hours of the clock, and no sooner', async () => {
  const first = await create('day')
  await suite.control('POST', '/clock', { advance_seconds: 23 * 3600 })
  expect((await create('day')).json.id).toBe(first.json.id)
  await suite.control('POST', '/clock', { advance_seconds: 3601 })
  expect((await create('day')).json.id).not.toBe(first.json.id)
})

test('keys are of one account, at most 255 characters, and for POST alone', async () => {
  await create('mine')
  const other = await create('mine', 'name=Z', { authorization: 'Bearer sk_test_anotheraccount' })
  expect(other.status).toBe(200)
  expect((await create('k'.repeat(255))).status).toBe(200)
  expect((await create('k'.repeat(256))).status).toBe(400)
  const balance = await suite.plain('GET', '/v1/balance', '', { 'idempotency-key': 'mine' })
  expect([balance.status, balance.headers.get('idempotency-key')]).toEqual([200, null])
})

test('100 identical payments at once under one key are one payment', async () => {
  const card = await savedCard(suite.stripe)
  const calls = Array.from({ length: 100 }, () => {
    const options = { idempotencyKey: 'hundred' }
    return suite.stripe.paymentIntents.create(
      {
        amount: 500,
        currency: 'usd',
        ...{ customer: card.customer, payment_method: card.method },
        confirm: true,
        off_session: true,
      },
      options,
    )
  })
  const settled = await Promise.allSettled(calls)
  const ids = new Set(settled.flatMap(result => (result.status === 'fulfilled' ? [result.value.id] : [])))
  expect(ids.size).toBe(1)
  expect((await suite.stripe.charges.list({ customer: card.customer })).data).toHaveLength(1)
  await payment(suite.stripe, card)
})
