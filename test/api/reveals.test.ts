// Looks at a real name: for a short time, few in an hour over all processes, and told to the person in question.
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { buildAccessPackage } from '../../src/domain/privacy/build-access-package.ts'
import type { ObjectionSource } from '../../src/domain/privacy/record-objection.ts'
import { recordObjection } from '../../src/domain/privacy/record-objection.ts'
import { operatorContext } from '../../src/domain/tenants/operator-context.ts'
import type { ApiClient } from '../support/api-client.ts'
import { asSuperuser, databaseTexts, tablesHolding } from '../support/database-contents.ts'
import { chargeOf, payerWithCard } from '../support/payer-with-card.ts'
import { startWorld, type World } from '../support/world.ts'

let world: World
let privacy: ApiClient

beforeAll(async () => {
  world = await startWorld({ webhooks: false })
  privacy = world.as('privacy')
})
afterAll(() => world.close())

const word = () => randomUUID().slice(0, 8)
const operator = () => operatorContext(world.dependencies, 'demo', 'test')

async function newPayer(more: Record<string, unknown> = {}): Promise<string> {
  const made = await world.as('checkout').post('/v1/payers', { short_name: `S. ${word()}`, real_name: 'Bat', ...more })
  expect(made.status, made.text).toBe(201)
  return made.json.id
}

const wish = (more: Record<string, unknown> = {}) => ({
  fields: ['real_name'],
  purpose: 'legal_request',
  reason: 'a letter of the court',
  ...more,
})
const reveal = (payer: string, more: Record<string, unknown> = {}, client = privacy) =>
  client.post(`/v1/payers/${payer}/reveal`, wish(more), { key: null })

/** As the person's own access package tells them. */
async function looksAt(payer: string) {
  const ctx = operator()
  const { held } = await ctx.db.transaction('demo', tx => buildAccessPackage(tx, ctx, payer))
  return held.looks_at_your_name?.rows
}

const object = (payer: string, purpose: string, source: ObjectionSource = 'request') => {
  const ctx = operator()
  return ctx.db.transaction('demo', tx => recordObjection(tx, ctx, payer, purpose, source))
}

describe('a reveal', () => {
  test('says until when it may be shown', async () => {
    const before = world.dependencies.clock.now().getTime()
    const { expires_at } = (await reveal(await newPayer())).json
    const shownMs = Date.parse(expires_at) - before
    expect(shownMs).toBeGreaterThanOrEqual(5 * 60_000)
    expect(shownMs).toBeLessThan(6 * 60_000)
  })

  test('is told to the person with who, when, what for and why, and to nobody else', async () => {
    const payer = await newPayer()
    const reason = `because ${word()}`
    await reveal(payer, { fields: ['real_name', 'real_name', 'email'], reason })
    await reveal(await newPayer(), { reason: 'another person' })
    expect(await looksAt(payer)).toMatchObject([
      {
        actor_kind: 'service',
        actor_id: 'privacy-subject',
        purpose: 'legal_request',
        fields: ['real_name', 'email'],
        reason,
        created_at: expect.any(String),
      },
    ])
    expect(tablesHolding(await databaseTexts(world.database), reason)).toEqual([])
    const audit = await privacy.get(`/v1/audit-log?action=payer.reveal&payer=${payer}`)
    expect(audit.text).not.toContain(reason)
  })

  test('that was refused leaves no look to tell of', async () => {
    const payer = await newPayer()
    expect((await reveal(payer, { purpose: 'marketing' })).status).toBe(403)
    expect(await looksAt(payer)).toEqual([])
  })

  test('is bounded an hour for each person, counted where all processes count', async () => {
    const payer = await newPayer()
    const contact = { email: `${word()}@mail.example` }
    const inquiry = await privacy.post('/v1/inquiries', { kind: 'wish', message: 'A pony', contact })
    const actor = { sub: `patient-${word()}` }
    const patient = world.as('privacy', 'demo', actor)
    expect((await reveal(payer, {}, patient)).status).toBe(200)
    // As if other processes had answered the rest of the hour's looks.
    await asSuperuser(
      world.database,
      sql => sql`
        insert into reveals select r.tenant_id, 'rvel_planted' || n, r.payer_id, r.inquiry_id, r.actor_kind, r.actor_id, r.purpose,
                                   r.fields, r.reason_sealed, r.expires_at, r.created_at
          from reveals r, generate_series(1, 58) n where r.actor_id = ${actor.sub}`,
    )
    expect((await reveal(payer, {}, patient)).status).toBe(200)
    const over = await reveal(payer, {}, patient)
    expect(over).toMatchObject({ status: 429, json: { code: 'rate_limited' } })
    expect(Number(over.headers['retry-after'])).toBeGreaterThan(3_500)
    const otherClient = world.as('privacy', 'demo', { ...actor, client_id: 'another-client' })
    expect((await reveal(payer, {}, otherClient)).status).toBe(429)
    const answering = { purpose: 'answer_messages', reason: 'to answer' }
    const contactOf = (client: ApiClient) =>
      client.post(`/v1/inquiries/${inquiry.json.id}/reveal`, answering, { key: null })
    expect((await contactOf(patient)).status).toBe(429)
    expect((await contactOf(privacy)).status).toBe(200)
    await world.advance(3_600)
    expect((await reveal(payer, {}, patient)).status).toBe(200)
  })

  test('waits for whoever changes the payer before it holds the consent that it rests on', async () => {
    const payer = await newPayer()
    await privacy.post(`/v1/payers/${payer}/consents`, { purpose: 'gifts', text_version: 'v1' })
    const looked = await asSuperuser(world.database, async sql => {
      const [looking] = await sql.begin(async tx => {
        await tx`select 1 from payers where id = ${payer} for update`
        const looking = reveal(payer, { purpose: 'gifts' })
        const waiting = () =>
          tx`select 1 from pg_locks where not granted and pg_backend_pid() = any(pg_blocking_pids(pid))`
        await expect.poll(waiting).toHaveLength(1)
        await tx`select 1 from consents where payer_id = ${payer} for update nowait`
        return [looking]
      })
      return looking
    })
    expect(looked?.status).toBe(200)
  })

  test('of many at once passes the bound by none', async () => {
    const payer = await newPayer()
    const actor = { sub: `crowd-${word()}` }
    const crowd = world.as('privacy', 'demo', actor)
    expect((await reveal(payer, {}, crowd)).status).toBe(200)
    await asSuperuser(
      world.database,
      sql => sql`
        insert into reveals select r.tenant_id, 'rvel_crowd' || n, r.payer_id, r.inquiry_id, r.actor_kind, r.actor_id, r.purpose,
                                   r.fields, r.reason_sealed, r.expires_at, r.created_at
          from reveals r, generate_series(1, 54) n where r.actor_id = ${actor.sub}`,
    )
    const answers = await Promise.all(Array.from({ length: 20 }, () => reveal(payer, {}, crowd)))
    expect(answers.filter(({ status }) => status === 200).length).toBe(5)
    expect(answers.filter(({ status }) => status === 429).length).toBe(15)
  })
})

