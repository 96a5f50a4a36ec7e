// Tokenize through the door as a service: what is saved, what is answered again, and what is refused.
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ApiClient } from '../support/api-client.ts'
import { databaseTexts, tablesHolding } from '../support/database-contents.ts'
import { attachesAtStripe, type StripeBrowser, stripeBrowser } from '../support/stripe-browser.ts'
import { startWorld, type World } from '../support/world.ts'

let world: World
let checkout: ApiClient
let browser: StripeBrowser
beforeAll(async () => {
  world = await startWorld({ webhooks: false })
  checkout = world.as('checkout')
  browser = stripeBrowser(world)
})
afterAll(() => world.close())

const CONSENT = {
  text_version: '2026-11-01',
  accepted_at: '2026-01-20T08:00:00Z',
  ip: '192.0.2.7',
  user_agent: 'Browser/9',
}

async function newPayer(client = checkout): Promise<string> {
  return (await client.post('/v1/payers', { short_name: `T. ${randomUUID().slice(0, 6)}` })).json.id
}

const save = (payer: string, more: Record<string, unknown>, options = {}) =>
  checkout.post('/v1/tokens', { payer, consent: CONSENT, ...more }, options)

describe('a saved card', () => {
  test('is shown by what a person may see of it, and nothing else', async () => {
    const payer = await newPayer()
    const limits = { currency: 'usd', max_amount_per_charge: 5000 }
    const saved = await save(payer, { payment_method: 'pm_card_visa', limits })
    expect(saved.status, saved.text).toBe(201)
    expect(saved.json).toMatchObject({
      object: 'token',
      payer,
      status: 'active',
      card: { brand: 'visa', last4: '4242', funding: 'credit', country: 'US' },
      duplicate: null,
      consent: { text_version: '2026-11-01', accepted_at: '2026-01-20T08:00:00.000Z', withdrawn_at: null },
      limits,
      usage: 'off_session',
      metadata: {},
    })
    expect(saved.json.id).toMatch(/^vtok_test_[0-9a-z]{26}$/)
    expect(saved.text).not.toMatch(/fingerprint|pm_|cus_|192\.0\.2\.7|Browser/)
    const read = await world.as('billing').get(`/v1/tokens/${saved.json.id}`)
    expect(read.text).toBe(saved.text)
    const owner = await checkout.get(`/v1/payers/${payer}`)
    expect(owner.json.stripe_customer).toBe(true)
  })

  test('keeps address and browser of the consent sealed', async () => {
    const agent = `Agent${randomUUID().slice(0, 8)}`
    await save(await newPayer(), {
      payment_method: 'pm_card_visa',
      consent: { ...CONSENT, user_agent: agent, ip: '198.51.100.23' },
    })
    const texts = await databaseTexts(world.database)
    for (const value of [agent, '198.51.100.23']) expect(tablesHolding(texts, value)).toEqual([])
  })

  test('comes from a payment method, a single-use token or a SetupIntent of the payer', async () => {
    for (const source of [
      { payment_method: await browser.paymentMethod() },
      { stripe_token: await browser.token() },
      { stripe_token: 'tok_mastercard' },
      { payment_method: 'pm_card_amex' },
    ]) {
      const saved = await save(await newPayer(), source)
      expect(saved.status, saved.text).toBe(201)
    }
    const payer = await newPayer()
    const setup = await confirmedSetup(payer)
    expect((await save(payer, { setup_intent: setup })).status).toBe(201)
  })

  test('leaves an audit row and binds one customer at Stripe', async () => {
    const payer = await newPayer()
    const first = await save(payer, { payment_method: 'pm_card_visa' })
    const second = await save(payer, { payment_method: 'pm_card_mastercard' })
    expect([first.status, second.status]).toEqual([201, 201])
    const log = await world.as('admin').get(`/v1/audit-log?payer=${payer}&limit=100`)
    const actions = log.json.data.map((entry: { action: string }) => entry.action)
    expect(actions.filter((action: string) => action === 'token.create')).toHaveLength(2)
    expect(actions.filter((action: string) => action === 'payer.bind-customer')).toHaveLength(1)
    const own = await customersOf(payer)
    expect(own).toHaveLength(1)
    expect([own[0].name, own[0].email, own[0].phone]).toEqual([null, null, null])
  })
})

