// Outcomes that nobody knows: the resolver looks before it sends, never sends what is old, and asks a person in the end.
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import {
  AFTER_CREATE,
  charge,
  DAY,
  faults,
  HOUR,
  intentsOf,
  MINUTE,
  NO_READS,
  refund,
  resolve,
  type Shown,
  shownCharge,
  unknownCharge,
} from '../support/money.ts'
import { payerWithCard } from '../support/payer-with-card.ts'
import { startWorld, type World } from '../support/world.ts'

let world: World

beforeAll(async () => {
  world = await startWorld({ webhooks: false })
})
afterEach(async () => {
  await faults(world, [])
  await resolve(world, true)
  await world.advance(11 * MINUTE)
  await resolve(world, true)
})
afterAll(() => world?.close())

const card = async (paymentMethod?: string) =>
  (await payerWithCard(world, paymentMethod ? { paymentMethod } : {})).token

const posts = async (): Promise<number> => {
  const { data } = (await world.control('GET', `/log?account_key=${world.stripe.secretKeys.demo}`)) as { data: Shown[] }
  return data.filter(entry => entry.method === 'POST' && entry.path === '/v1/payment_intents').length
}

describe('a charge whose answer was lost', () => {
  it.each([{ kind: 'drop' }, { kind: 'cut_body' }, { kind: 'status', status: 500 }])(
    'is unknown, never failed, and is found by looking: $kind $status',
    async fault => {
      await faults(world, [{ ...AFTER_CREATE, times: 1, ...fault }])
      const { status, json } = await charge(world, await card())
      await faults(world, [])
      expect([status, json.status, json.failure]).toEqual([202, 'unknown', null])
      await resolve(world)
      expect((await shownCharge(world, json.id)).status).toBe('unknown')
      await world.advance(5 * MINUTE + 1)
      await resolve(world)
      expect(await shownCharge(world, json.id)).toMatchObject({
        status: 'succeeded',
        amount_captured: 1_500,
        settled_at: expect.any(String),
      })
      expect((await intentsOf(world, json.id)).length).toBe(1)
    },
  )

  it('blocks what depends on it', async () => {
    const id = await unknownCharge(world, await card(), 'after')
    const billing = world.as('billing')
    for (const answer of [
      await refund(world, id),
      await billing.post(`/v1/charges/${id}/capture`),
      await billing.post(`/v1/charges/${id}/cancel`),
    ]) {
      expect([answer.status, answer.json.code]).toEqual([409, 'outcome_unknown'])
    }
  })

  it('is declined when that is what Stripe shows, and its intent is cancelled', async () => {
    const id = await unknownCharge(world, await card('pm_card_chargeCustomerFail'), 'after')
    await resolve(world, true)
    expect(await shownCharge(world, id)).toMatchObject({ status: 'declined', failure: { code: 'card_declined' } })
    await resolve(world)
    expect(await intentsOf(world, id)).toMatchObject([{ status: 'canceled' }])
  })

  it('is sent again after 409 and 429, under its own key, and succeeds at once', async () => {
    for (const status of [409, 429]) {
      await faults(world, [{ ...AFTER_CREATE, when: 'before', kind: 'status', status, times: 2 }])
      const answer = await charge(world, await card())
      await faults(world, [])
      expect([status, answer.status, answer.json.status]).toEqual([status, 201, 'succeeded'])
      expect((await intentsOf(world, answer.json.id)).length).toBe(1)
    }
  })
})

