// Charges through the door: every end that a first answer can have, what it says, and who is refused.
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { charge, eventually, intentsOf, type Shown, shownCharge } from '../support/money.ts'
import { payerWithCard } from '../support/payer-with-card.ts'
import { startWorld, type World } from '../support/world.ts'

let world: World

beforeAll(async () => {
  world = await startWorld()
})
afterAll(() => world?.close())

const card = (paymentMethod?: string, token?: Record<string, unknown>) =>
  payerWithCard(world, { ...(paymentMethod ? { paymentMethod } : {}), ...(token ? { token } : {}) })

describe('a charge that succeeds', () => {
  it('is answered 201 with all that was said, and reads the same afterwards', async () => {
    const { token, payer } = await card()
    const said = {
      reference: `order-${randomUUID()}`,
      description: 'Lesson',
      metadata: { month: 'november' },
      billing_job: 'monthly',
    }
    const answer = await charge(world, token, said)
    expect(answer.status, answer.text).toBe(201)
    expect(answer.json).toMatchObject({
      object: 'charge',
      status: 'succeeded',
      amount: 1_500,
      amount_captured: 1_500,
      amount_refunded: 0,
      amount_disputed: 0,
      currency: 'usd',
      token,
      payer,
      ...said,
      failure: null,
      next_action: null,
      settled_at: null,
    })
    expect(answer.json.attempts).toMatchObject([{ kind: 'charge', status: 'succeeded', amount: 1_500 }])
    const read = await shownCharge(world, answer.json.id)
    expect({ ...read, settled_at: null }).toEqual(answer.json)
    expect(await intentsOf(world, answer.json.id)).toMatchObject([{ status: 'succeeded', amount_received: 1_500 }])
  })

  it('is settled once the event of it has been worked off', async () => {
    const { token } = await card()
    const { json } = await charge(world, token)
    await eventually(world, async () => {
      expect(await shownCharge(world, json.id)).toMatchObject({
        status: 'succeeded',
        settled_at: expect.any(String),
        stripe: { charge: expect.stringMatching(/^ch_/) },
      })
    })
  })

  it('is answered the same, byte for byte, when the request is sent again', async () => {
    const { token } = await card()
    const key = randomUUID()
    const reference = `order-${randomUUID()}`
    const first = await charge(world, token, { reference }, key)
    const again = await charge(world, token, { reference }, key)
    expect([again.status, again.text]).toEqual([201, first.text])
    expect(again.headers['idempotency-replayed']).toBe('true')
    expect(first.headers['idempotency-replayed']).toBeUndefined()
    const other = await charge(world, token, { reference, amount: 1_501 }, key)
    expect(other.json.code).toBe('idempotency_mismatch')
  })

  it('waits for its capture when that is asked for', async () => {
    const { token } = await card()
    const { status, json } = await charge(world, token, { capture: 'manual' })
    expect([status, json.status, json.amount_captured, json.settled_at]).toEqual([201, 'requires_capture', 0, null])
  })
})