describe('the same again', () => {
  test('with the same key is the stored answer, byte for byte', async () => {
    const payer = await newPayer()
    const key = randomUUID()
    const first = await save(payer, { payment_method: 'pm_card_visa' }, { key })
    const again = await save(payer, { payment_method: 'pm_card_visa' }, { key: `"${key}"` })
    expect([again.status, again.text]).toEqual([201, first.text])
    expect(again.headers['idempotency-replayed']).toBe('true')
    const other = await save(payer, { payment_method: 'pm_card_mastercard' }, { key })
    expect([other.status, other.json.code]).toEqual([422, 'idempotency_mismatch'])
  })

  test.each(['payment_method', 'stripe_token', 'setup_intent'] as const)(
    'with a %s and a new key is the same token',
    async kind => {
      const payer = await newPayer()
      const id =
        kind === 'payment_method'
          ? await browser.paymentMethod()
          : kind === 'stripe_token'
            ? await browser.token()
            : await confirmedSetup(payer)
      const first = await save(payer, { [kind]: id })
      const again = await save(payer, { [kind]: id, on_duplicate: 'create' })
      expect([first.status, again.status]).toEqual([201, 200])
      expect(again.json.id).toBe(first.json.id)
    },
  )

  test('with the same card is the token that there is, unless another is asked for', async () => {
    const payer = await newPayer()
    const first = await save(payer, {
      payment_method: 'pm_card_visa',
      limits: { currency: 'usd', max_amount_per_charge: 100 },
    })
    const attached = await attachesAtStripe(world)
    const reused = await save(payer, {
      stripe_token: 'tok_visa',
      limits: { currency: 'usd', max_amount_per_charge: 900 },
    })
    expect([reused.status, reused.text]).toEqual([200, first.text])
    expect(await attachesAtStripe(world)).toBe(attached)
    const rejected = await save(payer, { payment_method: 'pm_card_visa', on_duplicate: 'reject' })
    expect([rejected.status, rejected.json.code]).toEqual([409, 'duplicate_card'])
    const made = await save(payer, { payment_method: 'pm_card_visa', on_duplicate: 'create' })
    expect(made.status).toBe(201)
    expect(made.json.duplicate).toEqual({ of: first.json.id, differs: ['limits'] })
  })

  test('is another token for another payer and another tenant', async () => {
    const id = await newPayer()
    const first = await save(id, { payment_method: 'pm_card_visa' })
    const second = await save(await newPayer(), { payment_method: 'pm_card_visa' })
    expect([second.status, second.json.id === first.json.id]).toEqual([201, false])
    const other = world.as('checkout', 'other')
    expect((await other.get(`/v1/tokens/${first.json.id}`)).status).toBe(404)
    expect(
      (await other.post('/v1/tokens', { payer: id, payment_method: 'pm_card_visa', consent: CONSENT })).status,
    ).toBe(404)
  })

  test('after the consent was withdrawn is a new token with a new consent', async () => {
    const payer = await newPayer()
    const first = await save(payer, { payment_method: 'pm_card_visa' })
    const withdrawn = await world
      .as('privacy')
      .post(`/v1/payers/${payer}/consents/${first.json.consent.id}/withdraw`, {})
    expect(withdrawn.status, withdrawn.text).toBe(200)
    const again = await save(payer, { payment_method: 'pm_card_visa' })
    expect([again.status, again.json.id === first.json.id]).toEqual([201, false])
  })
})

