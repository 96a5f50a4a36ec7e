// The life of a token after it was saved: changed, frozen, thawed, expired, renewed, detached.
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { workerContext } from '../../src/domain/tenants/operator-context.ts'
import { stripeAccountOf } from '../../src/domain/tenants/stripe-account.ts'
import { applyPaymentMethod } from '../../src/domain/tokens/apply-payment-method-event.ts'
import { isOutOfDate } from '../../src/domain/tokens/card-expiry.ts'
import { detachDueTokens } from '../../src/domain/tokens/detach-token.ts'
import { expireTokens } from '../../src/domain/tokens/expire-tokens.ts'
import { TOKEN_MOVES } from '../../src/domain/tokens/state.ts'
import type { ApiClient } from '../support/api-client.ts'
import { asSuperuser, databaseTexts, tablesHolding } from '../support/database-contents.ts'
import { stripeBrowser } from '../support/stripe-browser.ts'
import { startWorld, type World } from '../support/world.ts'

let world: World
let checkout: ApiClient
let admin: ApiClient
beforeAll(async () => {
  world = await startWorld({ webhooks: false })
  checkout = world.as('checkout')
  admin = world.as('admin')
})
afterAll(() => world.close())

const CONSENT = { text_version: 'v1' }

type Saved = { id: string; payer: string; paymentMethod: string }

/** A token of a payment method that the test knows, so that it can do things to it at Stripe. */
async function savedToken(): Promise<Saved> {
  const payer = (await checkout.post('/v1/payers', { short_name: 'L. One' })).json.id
  const paymentMethod = await stripeBrowser(world).paymentMethod()
  const saved = await checkout.post('/v1/tokens', { payer, payment_method: paymentMethod, consent: CONSENT })
  expect(saved.status, saved.text).toBe(201)
  return { id: saved.json.id, payer, paymentMethod }
}

const tokenOf = async (id: string) => (await checkout.get(`/v1/tokens/${id}`)).json
const customerAtStripe = async (paymentMethod: string) =>
  (await world.stripeApi('GET', `/v1/payment_methods/${paymentMethod}`)).json.customer

/** What the handler of a payment method's event does: read it again at Stripe, then apply it. */
async function followStripe(paymentMethod: string) {
  const ctx = workerContext(world.dependencies, 'demo')
  const method = await (await stripeAccountOf(ctx)).retrievePaymentMethod(paymentMethod)
  return applyPaymentMethod(ctx, method)
}

const setExpiryAtStripe = (paymentMethod: string, month: number, year: number) =>
  world.stripeApi('POST', `/v1/payment_methods/${paymentMethod}`, {
    'card[exp_month]': String(month),
    'card[exp_year]': String(year),
  })

describe('a change', () => {
  test.each(['application/merge-patch+json', 'application/json'])(
    'of metadata as %s merges, and null clears',
    async type => {
      const { id } = await savedToken()
      const patch = (metadata: unknown) =>
        admin.patch(`/v1/tokens/${id}`, { metadata }, { headers: { 'content-type': type } })
      expect((await patch({ a: '1', b: '2' })).json.metadata).toEqual({ a: '1', b: '2' })
      expect((await patch({ a: null, c: '3' })).json.metadata).toEqual({ b: '2', c: '3' })
      expect((await tokenOf(id)).metadata).toEqual({ b: '2', c: '3' })
      expect((await patch(null)).json.metadata).toEqual({})
    },
  )

  test('of limits merges, is judged as a whole, and null clears', async () => {
    const { id } = await savedToken()
    const patch = (limits: unknown) => admin.patch(`/v1/tokens/${id}`, { limits })
    const all = {
      currency: 'usd',
      max_amount_per_charge: 1000,
      max_amount_per_window: 1500,
      window_days: 30,
      billing_job: 'monthly',
    }
    expect((await patch(all)).json.limits).toEqual(all)
    expect((await patch({ billing_job: null, max_amount_per_charge: 900 })).json.limits).toEqual({
      currency: 'usd',
      max_amount_per_charge: 900,
      max_amount_per_window: 1500,
      window_days: 30,
    })
    const bare = await patch({ currency: null })
    expect([bare.status, bare.json.errors[0].pointer]).toEqual([422, '/limits/currency'])
    expect((await patch(null)).json.limits).toBeNull()
  })

  test('of anything else is refused', async () => {
    const { id } = await savedToken()
    for (const body of [
      { status: 'frozen' },
      { payer: 'x' },
      { usage: 'on_session' },
      { metadata: { a: 1 } },
      { limits: { max: 1 } },
    ]) {
      const answer = await admin.patch(`/v1/tokens/${id}`, body)
      expect([answer.status, answer.json.code]).toEqual([422, 'validation_failed'])
    }
    expect((await world.as('billing').patch(`/v1/tokens/${id}`, { metadata: {} })).status).toBe(403)
    expect((await world.as('admin', 'other').patch(`/v1/tokens/${id}`, { metadata: {} })).status).toBe(404)
  })

  test('keeps what was written sealed', async () => {
    const { id } = await savedToken()
    const note = `note${randomUUID().slice(0, 8)}`
    const reason = `reason${randomUUID().slice(0, 8)}`
    await admin.patch(`/v1/tokens/${id}`, { metadata: { note } })
    await admin.post(`/v1/tokens/${id}/freeze`, { reason })
    expect(await tokenOf(id)).toMatchObject({ metadata: { note }, freeze_reason: reason })
    const texts = await databaseTexts(world.database)
    for (const value of [note, reason]) expect(tablesHolding(texts, value)).toEqual([])
  })
})

