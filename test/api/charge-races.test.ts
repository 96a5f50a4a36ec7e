// Money under concurrency: whatever arrives at once, each wish moves money once.
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ApiAnswer } from '../support/api-client.ts'
import { charge, intentsOf, refund, shownCharge } from '../support/money.ts'
import { payerWithCard } from '../support/payer-with-card.ts'
import { startWorld, type World } from '../support/world.ts'

let world: World
let token: string

beforeAll(async () => {
  world = await startWorld({ webhooks: false })
  token = (await payerWithCard(world)).token
})
afterAll(() => world?.close())

const burst = <Value>(count: number, work: (index: number) => Promise<Value>): Promise<Value[]> =>
  Promise.all(Array.from({ length: count }, (_, index) => work(index)))

const tally = (answers: readonly ApiAnswer[]) => {
  const counts: Record<string, number> = {}
  for (const { status, json } of answers) {
    const name = status < 300 ? String(status) : `${status} ${json.code}`
    counts[name] = (counts[name] ?? 0) + 1
  }
  return counts
}

describe('charges that arrive at once', () => {
  it('100 identical requests make one charge, and everyone gets its answer in the end', async () => {
    const key = randomUUID()
    const body = { reference: `race-${randomUUID()}`, amount: 700 }
    const first = await burst(100, () => charge(world, token, body, key))
    for (const answer of first)
      expect(tally([answer])).toEqual(answer.status === 201 ? { 201: 1 } : { '409 idempotency_in_progress': 1 })
    expect(first.filter(one => one.status === 201 && !one.headers['idempotency-replayed']).length).toBe(1)
    const settled = await burst(100, () => charge(world, token, body, key))
    expect(new Set(settled.map(one => one.text)).size).toBe(1)
    const { id } = (settled[0] as ApiAnswer).json
    expect((await intentsOf(world, id)).length).toBe(1)
    const { json } = await world.as('billing').get(`/v1/charges?reference=${body.reference}`)
    expect(json.data.length).toBe(1)
  })

  it('100 charges of one reference under different keys make one charge', async () => {
    const body = { reference: `race-${randomUUID()}` }
    const answers = await burst(100, () => charge(world, token, body))
    expect(tally(answers)).toEqual({ 201: 1, '409 reference_in_use': 99 })
  })

  it('50 different requests under one key make one charge', async () => {
    const key = randomUUID()
    const answers = await burst(50, index => charge(world, token, { amount: 1_000 + index }, key))
    expect(answers.filter(one => one.status === 201).length).toBe(1)
    for (const { status, json } of answers) {
      expect(['idempotency_mismatch', 'idempotency_in_progress', undefined]).toContain(
        status === 201 ? undefined : json.code,
      )
    }
  })

  it('one key on many tokens at once never waits for itself', async () => {
    const tokens = await Promise.all(Array.from({ length: 6 }, async () => (await payerWithCard(world)).token))
    const keys = Array.from({ length: 6 }, () => randomUUID())
    const answers = await burst(72, index =>
      charge(world, tokens[index % 6] as string, {}, keys[Math.floor(index / 6) % 6] as string),
    )
    expect(answers.every(({ status }) => status < 500)).toBe(true)
    expect(answers.filter(({ status }) => status === 201).length).toBe(6)
  })

  it('40 different charges all succeed, and each answer belongs to its request', async () => {
    const references = Array.from({ length: 40 }, () => `race-${randomUUID()}`)
    const answers = await burst(40, index =>
      charge(world, token, { amount: 300 + index, reference: references[index] as string }),
    )
    expect(answers.map(({ json }) => [json.amount, json.reference])).toEqual(
      references.map((one, index) => [300 + index, one]),
    )
    expect(new Set(answers.map(({ json }) => json.id)).size).toBe(40)
  })

  it('a limit over a window holds, however many charges ask at once', async () => {
    const limits = { currency: 'usd', max_amount_per_charge: 1_000, max_amount_per_window: 2_500, window_days: 30 }
    const limited = (await payerWithCard(world, { token: { limits } })).token
    const answers = await burst(20, () => charge(world, limited, { amount: 1_000 }))
    expect(tally(answers)).toEqual({ 201: 2, '422 limit_exceeded': 18 })
  })

  it("a tenant's caps by the hour hold, however many charges ask at once", async () => {
    const { sql } = world.dependencies.db
    const before = (await world.as('billing').get('/v1/charges?limit=100')).json.data
    await sql`update tenants set max_charges_per_hour = ${100_000}, max_amount_per_hour = null where id = 'demo'`
    expect((await charge(world, token)).status).toBe(201)
    const [{ made }] = (await world.dependencies.db.transaction(
      'demo',
      tx => tx.sql`
      select count(*)::integer as made from charges where tenant_id = 'demo'`,
    )) as unknown as [{ made: number }]
    expect(made).toBeGreaterThan(before.length)
    await sql`update tenants set max_charges_per_hour = ${made + 3} where id = 'demo'`
    const answers = await burst(12, () => charge(world, token))
    await sql`update tenants set max_charges_per_hour = null where id = 'demo'`
    expect(tally(answers)).toEqual({ 201: 3, '429 rate_limited': 9 })
  })

  it('no charge that begins after a freeze was answered succeeds', async () => {
    const cold = (await payerWithCard(world)).token
    const late: ApiAnswer[] = []
    const early = burst(20, () => charge(world, cold))
    await world.as('admin').post(`/v1/tokens/${cold}/freeze`, { reason: 'race' })
    late.push(...(await burst(10, () => charge(world, cold))))
    expect(tally(late)).toEqual({ '422 token_frozen': 10 })
    for (const one of await early) expect([201, 422]).toContain(one.status)
  })
})