describe('refused is', () => {
  test.each([
    ['none of the three', {}, ''],
    ['two of the three', { payment_method: 'pm_card_visa', stripe_token: 'tok_visa' }, ''],
    ['a wrong prefix', { payment_method: 'tok_visa' }, '/payment_method'],
    ['an id that is no text', { payment_method: 5 }, '/payment_method'],
    ['another word for duplicates', { payment_method: 'pm_card_visa', on_duplicate: 'merge' }, '/on_duplicate'],
    ['an unknown member', { payment_method: 'pm_card_visa', status: 'active' }, '/status'],
    [
      'an unknown member of the consent',
      { payment_method: 'pm_card_visa', consent: { ...CONSENT, extra: 1 } },
      '/consent/extra',
    ],
    ['no consent', { payment_method: 'pm_card_visa', consent: undefined }, '/consent'],
    [
      'a consent of tomorrow',
      { payment_method: 'pm_card_visa', consent: { ...CONSENT, accepted_at: '2999-01-01T00:00:00Z' } },
      '/consent/accepted_at',
    ],
    [
      'a negative limit',
      { payment_method: 'pm_card_visa', limits: { max_amount_per_charge: -1 } },
      '/limits/max_amount_per_charge',
    ],
    [
      'an amount without a currency',
      { payment_method: 'pm_card_visa', limits: { max_amount_per_charge: 1 } },
      '/limits/currency',
    ],
  ])('%s', async (_name, more, pointer) => {
    const answer = await save(await newPayer(), more)
    expect([answer.status, answer.json.code]).toEqual([422, 'validation_failed'])
    expect(answer.json.errors.map((fault: { pointer: string }) => fault.pointer)).toContain(pointer)
  })

  test('an unknown payer, before Stripe is asked', async () => {
    for (const payer of ['payer_00000000000000000000000000', 'nobody']) {
      const answer = await save(payer, { payment_method: 'pm_card_visa' })
      expect([answer.status, answer.json.code]).toEqual([404, 'not_found'])
    }
  })

  test('what Stripe does not know', async () => {
    const payer = await newPayer()
    for (const source of [
      { payment_method: 'pm_nothing' },
      { stripe_token: 'tok_nothing' },
      { setup_intent: 'seti_nothing' },
    ]) {
      const answer = await save(payer, source)
      expect([answer.status, answer.json.code]).toEqual([422, 'validation_failed'])
    }
  })

  test("another payer's card, however it is named", async () => {
    const payer = await newPayer()
    const stranger = await newPayer()
    const method = await browser.paymentMethod()
    await save(payer, { payment_method: method })
    const setup = await confirmedSetup(payer)
    for (const source of [{ payment_method: method }, { setup_intent: setup }]) {
      const answer = await save(stranger, source)
      expect([answer.status, answer.json.code]).toEqual([422, 'wrong_payer'])
    }
  })

  test('a SetupIntent that is not finished', async () => {
    const payer = await newPayer()
    const session = await openSession(payer)
    const setup = session.setup_intent_client_secret.split('_secret_')[0]
    const answer = await save(payer, { setup_intent: setup })
    expect([answer.status, answer.json.code]).toEqual([422, 'setup_not_succeeded'])
  })

  test('a request without a key or without the scope', async () => {
    const payer = await newPayer()
    const keyless = await save(payer, { payment_method: 'pm_card_visa' }, { key: null })
    expect([keyless.status, keyless.json.code]).toEqual([400, 'idempotency_key_required'])
    const finance = await world.as('finance').post('/v1/tokens', { nonsense: true })
    expect([finance.status, finance.json.code]).toEqual([403, 'insufficient_scope'])
  })
})

describe('a declined card', () => {
  test.each([
    ['chargeDeclined', 'card_declined', 'generic_decline', 'after'],
    ['visa_chargeDeclinedLostCard', 'card_declined', 'lost_card', 'new_card'],
    ['chargeDeclinedExpiredCard', 'expired_card', null, 'new_card'],
    ['chargeDeclinedProcessingError', 'processing_error', null, 'after'],
  ])('%s says what to do, and says it again to the same key', async (name, code, declineCode, retry) => {
    for (const source of [{ payment_method: `pm_card_${name}` }, { stripe_token: `tok_${name}` }]) {
      const payer = await newPayer()
      const key = randomUUID()
      const answer = await save(payer, source, { key })
      expect([answer.status, answer.json.code]).toEqual([402, 'card_declined'])
      expect(answer.json.failure).toEqual({ code, decline_code: declineCode, retry })
      const again = await save(payer, source, { key })
      expect([again.status, again.text]).toEqual([402, answer.text])
      expect(again.headers['idempotency-replayed']).toBe('true')
      expect((await checkout.get(`/v1/tokens?payer=${payer}`)).json.data).toEqual([])
    }
  })
})