describe('freeze and thaw', () => {
  test('go there and back, with a reason while it is frozen', async () => {
    const { id } = await savedToken()
    const frozen = await admin.post(`/v1/tokens/${id}/freeze`, { reason: 'lost phone' })
    expect(frozen.json).toMatchObject({ status: 'frozen', freeze_reason: 'lost phone' })
    const twice = await admin.post(`/v1/tokens/${id}/freeze`, { reason: 'again' })
    expect([twice.status, twice.json.code]).toEqual([409, 'invalid_state'])
    const thawed = await admin.post(`/v1/tokens/${id}/thaw`, {})
    expect(thawed.json).toMatchObject({ status: 'active', freeze_reason: null })
    const again = await admin.post(`/v1/tokens/${id}/thaw`, {})
    expect([again.status, again.json.code]).toEqual([409, 'invalid_state'])
  })

  test('are the stored answer for the same key', async () => {
    const { id } = await savedToken()
    const key = randomUUID()
    const first = await admin.post(`/v1/tokens/${id}/freeze`, { reason: 'x' }, { key })
    const again = await admin.post(`/v1/tokens/${id}/freeze`, { reason: 'x' }, { key })
    expect([again.status, again.text]).toEqual([200, first.text])
  })

  test('need a reason, the scope, and an own token', async () => {
    const { id } = await savedToken()
    expect((await admin.post(`/v1/tokens/${id}/freeze`, {})).json.code).toBe('validation_failed')
    expect((await world.as('billing').post(`/v1/tokens/${id}/freeze`, { reason: 'x' })).status).toBe(403)
    expect((await world.as('admin', 'other').post(`/v1/tokens/${id}/freeze`, { reason: 'x' })).status).toBe(404)
  })

  test('keep the card of a frozen token from being saved anew', async () => {
    const { id, payer } = await savedToken()
    await admin.post(`/v1/tokens/${id}/freeze`, { reason: 'x' })
    for (const on_duplicate of ['reuse', 'create', 'reject']) {
      const answer = await checkout.post('/v1/tokens', {
        payer,
        payment_method: 'pm_card_visa',
        consent: CONSENT,
        on_duplicate,
      })
      expect([answer.status, answer.json.code]).toEqual([409, 'duplicate_card'])
    }
  })
})

describe('detaching', () => {
  test('is for ever, here and at Stripe', async () => {
    const { id, payer, paymentMethod } = await savedToken()
    expect(await customerAtStripe(paymentMethod)).toMatch(/^cus_/)
    const detached = await admin.del(`/v1/tokens/${id}`)
    expect([detached.status, detached.json.status]).toEqual([200, 'detached'])
    expect(await customerAtStripe(paymentMethod)).toBeNull()
    const gone: [string, { status: number; json: { code: string } }][] = [
      ['token_detached', await admin.del(`/v1/tokens/${id}`)],
      ['token_detached', await admin.patch(`/v1/tokens/${id}`, { metadata: {} })],
      ['token_detached', await checkout.post('/v1/tokens', { payer, payment_method: paymentMethod, consent: CONSENT })],
    ]
    for (const [code, answer] of gone) expect([answer.status, answer.json.code]).toEqual([410, code])
    expect((await admin.post(`/v1/tokens/${id}/thaw`, {})).json.code).toBe('invalid_state')
    expect((await admin.post(`/v1/tokens/${id}/freeze`, { reason: 'x' })).json.code).toBe('invalid_state')
    expect((await tokenOf(id)).status).toBe('detached')
    const anew = await checkout.post('/v1/tokens', { payer, payment_method: 'pm_card_visa', consent: CONSENT })
    expect([anew.status, anew.json.id === id]).toEqual([201, false])
  })

  test('is answered while Stripe is away, and done there later', async () => {
    const { id, paymentMethod } = await savedToken()
    await world.control('POST', '/faults', {
      rules: [{ path: '/v1/payment_methods', kind: 'status', status: 500, when: 'before' }],
    })
    expect((await admin.del(`/v1/tokens/${id}`)).json.status).toBe('detached')
    await world.control('DELETE', '/faults')
    expect(await customerAtStripe(paymentMethod)).toMatch(/^cus_/)
    expect(await detachDueTokens(world.dependencies, 'demo')).toBe(0)
    await world.advance(301)
    expect(await detachDueTokens(world.dependencies, 'demo')).toBe(1)
    expect(await customerAtStripe(paymentMethod)).toBeNull()
    await world.advance(301)
    expect(await detachDueTokens(world.dependencies, 'demo')).toBe(0)
  })

  test('at Stripe by somebody else detaches the token here', async () => {
    const { id, paymentMethod } = await savedToken()
    await world.stripeApi('POST', `/v1/payment_methods/${paymentMethod}/detach`)
    expect(await followStripe(paymentMethod)).toEqual({ tokenId: id, changed: ['status'] })
    expect((await tokenOf(id)).status).toBe('detached')
    expect(await followStripe(paymentMethod)).toBeNull()
  })
})

