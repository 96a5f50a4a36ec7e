// Refunds through the door: whole and in part, pending, failing late, made at Stripe's dashboard, and disputed charges.
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { charge, eventually, faults, refund, type Shown, shownCharge, unknownCharge } from '../support/money.ts'
import { payerWithCard } from '../support/payer-with-card.ts'
import { startWorld, type World } from '../support/world.ts'

let world: World

beforeAll(async () => {
  world = await startWorld()
})
afterAll(() => world?.close())

const card = async (paymentMethod?: string) =>
  (await payerWithCard(world, paymentMethod ? { paymentMethod } : {})).token
const paid = async (paymentMethod?: string, amount = 2_500) =>
  (await charge(world, await card(paymentMethod), { amount })).json as Shown
const readRefund = async (id: string) => (await world.as('finance').get(`/v1/refunds/${id}`)).json as Shown

describe('a refund', () => {
  it('gives back a part, then all that is left, then nothing', async () => {
    const { id } = await paid()
    const part = await refund(world, id, { amount: 1_000 })
    expect(part.status, part.text).toBe(201)
    expect(part.json).toMatchObject({
      object: 'refund',
      charge: id,
      amount: 1_000,
      currency: 'usd',
      status: 'succeeded',
      reason: 'asked for',
      origin: 'vault',
    })
    expect({ ...(await readRefund(part.json.id)), settled_at: null }).toEqual(part.json)
    expect((await refund(world, id, { amount: 1_501 })).json.code).toBe('amount_exceeds_refundable')
    expect((await refund(world, id)).json.amount).toBe(1_500)
    expect((await refund(world, id)).json.code).toBe('amount_exceeds_refundable')
    expect(await shownCharge(world, id)).toMatchObject({ amount_refunded: 2_500, amount_captured: 2_500 })
  })

  it('is settled by its event', async () => {
    const { id } = await paid()
    const { json } = await refund(world, id)
    await eventually(world, async () => expect((await readRefund(json.id)).settled_at).toEqual(expect.any(String)))
  })

  it("tells Stripe a reason only in Stripe's own words", async () => {
    const { id, stripe } = await paid()
    await refund(world, id, { amount: 100, reason: 'the child of R. was ill' })
    await refund(world, id, { amount: 200, reason: 'duplicate' })
    const { json } = await world.stripeApi('GET', '/v1/refunds', { payment_intent: stripe.payment_intent })
    expect(json.data.map((one: Shown) => [one.amount, one.reason])).toEqual([
      [200, 'duplicate'],
      [100, null],
    ])
    expect(JSON.stringify(json)).not.toContain('ill')
  })

  it('is answered the same, byte for byte, when the request is sent again', async () => {
    const { id } = await paid()
    const key = randomUUID()
    const first = await refund(world, id, { amount: 500 }, key)
    const again = await refund(world, id, { amount: 500 }, key)
    expect([again.status, again.text, again.headers['idempotency-replayed']]).toEqual([201, first.text, 'true'])
    expect((await shownCharge(world, id)).amount_refunded).toBe(500)
  })

  it('that is pending at the bank counts, and succeeds later', async () => {
    const { id } = await paid('pm_card_pendingRefund')
    const { status, json } = await refund(world, id)
    expect([status, json.status]).toEqual([201, 'pending'])
    expect((await shownCharge(world, id)).amount_refunded).toBe(2_500)
    await world.advance(24 * 3_600)
    await eventually(world, async () => expect((await readRefund(json.id)).status).toBe('succeeded'))
  })

  it('that fails after it succeeded gives its amount back', async () => {
    const { id } = await paid('pm_card_refundFail')
    const { json } = await refund(world, id)
    expect(json.status).toBe('succeeded')
    await world.advance(24 * 3_600)
    await eventually(world, async () => expect((await readRefund(json.id)).status).toBe('failed'))
    expect((await shownCharge(world, id)).amount_refunded).toBe(0)
    expect(world.logs.some(line => line.includes(json.id) && line.includes('needs attention'))).toBe(true)
    expect((await refund(world, id)).status).toBe(201)
  })

  it("made at Stripe's dashboard is taken in, and counts", async () => {
    const { id, stripe } = await paid()
    await world.stripeApi('POST', '/v1/refunds', { payment_intent: stripe.payment_intent, amount: '700' })
    await eventually(world, async () => expect((await shownCharge(world, id)).amount_refunded).toBe(700))
    const { json } = await world.as('billing').get(`/v1/refunds?charge=${id}`)
    expect(json.data).toMatchObject([{ amount: 700, origin: 'stripe', status: 'succeeded', reason: null }])
    expect((await refund(world, id, { amount: 1_801 })).json.code).toBe('amount_exceeds_refundable')
    expect((await refund(world, id)).json.amount).toBe(1_800)
  })

  it("that Stripe refuses, since its dashboard was faster, says so and takes the other's refund in", async () => {
    const { id, stripe } = await paid()
    await world.control('POST', '/webhooks', { account_key: world.stripe.secretKeys.demo, drop: 1 })
    await world.stripeApi('POST', '/v1/refunds', { payment_intent: stripe.payment_intent })
    const answer = await refund(world, id)
    await world.control('POST', '/webhooks', { account_key: world.stripe.secretKeys.demo, drop: 0 })
    expect([answer.status, answer.json.code]).toEqual([422, 'amount_exceeds_refundable'])
    expect((await shownCharge(world, id)).amount_refunded).toBe(2_500)
  })

  it('is sent again after 409 and 429, under its own key', async () => {
    const { id } = await paid()
    await faults(world, [
      { method: 'POST', path: '/v1/refunds', when: 'before', kind: 'status', status: 429, times: 2 },
    ])
    const answer = await refund(world, id)
    await faults(world, [])
    expect([answer.status, answer.json.status]).toEqual([201, 'succeeded'])
  })
})