describe('refunds that arrive at once', () => {
  const succeeded = async (amount: number) => (await charge(world, token, { amount })).json.id as string

  it('never give back more than was taken', async () => {
    const id = await succeeded(1_000)
    const answers = await burst(50, () => refund(world, id, { amount: 300 }))
    expect(tally(answers)).toEqual({ 201: 3, '422 amount_exceeds_refundable': 47 })
    expect((await shownCharge(world, id)).amount_refunded).toBe(900)
  })

  it('give all of it back once', async () => {
    const id = await succeeded(1_000)
    expect(tally(await burst(50, () => refund(world, id)))).toEqual({ 201: 1, '422 amount_exceeds_refundable': 49 })
  })

  it('under one key are one refund', async () => {
    const id = await succeeded(1_000)
    const key = randomUUID()
    await burst(50, () => refund(world, id, { amount: 100 }, key))
    const again = await refund(world, id, { amount: 100 }, key)
    expect([again.status, again.headers['idempotency-replayed']]).toEqual([201, 'true'])
    expect((await shownCharge(world, id)).amount_refunded).toBe(100)
  })

  it('of mixed amounts stay within the capture, to the cent', async () => {
    const id = await succeeded(1_000)
    const answers = await burst(60, index => refund(world, id, { amount: 1 + ((index * 37) % 400) }))
    const sum = answers.filter(({ status }) => status === 201).reduce((total, { json }) => total + json.amount, 0)
    expect(sum).toBeLessThanOrEqual(1_000)
    expect((await shownCharge(world, id)).amount_refunded).toBe(sum)
  })
})

describe('captures and cancels that arrive at once', () => {
  it('one of them wins, wholly', async () => {
    const { json } = await charge(world, token, { capture: 'manual', amount: 800 })
    const answers = await burst(40, index =>
      world.as('billing').post(`/v1/charges/${json.id}/${index % 2 ? 'capture' : 'cancel'}`, {}),
    )
    expect(answers.filter(({ status }) => status === 200).length).toBe(1)
    expect(answers.every(({ status }) => status === 200 || status === 409)).toBe(true)
    const shown = await shownCharge(world, json.id)
    expect([
      ['succeeded', 800],
      ['cancelled', 0],
    ]).toContainEqual([shown.status, shown.amount_captured])
    expect(shown.attempts.length).toBe(2)
  })

  it('a capture under one key is one capture', async () => {
    const { json } = await charge(world, token, { capture: 'manual', amount: 800 })
    const key = randomUUID()
    await burst(30, () => world.as('billing').post(`/v1/charges/${json.id}/capture`, { amount: 500 }, { key }))
    const again = await world.as('billing').post(`/v1/charges/${json.id}/capture`, { amount: 500 }, { key })
    expect([again.status, again.json.amount_captured, again.headers['idempotency-replayed']]).toEqual([
      200,
      500,
      'true',
    ])
  })
})