describe('when Stripe fails', () => {
  test('nothing is saved, and the same key works once Stripe is back', async () => {
    const payer = await newPayer()
    const method = await browser.paymentMethod()
    const key = randomUUID()
    await world.control('POST', '/faults', {
      rules: [{ path: '/v1/payment_methods', kind: 'status', status: 500, when: 'before' }],
    })
    const away = await save(payer, { payment_method: method }, { key })
    await world.control('DELETE', '/faults')
    expect([away.status, away.json.code]).toEqual([503, 'stripe_unavailable'])
    expect(Number(away.headers['retry-after'])).toBeGreaterThan(0)
    const back = await save(payer, { payment_method: method }, { key })
    expect(back.status, back.text).toBe(201)
  })

  test.each(['drop', 'cut_body'])('answers lost on the way (%s) still give one token and one attach', async kind => {
    const payer = await newPayer()
    const token = await browser.token()
    const before = await attachesAtStripe(world)
    await plant(kind, ['/attach$', '/v1/payment_methods$', '/v1/customers$'])
    const saved = await save(payer, { stripe_token: token })
    await world.control('DELETE', '/faults')
    const again = await save(payer, { stripe_token: token })
    expect([saved.status, again.status], saved.text).toEqual([201, 200])
    expect((await attachesAtStripe(world)) - before).toBe(1)
    expect(await customersOf(payer)).toHaveLength(1)
  })

  test('a 500 that Stripe keeps under its key after the customer and the attach were made is looked behind', async () => {
    const payer = await newPayer()
    const method = await browser.paymentMethod()
    const before = await attachesAtStripe(world)
    await plant('status', ['/attach$', '/v1/customers$'])
    const saved = await save(payer, { payment_method: method })
    await world.control('DELETE', '/faults')
    expect(saved.status, saved.text).toBe(201)
    expect((await attachesAtStripe(world)) - before).toBe(1)
    expect(await customersOf(payer)).toHaveLength(1)
  })

  test('a single-use token that went with such a 500 is said to be gone', async () => {
    const payer = await newPayer()
    const token = await browser.token()
    await plant('status', ['/v1/payment_methods$'])
    const lost = await save(payer, { stripe_token: token })
    await world.control('DELETE', '/faults')
    expect([lost.status, lost.json.code]).toEqual([422, 'validation_failed'])
    expect(lost.json.errors[0].pointer).toBe('/stripe_token')
  })
})

describe('the list', () => {
  test('is newest first, by pages, and filters combine', async () => {
    const payer = await newPayer()
    const made: string[] = []
    for (const name of ['visa', 'mastercard', 'amex', 'jcb', 'discover']) {
      made.unshift((await save(payer, { payment_method: `pm_card_${name}` })).json.id)
    }
    const seen: string[] = []
    let cursor: string | null = null
    do {
      const page = await checkout.get(`/v1/tokens?payer=${payer}&limit=2${cursor ? `&cursor=${cursor}` : ''}`)
      seen.push(...page.json.data.map((token: { id: string }) => token.id))
      cursor = page.json.next_cursor
    } while (cursor)
    expect(seen).toEqual(made)
    const frozen = await world.as('admin').post(`/v1/tokens/${made[0]}/freeze`, { reason: 'lost phone' })
    expect(frozen.status).toBe(200)
    const listed = await checkout.get(`/v1/tokens?payer=${payer}&status=frozen`)
    expect(listed.json.data).toEqual([frozen.json])
  })

  test.each(['limit=0', 'limit=101', 'cursor=abc', 'payer=nobody', 'status=lost', 'colour=red'])(
    'refuses %s',
    async query => {
      const answer = await checkout.get(`/v1/tokens?${query}`)
      expect([answer.status, answer.json.code]).toEqual([422, 'validation_failed'])
    },
  )
})

async function openSession(payer: string) {
  const session = await checkout.post('/v1/checkout-sessions', {
    payer,
    usage: 'off_session',
    consent: { text_version: '2026-11-01', locale: 'mn' },
  })
  expect(session.status, session.text).toBe(201)
  return session.json
}

async function confirmedSetup(payer: string): Promise<string> {
  const { id, status } = await browser.confirmSetup((await openSession(payer)).setup_intent_client_secret)
  expect(status).toBe(200)
  return id
}

/** Each path's next POST has its effect, and its answer goes wrong. */
const plant = (kind: string, paths: string[]) =>
  world.control('POST', '/faults', {
    rules: paths.map(path => ({
      method: 'POST',
      path: `/${path.replaceAll('/', '\\/')}/`,
      kind,
      status: 500,
      when: 'after',
      times: 1,
    })),
  })

async function customersOf(payer: string) {
  const customers = await world.stripeApi('GET', '/v1/customers', { limit: '100' })
  return customers.json.data.filter(
    (one: { metadata: { panless_payer?: string } }) => one.metadata.panless_payer === payer,
  )
}