describe('a charge that is declined', () => {
  it.each([
    ['pm_card_chargeCustomerFail', 'generic_decline', 'after'],
    ['pm_card_visa_chargeCustomerFailLostCard', 'lost_card', 'new_card'],
  ])('%s is answered 402 with the charge, and says whether to try again', async (paymentMethod, declineCode, retry) => {
    const source = paymentMethod.endsWith('LostCard')
      ? { stripe_token: paymentMethod.replace('pm_card_', 'tok_') }
      : { payment_method: paymentMethod }
    const { json: payer } = await world.as('checkout').post('/v1/payers', { short_name: 'P.' })
    const saved = await world
      .as('checkout')
      .post('/v1/tokens', { payer: payer.id, consent: { text_version: 'v1' }, ...source })
    const key = randomUUID()
    const reference = `order-${randomUUID()}`
    const answer = await charge(world, saved.json.id, { reference }, key)
    expect([answer.status, answer.json.code]).toEqual([402, 'card_declined'])
    expect(answer.json.charge).toMatchObject({
      status: 'declined',
      amount_captured: 0,
      failure: { code: 'card_declined', decline_code: declineCode, retry },
    })
    const again = await charge(world, saved.json.id, { reference }, key)
    expect([again.status, again.text]).toEqual([402, answer.text])
  })

  it('has its payment intent cancelled, so that nobody can pay it later', async () => {
    const { token } = await card('pm_card_chargeCustomerFail')
    const { json } = await charge(world, token)
    await eventually(world, async () => {
      const shown = await shownCharge(world, json.charge.id)
      expect(shown).toMatchObject({ status: 'declined', settled_at: expect.any(String) })
      expect(shown.attempts.map((attempt: Shown) => [attempt.kind, attempt.status])).toEqual([
        ['charge', 'declined'],
        ['cancel', 'succeeded'],
      ])
    })
    expect(await intentsOf(world, json.charge.id)).toMatchObject([{ status: 'canceled' }])
  })
})

describe('a charge that Stripe does not take', () => {
  it('is errored, answered 422 with the charge, and alarmed', async () => {
    const { token } = await card()
    const { json: methods } = await world.stripeApi('GET', '/v1/events', {
      type: 'payment_method.attached',
      limit: '1',
    })
    await world.stripeApi('POST', `/v1/payment_methods/${methods.data[0].data.object.id}/detach`)
    const answer = await charge(world, token)
    expect([answer.status, answer.json.code]).toEqual([422, 'charge_refused'])
    expect(answer.json.charge).toMatchObject({ status: 'errored', failure: { retry: 'never' } })
    expect(await intentsOf(world, answer.json.charge.id)).toEqual([])
    expect(world.logs.some(line => line.includes('charge_refused') && line.includes(answer.json.charge.id))).toBe(true)
  })
})

describe('a charge is refused before anything is reserved', () => {
  const refused = async (token: string, more: Record<string, unknown> = {}) => {
    const answer = await charge(world, token, more)
    const { json } = await world.as('billing').get(`/v1/charges?token=${token}`)
    return [answer.status, answer.json.code, json.data?.length ?? null]
  }

  it('when its token is frozen, detached, or its consent was withdrawn', async () => {
    const admin = world.as('admin')
    const frozen = await card()
    await admin.post(`/v1/tokens/${frozen.token}/freeze`, { reason: 'lost' })
    expect(await refused(frozen.token)).toEqual([422, 'token_frozen', 0])
    const detached = await card()
    await admin.del(`/v1/tokens/${detached.token}`)
    expect(await refused(detached.token)).toEqual([410, 'token_detached', 0])
    const withdrawn = await card()
    await world.as('privacy').post(`/v1/payers/${withdrawn.payer}/consents/${withdrawn.consent}/withdraw`, {})
    expect(await refused(withdrawn.token)).toEqual([422, 'consent_withdrawn', 0])
  })

  it('when it goes beyond what its token allows', async () => {
    const limits = {
      currency: 'usd',
      max_amount_per_charge: 2_000,
      max_amount_per_window: 2_500,
      window_days: 30,
      billing_job: 'monthly',
    }
    const { token } = await card('pm_card_visa', { limits })
    expect(await refused(token, { currency: 'eur', billing_job: 'monthly' })).toEqual([422, 'limit_exceeded', 0])
    expect(await refused(token, { amount: 2_001, billing_job: 'monthly' })).toEqual([422, 'limit_exceeded', 0])
    expect(await refused(token, { billing_job: 'weekly' })).toEqual([422, 'limit_exceeded', 0])
    expect(await refused(token)).toEqual([422, 'limit_exceeded', 0])
    expect((await charge(world, token, { billing_job: 'monthly' })).status).toBe(201)
    expect(await refused(token, { billing_job: 'monthly' })).toEqual([422, 'limit_exceeded', 1])
    expect((await charge(world, token, { amount: 1_000, billing_job: 'monthly' })).status).toBe(201)
  })

  it('when its reference was used before, whatever became of that charge', async () => {
    const { token } = await card('pm_card_chargeCustomerFail')
    const reference = `order-${randomUUID()}`
    expect((await charge(world, token, { reference })).status).toBe(402)
    expect(await refused(token, { reference })).toEqual([409, 'reference_in_use', 1])
  })

  it('when no such token exists, here or in this tenant', async () => {
    expect((await charge(world, 'vtok_test_00000000000000000000000000')).json.code).toBe('not_found')
    const { token } = await payerWithCard(world, { tenant: 'other' })
    expect((await charge(world, token)).json.code).toBe('not_found')
  })

  it('when charging is paused: 503, and a new try goes through once it is resumed', async () => {
    const { token } = await card()
    const key = randomUUID()
    const reference = `order-${randomUUID()}`
    await pause(true)
    const answer = await charge(world, token, { reference }, key)
    expect([answer.status, answer.json.code]).toEqual([503, 'charging_paused'])
    expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0)
    await pause(false)
    expect((await charge(world, token, { reference }, key)).status).toBe(201)
  })

  it('when it is ill-formed, and each fault is named without its value', async () => {
    const { token } = await card()
    const body = { token, amount: 0, currency: 'USD', capture: 'later', invoice: 'invc_x', metadata: [] }
    const answer = await world.as('billing').post('/v1/charges', body)
    expect([answer.status, answer.json.code]).toEqual([422, 'validation_failed'])
    const pointers = answer.json.errors.map((fault: Shown) => fault.pointer).sort()
    expect(pointers).toEqual(['/amount', '/capture', '/currency', '/invoice', '/metadata', '/reference'])
  })
})

