// Consents through the door: recorded with their evidence, withdrawn at once, and what rests on them stops.
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ApiClient } from '../support/api-client.ts'
import { asSuperuser, databaseTexts, tablesHolding } from '../support/database-contents.ts'
import { chargeOf, payerWithCard } from '../support/payer-with-card.ts'
import { startWorld, type World } from '../support/world.ts'

let world: World
let privacy: ApiClient
beforeAll(async () => {
  world = await startWorld()
  privacy = world.as('privacy')
})
afterAll(() => world.close())

const MISSING = 'cons_00000000000000000000000000'

async function newPayer(client = world.as('checkout')): Promise<string> {
  return (await client.post('/v1/payers', { short_name: `C. ${randomUUID().slice(0, 6)}` })).json.id
}

const record = (payer: string, more: Record<string, unknown> = {}, client = privacy) =>
  client.post(`/v1/payers/${payer}/consents`, { purpose: 'marketing', text_version: '2026-11-01', ...more })

describe('a consent', () => {
  test('is recorded with its evidence sealed, and listed newest first', async () => {
    const payer = await newPayer()
    const user_agent = `Agent ${randomUUID()}`
    const first = await record(payer, {
      locale: 'mn',
      ip: '203.0.113.77',
      user_agent,
      accepted_at: '2026-11-01T08:00:00+08:00',
    })
    expect(first.status).toBe(201)
    expect(first.json).toMatchObject({
      object: 'consent',
      payer,
      purpose: 'marketing',
      locale: 'mn',
      accepted_at: '2026-11-01T00:00:00.000Z',
      source: 'service',
      withdrawn_at: null,
    })
    const second = await record(payer, { purpose: 'interviews' })
    const list = await privacy.get(`/v1/payers/${payer}/consents`)
    expect(list.json.data.map((row: { id: string }) => row.id)).toEqual([second.json.id, first.json.id])
    const texts = await databaseTexts(world.database)
    for (const evidence of [user_agent, '203.0.113.77']) expect(tablesHolding(texts, evidence)).toEqual([])
  })

  test.each([
    ['a purpose that rests on no consent', { purpose: 'settle_payments' }, '/purpose'],
    ['the mandate of a card, which only saving the card makes', { purpose: 'charge_saved_card' }, '/purpose'],
    ['a time that is none', { accepted_at: 'yesterday' }, '/accepted_at'],
    ['an address that is none', { ip: 'localhost' }, '/ip'],
    ['a member it does not have', { withdrawn_at: '2026-11-01T00:00:00Z' }, '/withdrawn_at'],
    ['no text version', { text_version: undefined }, '/text_version'],
  ])('with %s is refused', async (_, body, pointer) => {
    const answer = await record(await newPayer(), body)
    expect(answer).toMatchObject({ status: 422, json: { code: 'validation_failed', errors: [{ pointer }] } })
  })

  test('of an unknown payer, or of one of another tenant, is not found', async () => {
    const foreign = await newPayer(world.as('checkout', 'other'))
    for (const payer of [foreign, 'payer_00000000000000000000000000', 'payer_1']) {
      expect(await record(payer)).toMatchObject({ status: 404, json: { code: 'not_found' } })
      expect((await privacy.get(`/v1/payers/${payer}/consents`)).status).toBe(404)
    }
  })
})

describe('withdrawing', () => {
  test('is kept with the first time, however often it is asked for', async () => {
    const payer = await newPayer()
    const { id } = (await record(payer)).json
    const first = await privacy.post(`/v1/payers/${payer}/consents/${id}/withdraw`)
    expect(first).toMatchObject({ status: 200, json: { id, withdrawn_at: expect.any(String) } })
    const again = await privacy.post(`/v1/payers/${payer}/consents/${id}/withdraw`)
    expect(again.json).toEqual(first.json)
  })

  test("finds a payer's own consents only", async () => {
    const [mine, yours] = [await newPayer(), await newPayer()]
    const { id } = (await record(yours)).json
    const foreignPayer = await newPayer(world.as('checkout', 'other'))
    const foreign = (await record(foreignPayer, {}, world.as('privacy', 'other'))).json.id
    for (const [payer, consent] of [
      [mine, id],
      [mine, MISSING],
      [mine, 'cons_x'],
      [mine, foreign],
      [foreignPayer, foreign],
    ]) {
      const answer = await privacy.post(`/v1/payers/${payer}/consents/${consent}/withdraw`)
      expect(answer).toMatchObject({ status: 404, json: { code: 'not_found' } })
    }
    const kept = (await privacy.get(`/v1/payers/${yours}/consents`)).json.data
    expect(kept).toMatchObject([{ id, withdrawn_at: null }])
  })
})

describe("withdrawing a card's mandate", () => {
  test('is in force before the next charge', async () => {
    const { payer, token, consent } = await payerWithCard(world)
    const billing = world.as('billing')
    expect((await billing.post('/v1/charges', chargeOf(token))).status).toBe(201)
    expect((await privacy.post(`/v1/payers/${payer}/consents/${consent}/withdraw`)).status).toBe(200)
    const after = await billing.post('/v1/charges', chargeOf(token))
    expect(after).toMatchObject({ status: 422, json: { code: 'consent_withdrawn' } })
  })

  test('lets no charge of 200 parallel ones be reserved after it was answered', async () => {
    const { payer, token, consent } = await payerWithCard(world)
    const billing = world.as('billing')
    const wave = (count: number) =>
      Array.from({ length: count }, () => billing.post('/v1/charges', chargeOf(token, { amount: 100 })))
    const before = wave(120)
    await Promise.race(before)
    const withdrawing = privacy.post(`/v1/payers/${payer}/consents/${consent}/withdraw`)
    const during = wave(40)
    expect((await withdrawing).status).toBe(200)
    const after = await Promise.all(wave(40))
    for (const answer of after) expect(answer).toMatchObject({ status: 422, json: { code: 'consent_withdrawn' } })
    const answers = await Promise.all([...before, ...during])
    for (const { status, json } of answers) {
      expect([201, 202, 422]).toContain(status)
      if (status === 422) expect(json.code).toBe('consent_withdrawn')
    }
    const reserved = answers.filter(({ status }) => status !== 422).length
    expect(reserved).toBeGreaterThan(0)
    // The audit rows are numbered under the same lock on the token that the reserves and the withdrawal take.
    const [order] = await asSuperuser(
      world.database,
      sql => sql`
        select count(*) filter (where c.id is not null)::int as reserved,
               max(a.sequence) filter (where c.id is not null and a.action = 'charge.create')
                 < min(a.sequence) filter (where a.action = 'consent.withdraw') as in_order
          from audit_log a left join charges c on c.id = a.object_id and c.token_id = ${token}
         where (c.id is not null and a.action = 'charge.create') or a.object_id = ${consent}`,
    )
    expect(order).toEqual({ reserved, in_order: true })
  })
})
