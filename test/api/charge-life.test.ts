// What becomes of a charge after its first answer: captures, cancels, payers who authenticate, and Stripe's dashboard.
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { applyPaymentIntent } from '../../src/domain/charges/apply-payment-intent.ts'
import { internalContext } from '../../src/domain/tenants/operator-context.ts'
import { stripeAccountOf } from '../../src/domain/tenants/stripe-account.ts'
import { charge, DAY, eventually, faults, HOUR, intentsOf, resolve, type Shown, shownCharge } from '../support/money.ts'
import { payerWithCard } from '../support/payer-with-card.ts'
import { startWorld, type World } from '../support/world.ts'

let world: World

beforeAll(async () => {
  world = await startWorld()
})
afterAll(() => world?.close())

const card = async (paymentMethod?: string) =>
  (await payerWithCard(world, paymentMethod ? { paymentMethod } : {})).token
const held = async (amount = 3_000) => (await charge(world, await card(), { capture: 'manual', amount })).json as Shown
const act = (id: string, what: string, body: Shown = {}, key?: string) =>
  world.as('billing').post(`/v1/charges/${id}/${what}`, body, { key })

describe('captures', () => {
  it('take the whole, or a part and release the rest, once', async () => {
    const whole = await held()
    const { status, json } = await act(whole.id, 'capture')
    expect([status, json.status, json.amount_captured]).toEqual([200, 'succeeded', 3_000])
    const part = await held()
    expect((await act(part.id, 'capture', { amount: 2_000 })).json.amount_captured).toBe(2_000)
    expect((await act(part.id, 'capture', { amount: 1_000 })).json.code).toBe('invalid_state')
    expect((await act(part.id, 'cancel')).json.code).toBe('invalid_state')
    await eventually(world, async () => {
      expect(await shownCharge(world, part.id)).toMatchObject({
        status: 'succeeded',
        amount: 3_000,
        amount_captured: 2_000,
        amount_refunded: 0,
        settled_at: expect.any(String),
      })
    })
  })

  it('of more than was authorized are refused, and the charge can still be captured', async () => {
    const { id } = await held()
    const key = randomUUID()
    const over = await act(id, 'capture', { amount: 3_001 }, key)
    expect([over.status, over.json.code, over.json.errors[0].pointer]).toEqual([422, 'validation_failed', '/amount'])
    expect((await act(id, 'capture', { amount: 3_000 }, key)).status).toBe(200)
  })

  it('of an authorization that has lapsed at Stripe say so: the charge is expired', async () => {
    const { id } = await held()
    await world.advance(7 * DAY + HOUR)
    const answer = await act(id, 'capture')
    expect([answer.status, answer.json.code]).toEqual([409, 'invalid_state'])
    expect(await shownCharge(world, id)).toMatchObject({ status: 'expired', amount_captured: 0 })
  })

  it("and cancels made at Stripe's dashboard are taken in", async () => {
    const [captured, cancelled] = [await held(), await held()]
    await world.stripeApi('POST', `/v1/payment_intents/${captured.stripe.payment_intent}/capture`, {
      amount_to_capture: '1200',
    })
    await world.stripeApi('POST', `/v1/payment_intents/${cancelled.stripe.payment_intent}/cancel`)
    await eventually(world, async () => {
      const one = await shownCharge(world, captured.id)
      expect(one).toMatchObject({ status: 'succeeded', amount_captured: 1_200 })
      expect(one.attempts.map((attempt: Shown) => [attempt.kind, attempt.status])).toEqual([
        ['charge', 'succeeded'],
        ['capture', 'succeeded'],
      ])
      expect((await shownCharge(world, cancelled.id)).status).toBe('cancelled')
    })
  })
})

describe('cancels', () => {
  it('release what is held, and nothing can be captured afterwards', async () => {
    const { id } = await held()
    const { status, json } = await act(id, 'cancel')
    expect([status, json.status, json.amount_captured]).toEqual([200, 'cancelled', 0])
    expect((await act(id, 'capture')).json.code).toBe('invalid_state')
    expect(await intentsOf(world, id)).toMatchObject([{ status: 'canceled' }])
  })

  it('of a charge that has ended are refused', async () => {
    const { json } = await charge(world, await card())
    expect((await act(json.id, 'cancel')).json.code).toBe('invalid_state')
    expect((await act(json.id, 'capture')).json.code).toBe('invalid_state')
  })
})