describe('lists of charges', () => {
  it('come newest first, page by page, by filters that combine', async () => {
    const { token, payer } = await card()
    const made: string[] = []
    for (let i = 0; i < 5; i++) made.unshift((await charge(world, token, { amount: 500 + i })).json.id)
    const seen: string[] = []
    for (let cursor: string | null = ''; cursor !== null; ) {
      const page: Shown = await world
        .as('finance')
        .get(`/v1/charges?token=${token}&limit=2${cursor && `&cursor=${cursor}`}`)
      seen.push(...page.json.data.map((one: Shown) => one.id))
      cursor = page.json.next_cursor
    }
    expect(seen).toEqual(made)
    const get = async (query: string) => (await world.as('finance').get(`/v1/charges?${query}`)).json
    expect((await get(`payer=${payer}&status=declined`)).data).toEqual([])
    const newest = await shownCharge(world, made[0] as string)
    expect((await get(`reference=${newest.reference}`)).data.map((one: Shown) => one.id)).toEqual([made[0]])
    const from = encodeURIComponent(newest.created_at)
    expect((await get(`token=${token}&created_from=${from}`)).data.length).toBe(1)
    expect((await get(`token=${token}&created_to=${from}`)).data.length).toBe(4)
    expect((await get('status=lost')).code).toBe('validation_failed')
    expect((await get('cursor=nothing')).code).toBe('validation_failed')
  })

  it("show nothing of another tenant's", async () => {
    const { token } = await card()
    const { json } = await charge(world, token)
    const other = world.as('billing', 'other')
    expect((await other.get(`/v1/charges/${json.id}`)).status).toBe(404)
    expect((await other.get(`/v1/charges?token=${token}`)).json.data).toEqual([])
    expect((await other.post(`/v1/charges/${json.id}/cancel`)).status).toBe(404)
  })
})

async function pause(paused: boolean): Promise<void> {
  const { sql } = world.dependencies.db
  await sql`update tenants set charging_paused_at = ${paused ? new Date() : null} where id = 'demo'`
}
