// Checkout sessions: what a page's token may do, and everything that it may not.
import { randomUUID } from 'node:crypto'
import { createLocalJWKSet, jwtVerify } from 'jose'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { operatorContext } from '../../src/domain/tenants/operator-context.ts'
import { setTenant } from '../../src/domain/tenants/set-tenant.ts'
import type { ApiClient, SendOptions } from '../support/api-client.ts'
import { databaseTexts, tablesHolding } from '../support/database-contents.ts'
import { type StripeBrowser, stripeBrowser } from '../support/stripe-browser.ts'
import { startWorld, type World } from '../support/world.ts'

const SHOP = 'https://shop.example'
const OTHER_SHOP = 'https://other.example'

let world: World
let checkout: ApiClient
let browser: StripeBrowser
let payer: string
beforeAll(async () => {
  world = await startWorld({ webhooks: false, environment: { CARD_TESTING_PER_SESSION: '100' } })
  checkout = world.as('checkout')
  browser = stripeBrowser(world)
  await setTenant(operatorContext(world.dependencies, 'demo', 'test'), { allowed_origins: [SHOP, OTHER_SHOP] })
})
afterAll(() => world.close())
beforeEach(async () => {
  payer = (await checkout.post('/v1/payers', { short_name: 'S. One' })).json.id
})

type Opened = {
  id: string
  setup_intent_client_secret: string
  publishable_key: string
  session_token: string
  expires_at: string
  setupIntent: string
  page: ApiClient
}

async function open(more: Record<string, unknown> = {}): Promise<Opened> {
  const body = { payer, usage: 'off_session', consent: { text_version: '2026-11-01', locale: 'mn' }, ...more }
  const answer = await checkout.post('/v1/checkout-sessions', body)
  expect(answer.status, answer.text).toBe(201)
  const setupIntent = answer.json.setup_intent_client_secret.split('_secret_')[0]
  return { ...answer.json, setupIntent, page: world.withToken(answer.json.session_token) }
}

const from = (origin: string): SendOptions => ({ headers: { origin } })

describe('opening', () => {
  test('gives a client secret and a token of at most 15 minutes, both bound to the payer', async () => {
    const session = await open()
    const [header, claims] = session.session_token
      .split('.')
      .slice(0, 2)
      .map(part => JSON.parse(Buffer.from(part, 'base64url').toString()))
    expect(header.typ).toBe('panless-checkout+jwt')
    expect(claims.exp - claims.iat).toBeLessThanOrEqual(900)
    expect(new Date(session.expires_at).getTime()).toBe(claims.exp * 1000)
    expect(session.publishable_key).toBe(world.stripe.publishableKeys.demo)
    const intent = await world.stripeApi('GET', `/v1/setup_intents/${session.setupIntent}`)
    expect(intent.json).toMatchObject({
      usage: 'off_session',
      metadata: { panless_payer: payer },
      status: 'requires_payment_method',
    })
  })

  test('gives a token that the published keys verify', async () => {
    const { id, session_token } = await open()
    const keys = createLocalJWKSet((await world.withToken(null).get('/.well-known/jwks.json')).json)
    const { payload } = await jwtVerify(session_token, keys, { typ: 'panless-checkout+jwt', algorithms: ['EdDSA'] })
    expect(payload.sub).toBe(id)
  })

  test('again with the same key is the same session, byte for byte, and its secrets are sealed', async () => {
    const key = randomUUID()
    const body = { payer, usage: 'on_session', consent: { text_version: 'v', locale: 'en' } }
    const first = await checkout.post('/v1/checkout-sessions', body, { key })
    const again = await checkout.post('/v1/checkout-sessions', body, { key })
    expect([again.status, again.text, again.headers['idempotency-replayed']]).toEqual([201, first.text, 'true'])
    const texts = await databaseTexts(world.database)
    for (const secret of [first.json.session_token, first.json.setup_intent_client_secret]) {
      expect(tablesHolding(texts, secret)).toEqual([])
    }
  })

  test('many times at once with one key opens one session and one SetupIntent', async () => {
    const key = randomUUID()
    const body = { payer, usage: 'off_session', consent: { text_version: 'v', locale: 'en' } }
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => checkout.post('/v1/checkout-sessions', body, { key })),
    )
    const made = answers.filter(answer => answer.status === 201)
    expect(new Set(made.map(answer => answer.json.id)).size).toBe(1)
    expect(answers.every(answer => answer.status === 201 || answer.json.code === 'idempotency_in_progress')).toBe(true)
  })

  test('leaves the key free when Stripe is away', async () => {
    const key = randomUUID()
    const body = { payer, usage: 'off_session', consent: { text_version: 'v', locale: 'en' } }
    await world.control('POST', '/faults', {
      rules: [{ path: '/v1/setup_intents', kind: 'status', status: 500, when: 'before' }],
    })
    const away = await checkout.post('/v1/checkout-sessions', body, { key })
    await world.control('DELETE', '/faults')
    expect([away.status, away.json.code]).toEqual([503, 'stripe_unavailable'])
    expect((await checkout.post('/v1/checkout-sessions', body, { key })).status).toBe(201)
  })

  test.each([
    [{ usage: 'sometimes' }, '/usage'],
    [{ consent: { text_version: 'v' } }, '/consent/locale'],
    [{ consent: { text_version: 'v', locale: 'not a locale' } }, '/consent/locale'],
    [{ limits: { max_amount_per_charge: 0, currency: 'usd' } }, '/limits/max_amount_per_charge'],
    [{ colour: 'red' }, '/colour'],
  ])('refuses %j', async (more, pointer) => {
    const body = { payer, usage: 'off_session', consent: { text_version: 'v', locale: 'en' }, ...more }
    const answer = await checkout.post('/v1/checkout-sessions', body)
    expect([answer.status, answer.json.code, answer.json.errors[0].pointer]).toEqual([
      422,
      'validation_failed',
      pointer,
    ])
  })

  test("is for the tenant's own payers, and for those with the scope", async () => {
    const body = { payer, usage: 'off_session', consent: { text_version: 'v', locale: 'en' } }
    expect((await world.as('checkout', 'other').post('/v1/checkout-sessions', body)).status).toBe(404)
    expect((await world.as('billing').post('/v1/checkout-sessions', body)).json.code).toBe('insufficient_scope')
  })
})