describe('a charge that never reached Stripe', () => {
  it('is sent again under the same key while it is young and still allowed', async () => {
    const id = await unknownCharge(world, await card(), 'before')
    const before = await posts()
    await world.advance(5 * MINUTE + 1)
    await resolve(world)
    expect((await shownCharge(world, id)).status).toBe('succeeded')
    expect([(await intentsOf(world, id)).length, (await posts()) - before]).toEqual([1, 1])
  })

  it('is not sent when its token was frozen meanwhile, and is errored after a second look ten minutes later', async () => {
    const token = await card()
    const id = await unknownCharge(world, token, 'before')
    await world.as('admin').post(`/v1/tokens/${token}/freeze`, { reason: 'lost' })
    const before = await posts()
    await world.advance(5 * MINUTE + 1)
    await resolve(world)
    expect((await shownCharge(world, id)).status).toBe('unknown')
    await world.advance(9 * MINUTE)
    await resolve(world, true)
    expect((await shownCharge(world, id)).status).toBe('unknown')
    await world.advance(2 * MINUTE)
    await resolve(world)
    expect(await shownCharge(world, id)).toMatchObject({
      status: 'errored',
      failure: { code: 'not_executed', retry: 'after' },
    })
    expect([await intentsOf(world, id), (await posts()) - before]).toEqual([[], 0])
  })

  it('is not sent for a charge that its limits would forbid by now; the charge itself does not count against them', async () => {
    const limits = { currency: 'usd', max_amount_per_window: 2_000, window_days: 30 }
    const { token } = await payerWithCard(world, { token: { limits } })
    const id = await unknownCharge(world, token, 'before')
    await resolve(world, true)
    expect((await shownCharge(world, id)).status).toBe('succeeded')
    const next = await unknownCharge(world, (await payerWithCard(world, { token: { limits } })).token, 'before')
    const { token: same } = await shownCharge(world, next)
    await world.as('admin').patch(`/v1/tokens/${same}`, { limits: { max_amount_per_charge: 100 } })
    await resolve(world, true)
    expect((await shownCharge(world, next)).status).toBe('unknown')
  })

  it('is never sent from 23 hours on, whatever else allows it', async () => {
    const id = await unknownCharge(world, await card(), 'before')
    const before = await posts()
    await world.advance(23 * HOUR)
    await resolve(world)
    await world.advance(10 * MINUTE)
    await resolve(world)
    expect((await shownCharge(world, id)).status).toBe('errored')
    expect(await posts()).toBe(before)
  })
})

describe('an outcome that cannot be found out', () => {
  it('goes to a person after looks at 5 minutes, 1 hour and five days', async () => {
    const id = await unknownCharge(world, await card(), 'after')
    await faults(world, [NO_READS])
    const steps = [5 * MINUTE, HOUR, DAY, DAY, DAY, DAY, DAY]
    for (const [i, step] of steps.entries()) {
      expect((await shownCharge(world, id)).status).toBe('unknown')
      await world.advance(step - 30)
      expect((await resolve(world)).looked, `before look ${i}`).toBe(0)
      await world.advance(31)
      expect((await resolve(world)).looked, `look ${i}`).toBe(1)
    }
    await faults(world, [])
    expect((await shownCharge(world, id)).status).toBe('needs_review')
    expect((await resolve(world, true)).looked).toBe(0)
    const resolveAs = (role: 'finance' | 'billing', body: Shown, claims?: Shown) =>
      world.as(role, 'demo', claims).post(`/v1/charges/${id}/resolve`, { reason: 'looked at the dashboard', ...body })
    expect((await resolveAs('billing', { outcome: 'succeeded' })).json.code).toBe('insufficient_scope')
    const maker = { sub: 'billing-subject', scope: 'reconciliation:write charges:read' }
    for (const client_id of ['billing', 'another-client']) {
      const refused = await resolveAs('finance', { outcome: 'succeeded' }, { ...maker, client_id })
      expect(refused.json.code, `the same person through ${client_id}`).toBe('second_person_required')
    }
    expect((await resolveAs('finance', { outcome: 'declined' })).json.code).toBe('invalid_state')
    expect((await resolveAs('finance', { outcome: 'errored' })).json.code).toBe('invalid_state')
    const wrong = await charge(world, await card())
    const foreign = await resolveAs('finance', {
      outcome: 'succeeded',
      stripe_payment_intent: wrong.json.stripe.payment_intent,
    })
    expect(foreign.json.errors[0].pointer).toBe('/stripe_payment_intent')
    expect((await shownCharge(world, id)).status).toBe('needs_review')
    const done = await resolveAs('finance', { outcome: 'succeeded' })
    expect([done.status, done.json.status, done.json.settled_at]).toEqual([200, 'succeeded', expect.any(String)])
    expect((await resolveAs('finance', { outcome: 'succeeded' })).json.code).toBe('invalid_state')
  })

  it('that Stripe never had can be declared so, and nothing else', async () => {
    const id = await unknownCharge(world, await card(), 'before')
    await faults(world, [NO_READS])
    for (const step of [5 * MINUTE, HOUR, DAY, DAY, DAY, DAY, DAY]) {
      await world.advance(step + 1)
      await resolve(world)
    }
    expect((await shownCharge(world, id)).status).toBe('needs_review')
    const path = `/v1/charges/${id}/resolve`
    const blind = await world.as('finance').post(path, { outcome: 'errored', reason: 'no reads' })
    expect([blind.status, blind.json.code]).toEqual([503, 'stripe_unavailable'])
    await faults(world, [])
    const lie = await world.as('finance').post(path, { outcome: 'succeeded', reason: 'the payer says so' })
    expect([lie.status, lie.json.code]).toEqual([409, 'invalid_state'])
    const done = await world.as('finance').post(path, { outcome: 'errored', reason: 'not at Stripe' })
    expect([done.status, done.json.status]).toEqual([200, 'errored'])
  })
})