describe('the card', () => {
  test('is good to the end of its month wherever its holder is', () => {
    const card = { expMonth: 12, expYear: 2030 }
    expect(isOutOfDate(card, new Date('2030-12-31T23:59:59Z'))).toBe(false)
    expect(isOutOfDate(card, new Date('2031-01-01T11:59:59Z'))).toBe(false)
    expect(isOutOfDate(card, new Date('2031-01-01T12:00:00Z'))).toBe(true)
  })

  test('that ran out makes the token expired, and a renewal brings it back', async () => {
    const { id, paymentMethod } = await savedToken()
    await setExpiryAtStripe(paymentMethod, 1, 2020)
    expect((await followStripe(paymentMethod))?.changed.sort()).toEqual(['exp_month', 'exp_year', 'status'])
    expect(await tokenOf(id)).toMatchObject({ status: 'expired', card: { exp_month: 1, exp_year: 2020 } })
    await setExpiryAtStripe(paymentMethod, 3, 2040)
    await followStripe(paymentMethod)
    expect(await tokenOf(id)).toMatchObject({ status: 'active', card: { exp_month: 3, exp_year: 2040 } })
    expect(await followStripe(paymentMethod)).toBeNull()
  })

  test('of a frozen token follows Stripe without thawing it', async () => {
    const { id, paymentMethod } = await savedToken()
    await admin.post(`/v1/tokens/${id}/freeze`, { reason: 'x' })
    await setExpiryAtStripe(paymentMethod, 1, 2020)
    await followStripe(paymentMethod)
    expect(await tokenOf(id)).toMatchObject({ status: 'frozen', card: { exp_year: 2020 } })
    expect((await admin.post(`/v1/tokens/${id}/thaw`, {})).json.status).toBe('expired')
  })

  test("of nobody here is nobody's business", async () => {
    expect(await followStripe(await stripeBrowser(world).paymentMethod())).toBeNull()
  })

  test('is asked for at Stripe before its token expires by date, and a renewed one stays', async () => {
    const gone = await savedToken()
    const renewed = await savedToken()
    for (const { paymentMethod } of [gone, renewed]) {
      await setExpiryAtStripe(paymentMethod, 1, 2020)
    }
    await asSuperuser(
      world.database,
      sql => sql`update tokens set exp_month = 1, exp_year = 2020 where id in (${gone.id}, ${renewed.id})`,
    )
    await setExpiryAtStripe(renewed.paymentMethod, 5, 2041)
    expect(await expireTokens(world.dependencies, 'demo')).toBe(2)
    expect((await tokenOf(gone.id)).status).toBe('expired')
    expect(await tokenOf(renewed.id)).toMatchObject({ status: 'active', card: { exp_month: 5, exp_year: 2041 } })
    expect(await expireTokens(world.dependencies, 'demo')).toBe(0)
  })
})

test('the database allows exactly the moves that the table of states does', async () => {
  const [row] = await asSuperuser(
    world.database,
    sql => sql<{ moves: string }[]>`
      select encode(tgargs, 'escape') as moves from pg_trigger where tgname = 'tokens_moves'`,
  )
  const allowed = (row?.moves ?? '').split('\\000').filter(move => move !== '')
  const stated = Object.entries(TOKEN_MOVES).flatMap(([from, tos]) => tos.map(to => `${from}>${to}`))
  expect(allowed.sort()).toEqual(stated.sort())
})