describe('a refund is refused', () => {
  it('of a charge that took nothing, or of which nobody knows yet', async () => {
    const declined = await charge(world, await card('pm_card_chargeCustomerFail'))
    expect((await refund(world, declined.json.charge.id)).json.code).toBe('invalid_state')
    const held = await charge(world, await card(), { capture: 'manual' })
    expect((await refund(world, held.json.id)).json.code).toBe('invalid_state')
    expect((await refund(world, await unknownCharge(world, await card(), 'after'))).json.code).toBe('outcome_unknown')
  })

  it("of another tenant's charge, of none, and by those who may not", async () => {
    const { id } = await paid()
    const body = { charge: id, reason: 'x' }
    expect((await world.as('billing', 'other').post('/v1/refunds', body)).status).toBe(404)
    expect((await refund(world, 'chrg_00000000000000000000000000')).json.code).toBe('not_found')
    expect((await world.as('finance').post('/v1/refunds', body)).json.code).toBe('insufficient_scope')
    expect((await world.as('billing').get('/v1/refunds/rfnd_00000000000000000000000000')).status).toBe(404)
  })

  it('when it is ill-formed', async () => {
    const { id } = await paid()
    for (const wrong of [
      { amount: 0 },
      { amount: -1 },
      { amount: '5' },
      { reason: '' },
      { reason: undefined },
      { x: 1 },
    ]) {
      expect((await refund(world, id, wrong)).json.code).toBe('validation_failed')
    }
  })
})

describe('a disputed charge', () => {
  it('is not refunded while the dispute is open, and what a lost dispute took counts', async () => {
    const { id } = await paid('pm_card_createDispute')
    await world.advance(3_600)
    await eventually(world, async () => {
      expect(await shownCharge(world, id)).toMatchObject({ disputed: true, amount_disputed: 2_500 })
    })
    expect((await refund(world, id)).json.code).toBe('charge_disputed')
    await endDispute(id, 'lost')
    await eventually(world, async () => expect((await shownCharge(world, id)).disputed).toBe(false))
    expect((await shownCharge(world, id)).amount_disputed).toBe(2_500)
    expect((await refund(world, id, { amount: 1 })).json.code).toBe('amount_exceeds_refundable')
  })

  it('is refundable again when the dispute is won', async () => {
    const { id } = await paid('pm_card_createDispute')
    await world.advance(3_600)
    await eventually(world, async () => expect((await shownCharge(world, id)).disputed).toBe(true))
    await endDispute(id, 'won')
    await eventually(world, async () => {
      expect(await shownCharge(world, id)).toMatchObject({ disputed: false, amount_disputed: 0 })
    })
    expect((await refund(world, id)).status).toBe(201)
  })

  it('may be refunded during an inquiry, which moves no money', async () => {
    const { id } = await paid('pm_card_createDisputeInquiry')
    await world.advance(3_600)
    await eventually(world, async () => expect(await disputesOf(id)).toBe(1))
    expect(await shownCharge(world, id)).toMatchObject({ disputed: false, amount_disputed: 0 })
    expect((await refund(world, id)).status).toBe(201)
  })
})

async function endDispute(chargeId: string, outcome: 'won' | 'lost'): Promise<void> {
  const { stripe } = await shownCharge(world, chargeId)
  const { json } = await world.stripeApi('GET', '/v1/disputes', { payment_intent: stripe.payment_intent })
  await world.control('POST', `/disputes/${json.data[0].id}/close`, { outcome })
}

async function disputesOf(chargeId: string): Promise<number> {
  const rows = await world.dependencies.db.transaction(
    'demo',
    tx => tx.sql`select id from disputes where tenant_id = 'demo' and charge_id = ${chargeId}`,
  )
  return rows.length
}