describe('a page with its session token', () => {
  test('saves the card; consent, limits and usage are those of the session', async () => {
    const limits = { currency: 'usd', max_amount_per_charge: 2000, billing_job: 'monthly' }
    const session = await open({ limits, usage: 'on_session' })
    await browser.confirmSetup(session.setup_intent_client_secret)
    const saved = await session.page.post('/v1/tokens', { setup_intent: session.setupIntent, payer }, from(SHOP))
    expect(saved.status, saved.text).toBe(201)
    expect(saved.json).toMatchObject({
      payer,
      limits,
      usage: 'on_session',
      consent: { text_version: '2026-11-01', locale: 'mn' },
    })
    expect(saved.headers['access-control-allow-origin']).toBe(SHOP)
    const shown = await session.page.get(`/v1/checkout-sessions/${session.id}`, from(SHOP))
    expect(shown.json).toMatchObject({ status: 'complete', token: saved.json.id })
    expect(shown.text).not.toMatch(/_secret_|eyJ/)
  })

  test('gets the same token for every further try, with whatever key', async () => {
    const session = await open()
    const unfinished = await session.page.post('/v1/tokens', { setup_intent: session.setupIntent })
    expect([unfinished.status, unfinished.json.code]).toEqual([422, 'setup_not_succeeded'])
    await browser.confirmSetup(session.setup_intent_client_secret)
    const saved = await session.page.post('/v1/tokens', { setup_intent: session.setupIntent })
    expect(saved.status).toBe(201)
    for (const body of [{}, { on_duplicate: 'create' }, { on_duplicate: 'reject' }]) {
      const again = await session.page.post('/v1/tokens', { setup_intent: session.setupIntent, ...body })
      expect([again.status, again.json.id]).toEqual([200, saved.json.id])
    }
  })

  test('at once 50 times makes one token', async () => {
    const session = await open()
    await browser.confirmSetup(session.setup_intent_client_secret)
    const answers = await Promise.all(
      Array.from({ length: 50 }, () =>
        session.page.post('/v1/tokens', { setup_intent: session.setupIntent }, from(SHOP)),
      ),
    )
    expect(answers.filter(answer => answer.status === 201)).toHaveLength(1)
    expect(new Set(answers.map(answer => answer.json.id)).size).toBe(1)
  })

  test('gets the card that the payer has already, and that is its token from then on', async () => {
    const consent = { text_version: 'v1' }
    const first = await checkout.post('/v1/tokens', { payer, payment_method: 'pm_card_visa', consent })
    const session = await open()
    await browser.confirmSetup(session.setup_intent_client_secret)
    const saved = await session.page.post('/v1/tokens', { setup_intent: session.setupIntent })
    expect([saved.status, saved.json.id]).toEqual([200, first.json.id])
    expect((await session.page.get(`/v1/checkout-sessions/${session.id}`)).json.token).toBe(first.json.id)
  })

  test('keeps the address and browser that panless saw as the evidence, sealed', async () => {
    const session = await open()
    await browser.confirmSetup(session.setup_intent_client_secret)
    const agent = `Agent${randomUUID().slice(0, 8)}`
    const saved = await session.page.post(
      '/v1/tokens',
      { setup_intent: session.setupIntent },
      { headers: { origin: SHOP, 'user-agent': agent } },
    )
    expect(saved.status).toBe(201)
    expect(tablesHolding(await databaseTexts(world.database), agent)).toEqual([])
  })

  test('cannot name another payer or another SetupIntent, or bring limits or a consent of its own', async () => {
    const session = await open()
    const stranger = (await checkout.post('/v1/payers', { short_name: 'Other' })).json.id
    const another = await open()
    const bodies: [Record<string, unknown>, string][] = [
      [{ setup_intent: session.setupIntent, payer: stranger }, 'wrong_payer'],
      [{ setup_intent: another.setupIntent }, 'validation_failed'],
      [{ setup_intent: session.setupIntent, limits: {} }, 'validation_failed'],
      [{ setup_intent: session.setupIntent, consent: { text_version: 'v' } }, 'validation_failed'],
      [{ payment_method: 'pm_card_visa' }, 'validation_failed'],
    ]
    for (const [body, code] of bodies) {
      const answer = await session.page.post('/v1/tokens', body)
      expect([answer.status, answer.json.code]).toEqual([422, code])
    }
  })

  test('may do nothing else', async () => {
    const session = await open()
    const another = await open()
    expect((await session.page.get(`/v1/checkout-sessions/${another.id}`)).status).toBe(404)
    for (const path of ['/v1/tokens', `/v1/payers/${payer}`, '/v1/audit-log']) {
      expect((await session.page.get(path)).status).toBe(401)
    }
    expect((await session.page.post('/v1/payers', { short_name: 'x' })).status).toBe(401)
    expect((await session.page.post('/v1/checkout-sessions', {})).status).toBe(401)
  })

  test('belongs to the first origin that used it', async () => {
    const session = await open()
    const body = { setup_intent: session.setupIntent }
    const stranger = await session.page.post('/v1/tokens', body, from('https://evil.example'))
    expect([stranger.status, stranger.json.code]).toEqual([403, 'origin_not_allowed'])
    expect((await session.page.post('/v1/tokens', body, from(SHOP))).json.code).toBe('setup_not_succeeded')
    for (const options of [from(OTHER_SHOP), {}]) {
      const answer = await session.page.post('/v1/tokens', body, options)
      expect([answer.status, answer.json.code]).toEqual([403, 'origin_not_allowed'])
      expect((await session.page.get(`/v1/checkout-sessions/${session.id}`, options)).status).toBe(403)
    }
    expect((await session.page.get(`/v1/checkout-sessions/${session.id}`, from(SHOP))).status).toBe(200)
    const denied = await world.as('admin').get('/v1/audit-log?limit=100')
    const mine = denied.json.data.filter(
      (entry: { outcome: string; actor: { id: string } }) =>
        entry.outcome === 'denied' && JSON.stringify(entry).includes(session.id),
    )
    expect(mine.length).toBeGreaterThan(0)
  })

  test('reading its session binds the origin too', async () => {
    const session = await open()
    expect((await session.page.get(`/v1/checkout-sessions/${session.id}`, from(SHOP))).json.status).toBe('open')
    expect((await session.page.get(`/v1/checkout-sessions/${session.id}`, from(OTHER_SHOP))).status).toBe(403)
  })

  test('is dead after five failed tries', async () => {
    const session = await open()
    const body = { setup_intent: session.setupIntent }
    await browser.confirmSetup(session.setup_intent_client_secret, 'pm_card_chargeDeclined')
    for (let attempt = 1; attempt <= 5; attempt++) {
      expect((await session.page.post('/v1/tokens', body)).json.code).toBe('setup_not_succeeded')
    }
    await browser.confirmSetup(session.setup_intent_client_secret)
    const dead = await session.page.post('/v1/tokens', body)
    expect([dead.status, dead.json.code]).toEqual([401, 'invalid_token'])
    const shown = await checkout.get(`/v1/checkout-sessions/${session.id}`)
    expect([shown.json.status, shown.json.token]).toEqual(['failed', null])
  })
})

test('a service token with the scope reads any session of its tenant', async () => {
  const session = await open()
  expect((await checkout.get(`/v1/checkout-sessions/${session.id}`)).json).toMatchObject({
    id: session.id,
    status: 'open',
    token: null,
  })
  expect((await world.as('checkout', 'other').get(`/v1/checkout-sessions/${session.id}`)).status).toBe(404)
  expect((await checkout.get('/v1/checkout-sessions/nothing')).status).toBe(404)
  expect((await world.as('billing').get(`/v1/checkout-sessions/${session.id}`)).status).toBe(403)
})