describe('a charge that waits for its payer', () => {
  const waiting = async (paymentMethod = 'pm_card_authenticationRequired') => {
    const answer = await charge(world, await card(paymentMethod))
    expect([answer.status, answer.json.code]).toEqual([402, 'authentication_required'])
    expect(answer.json.charge).toMatchObject({
      status: 'requires_action',
      failure: { code: 'authentication_required', retry: 'payer_action' },
      next_action: { url: expect.stringContaining('/pay/'), expires_at: expect.any(String) },
    })
    return answer.json.charge as Shown
  }
  const onSession = async (one: Shown, outcome: 'succeed' | 'fail') => {
    const begun = await world.withToken(null).post(`${new URL(one.next_action.url).pathname}/begin`, {}, { key: null })
    expect(begun.json.client_secret).toEqual(expect.any(String))
    await world.control('POST', `/complete_authentication/${one.stripe.payment_intent}`, { outcome })
  }

  it('for 72 hours, by a link that is the same each time it is read', async () => {
    const one = await waiting()
    expect(Date.parse(one.next_action.expires_at) - Date.parse(one.created_at)).toBeGreaterThan(
      72 * HOUR * 1000 - 60_000,
    )
    expect((await shownCharge(world, one.id)).next_action).toEqual(one.next_action)
  })

  it('succeeds when the payer authenticates', async () => {
    const one = await waiting()
    await onSession(one, 'succeed')
    await eventually(world, async () => {
      expect(await shownCharge(world, one.id)).toMatchObject({
        status: 'succeeded',
        amount_captured: 1_500,
        failure: null,
        next_action: null,
      })
    })
    expect(await intentsOf(world, one.id)).toMatchObject([{ status: 'succeeded' }])
  })

  it('goes on waiting when the payer fails to, and takes the next try', async () => {
    const one = await waiting()
    await onSession(one, 'fail')
    await eventually(world, async () => {
      expect((await shownCharge(world, one.id)).failure.code).toBe('payment_intent_authentication_failure')
    })
    expect(await shownCharge(world, one.id)).toMatchObject({ status: 'requires_action', next_action: one.next_action })
    await onSession(one, 'succeed')
    await eventually(world, async () => expect((await shownCharge(world, one.id)).status).toBe('succeeded'))
  })

  it('is declined, and its intent cancelled, when the bank refuses after the payer authenticated', async () => {
    const one = await waiting('pm_card_authenticationRequiredChargeDeclinedInsufficientFunds')
    await onSession(one, 'succeed')
    await eventually(world, async () => {
      expect(await shownCharge(world, one.id)).toMatchObject({
        status: 'declined',
        failure: { decline_code: 'insufficient_funds' },
        next_action: null,
      })
    })
    await eventually(world, async () => expect(await intentsOf(world, one.id)).toMatchObject([{ status: 'canceled' }]))
  })

  it('can be cancelled meanwhile', async () => {
    const one = await waiting()
    const { status, json } = await act(one.id, 'cancel')
    expect([status, json.status, json.next_action]).toEqual([200, 'cancelled', null])
  })

  it('expires after 72 hours, once Stripe has confirmed the cancel and not before', async () => {
    const one = await waiting()
    await world.advance(71 * HOUR)
    await world.work()
    expect((await shownCharge(world, one.id)).status).toBe('requires_action')
    await faults(world, [{ method: 'POST', path: '/cancel$/', when: 'before', kind: 'drop' }])
    await world.advance(HOUR + 60)
    await resolve(world)
    expect((await shownCharge(world, one.id)).status).toBe('requires_action')
    await faults(world, [])
    await world.advance(6 * 60)
    await resolve(world)
    expect(await shownCharge(world, one.id)).toMatchObject({ status: 'expired', next_action: null, amount_captured: 0 })
    expect(await intentsOf(world, one.id)).toMatchObject([{ status: 'canceled' }])
  })

  it('is paid and not expired when the payer was there first', async () => {
    const one = await waiting()
    await world.control('POST', '/webhooks', { account_key: world.stripe.secretKeys.demo, drop: 1 })
    await onSession(one, 'succeed')
    await world.advance(72 * HOUR + 60)
    await resolve(world)
    await world.control('POST', '/webhooks', { account_key: world.stripe.secretKeys.demo, drop: 0 })
    expect(await shownCharge(world, one.id)).toMatchObject({ status: 'succeeded', amount_captured: 1_500 })
  })
})

describe('what Stripe reports against a final state', () => {
  it('is neither dropped nor booked over it: an exception is opened, once, and an alert is raised', async () => {
    const { json } = await charge(world, await card('pm_card_chargeCustomerFail'))
    const id = json.charge.id as string
    await world.work()
    const ctx = internalContext(world.dependencies, 'demo', { kind: 'stripe' })
    const account = await stripeAccountOf(ctx)
    const intent = await account.retrievePaymentIntent(json.charge.stripe.payment_intent)
    const paid = { ...intent, status: 'succeeded' as const, amountReceived: 1_500, lastError: null }
    for (let i = 0; i < 3; i++) expect((await applyPaymentIntent(ctx, paid)).kind).toBe('applied')
    expect(await shownCharge(world, id)).toMatchObject({ status: 'declined', amount_captured: 0 })
    const { json: open } = await world.as('finance').get('/v1/exceptions?cause=STATUS_MISMATCH&status=open')
    expect(open.data.filter((one: Shown) => one.charge === id || one.subject?.id === id).length).toBe(1)
    expect(world.logs.filter(line => line.includes('STATUS_MISMATCH') && line.includes(id)).length).toBe(1)
  })

  it.each([
    ['amount', { amount: 1_501 }, 'amount_mismatch'],
    ['currency', { currency: 'eur' }, 'currency_mismatch'],
    ['customer', { customer: 'cus_another' }, 'customer_mismatch'],
    ['mode', { livemode: true }, 'livemode_mismatch'],
    ['tenant', { metadata: { panless_tenant: 'other' } }, 'other_tenant'],
  ])('of another %s is quarantined', async (_what, change, code) => {
    const { json } = await charge(world, await card())
    const ctx = internalContext(world.dependencies, 'demo', { kind: 'stripe' })
    const intent = await (await stripeAccountOf(ctx)).retrievePaymentIntent(json.stripe.payment_intent)
    expect(await applyPaymentIntent(ctx, { ...intent, ...change } as typeof intent)).toEqual({
      kind: 'quarantine',
      code,
    })
  })
})