describe('an objection', () => {
  test('to a legitimate interest blocks the purpose from then on, and no other one', async () => {
    const payer = await newPayer()
    expect((await reveal(payer, { purpose: 'service_news' })).status).toBe(200)
    const first = await object(payer, 'service_news')
    expect(await reveal(payer, { purpose: 'service_news' })).toMatchObject({
      status: 403,
      json: { code: 'purpose_not_allowed' },
    })
    expect((await reveal(payer, { purpose: 'collect_money' })).status).toBe(200)
    expect((await reveal(await newPayer(), { purpose: 'service_news' })).status).toBe(200)
    expect(await object(payer, 'service_news')).toMatchObject({ id: first.id })
    const [row] = (await privacy.get(`/v1/audit-log?action=objection.record&payer=${payer}`)).json.data
    expect(row).toMatchObject({ subject: { type: 'objection', id: first.id }, details: { purpose: 'service_news' } })
  })

  test('to what a contract or a law carries is refused, as is one to an unknown purpose', async () => {
    const payer = await newPayer()
    for (const purpose of ['settle_payments', 'rights_request', 'curiosity'])
      await expect(object(payer, purpose)).rejects.toMatchObject({ code: 'validation_failed' })
  })

  test('to a consent withdraws it', async () => {
    const payer = await newPayer()
    const consent = await privacy.post(`/v1/payers/${payer}/consents`, { purpose: 'gifts', text_version: 'v1' })
    expect((await object(payer, 'gifts')).withdrawn).toEqual([consent.json.id])
    expect((await reveal(payer, { purpose: 'gifts' })).status).toBe(403)
  })

  test('to charging withdraws the mandates of all saved cards before the next charge', async () => {
    const { payer, token, consent } = await payerWithCard(world)
    const billing = world.as('billing')
    const waves = Array.from({ length: 40 }, () => billing.post('/v1/charges', chargeOf(token, { amount: 100 })))
    await Promise.race(waves)
    expect((await object(payer, 'charge_saved_card')).withdrawn).toEqual([consent])
    const after = await Promise.all(Array.from({ length: 10 }, () => billing.post('/v1/charges', chargeOf(token))))
    for (const answer of after) expect(answer).toMatchObject({ status: 422, json: { code: 'consent_withdrawn' } })
    for (const { status } of await Promise.all(waves)) expect([201, 202, 422]).toContain(status)
  })
})