describe('captures and cancels whose answer was lost', () => {
  const held = async () => (await charge(world, await card(), { capture: 'manual', amount: 900 })).json.id as string
  const act = (id: string, what: string, body: Shown = {}) =>
    world.as('billing').post(`/v1/charges/${id}/${what}`, body)

  it.each(['before', 'after'])(
    'a capture lost %s its effect leaves the charge held until it is found out',
    async when => {
      const id = await held()
      await faults(world, [{ method: 'POST', path: '/capture$/', when, kind: 'drop', times: 1 }])
      const answer = await act(id, 'capture', { amount: 600 })
      await faults(world, [])
      expect([answer.status, answer.json.status]).toEqual([202, 'requires_capture'])
      expect(answer.json.attempts.at(-1)).toMatchObject({ kind: 'capture', status: 'unknown', amount: 600 })
      expect((await act(id, 'capture', { amount: 600 })).json.code).toBe('outcome_unknown')
      expect((await act(id, 'cancel')).json.code).toBe('outcome_unknown')
      await world.advance(5 * MINUTE + 1)
      await resolve(world)
      expect(await shownCharge(world, id)).toMatchObject({ status: 'succeeded', amount_captured: 600 })
      expect(await intentsOf(world, id)).toMatchObject([{ status: 'succeeded', amount_received: 600 }])
    },
  )

  it.each(['before', 'after'])('a cancel lost %s its effect is finished', async when => {
    const id = await held()
    await faults(world, [{ method: 'POST', path: '/cancel$/', when, kind: 'drop', times: 1 }])
    const answer = await act(id, 'cancel')
    await faults(world, [])
    expect([answer.status, answer.json.status]).toEqual([202, 'requires_capture'])
    await resolve(world, true)
    expect(await shownCharge(world, id)).toMatchObject({ status: 'cancelled', amount_captured: 0 })
  })
})

describe('refunds whose answer was lost', () => {
  const paid = async () => (await charge(world, await card())).json.id as string
  const readRefund = async (id: string) => (await world.as('billing').get(`/v1/refunds/${id}`)).json

  it.each(['before', 'after'])('lost %s the effect: unknown, its amount kept back, and found out', async when => {
    const id = await paid()
    await faults(world, [{ method: 'POST', path: '/v1/refunds', when, kind: 'drop', times: 1 }])
    const answer = await refund(world, id, { amount: 1_000 })
    await faults(world, [])
    expect([answer.status, answer.json.status]).toEqual([202, 'unknown'])
    expect((await refund(world, id, { amount: 501 })).json.code).toBe('amount_exceeds_refundable')
    await world.advance(5 * MINUTE + 1)
    await resolve(world)
    expect(await readRefund(answer.json.id)).toMatchObject({ status: 'succeeded', amount: 1_000 })
    expect((await shownCharge(world, id)).amount_refunded).toBe(1_000)
    const { stripe } = await shownCharge(world, id)
    const listed = await world.stripeApi('GET', '/v1/refunds', { payment_intent: stripe.payment_intent })
    expect(listed.json.data.length).toBe(1)
  })

  it('is never sent from 23 hours on, fails after a second look, and gives its amount back', async () => {
    const id = await paid()
    await faults(world, [{ method: 'POST', path: '/v1/refunds', when: 'before', kind: 'drop', times: 1 }])
    const answer = await refund(world, id)
    await faults(world, [])
    await world.advance(23 * HOUR + 1)
    await resolve(world)
    await world.advance(10 * MINUTE + 1)
    await resolve(world)
    expect(await readRefund(answer.json.id)).toMatchObject({ status: 'failed', failure_code: 'not_executed' })
    expect((await refund(world, id)).status).toBe(201)
  })
})
