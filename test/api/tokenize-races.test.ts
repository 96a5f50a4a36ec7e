// Many requests at once for the same card: one vault token and one attach, counted at Stripe.
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ApiAnswer, ApiClient } from '../support/api-client.ts'
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

const CONSENT = { text_version: '2026-11-01' }
const MANY = 100

const newPayer = async () => (await checkout.post('/v1/payers', { short_name: 'Race' })).json.id as string
const atOnce = <Value>(count: number, run: (i: number) => Promise<Value>) =>
  Promise.all(Array.from({ length: count }, (_, i) => run(i)))
const idsOf = (answers: ApiAnswer[]) => new Set(answers.map(answer => answer.json.id))
const statusesOf = (answers: ApiAnswer[]) => [...new Set(answers.map(answer => answer.status))].sort()
const tokensOf = async (payer: string) => (await checkout.get(`/v1/tokens?payer=${payer}&limit=100`)).json.data

async function single(kind: string, payer: string): Promise<Record<string, string>> {
  if (kind === 'stripe_token') return { stripe_token: await browser.token() }
  if (kind === 'payment_method') return { payment_method: await browser.paymentMethod() }
  const session = await checkout.post('/v1/checkout-sessions', {
    payer,
    usage: 'off_session',
    consent: { text_version: 'v1', locale: 'en' },
  })
  return { setup_intent: (await browser.confirmSetup(session.json.setup_intent_client_secret)).id }
}

describe.each(['stripe_token', 'payment_method', 'setup_intent'])('%s', kind => {
  test.each([true, false])(
    `${MANY} requests at once give one token and one attach (one key for all: %s)`,
    async oneKey => {
      const payer = await newPayer()
      const before = await attachesAtStripe(world)
      const source = await single(kind, payer)
      const key = randomUUID()
      const body = { payer, ...source, consent: CONSENT, on_duplicate: 'create' }
      const answers = await atOnce(MANY, i => checkout.post('/v1/tokens', body, { key: oneKey ? key : `${key}-${i}` }))
      expect(answers.every(answer => answer.status === 200 || answer.status === 201)).toBe(true)
      expect(idsOf(answers).size).toBe(1)
      const fresh = answers.filter(answer => answer.status === 201 && !answer.headers['idempotency-replayed'])
      expect(fresh).toHaveLength(1)
      if (oneKey) expect(new Set(answers.map(answer => answer.text)).size).toBe(1)
      expect(await tokensOf(payer)).toHaveLength(1)
      expect((await attachesAtStripe(world)) - before).toBe(1)
    },
  )
})

test('30 saves of the same card at once give one token, and no other card stays at Stripe', async () => {
  const payer = await newPayer()
  const answers = await atOnce(30, () =>
    checkout.post('/v1/tokens', { payer, payment_method: 'pm_card_visa', consent: CONSENT }),
  )
  expect(statusesOf(answers)).toEqual([200, 201])
  expect(idsOf(answers).size).toBe(1)
  expect(await tokensOf(payer)).toHaveLength(1)
  const customers = await world.stripeApi('GET', '/v1/customers', { limit: '100' })
  const own = customers.json.data.filter(
    (one: { metadata: { panless_payer?: string } }) => one.metadata.panless_payer === payer,
  )
  expect(own).toHaveLength(1)
  const cards = await world.stripeApi('GET', '/v1/payment_methods', { customer: own[0].id, limit: '100' })
  expect(cards.json.data).toHaveLength(1)
})

test('one single-use token asked for by two payers at once goes to one of them', async () => {
  const payers = [await newPayer(), await newPayer()]
  const stripe_token = await browser.token()
  const answers = await atOnce(40, i =>
    checkout.post('/v1/tokens', { payer: payers[i % 2], stripe_token, consent: CONSENT }),
  )
  const saved = answers.filter(answer => answer.status < 300)
  expect(idsOf(saved).size).toBe(1)
  expect(new Set(saved.map(answer => answer.json.payer)).size).toBe(1)
  expect(saved).toHaveLength(20)
  const refused = answers.filter(answer => answer.status >= 300)
  expect(refused.every(answer => answer.json.code === 'wrong_payer')).toBe(true)
})

test('one key with different cards at once saves one of them', async () => {
  const payer = await newPayer()
  const key = randomUUID()
  const names = ['visa', 'mastercard', 'amex', 'discover', 'jcb']
  const answers = await atOnce(20, i =>
    checkout.post('/v1/tokens', { payer, payment_method: `pm_card_${names[i % 5]}`, consent: CONSENT }, { key }),
  )
  const others = answers.filter(answer => answer.status !== 201)
  expect(
    others.every(
      answer => answer.json.code === 'idempotency_mismatch' || answer.json.code === 'idempotency_in_progress',
    ),
  ).toBe(true)
  expect(await tokensOf(payer)).toHaveLength(1)
})

test('40 different cards of 40 payers at once are not mixed up', async () => {
  const names = ['visa', 'mastercard', 'amex', 'discover']
  const payers = await atOnce(40, newPayer)
  const answers = await atOnce(40, i =>
    checkout.post('/v1/tokens', { payer: payers[i], payment_method: `pm_card_${names[i % 4]}`, consent: CONSENT }),
  )
  expect(statusesOf(answers)).toEqual([201])
  expect(answers.map(answer => answer.json.payer)).toEqual(payers)
  expect(answers.map(answer => answer.json.card.brand)).toEqual(payers.map((_, i) => names[i % 4]))
})

test('a card that is declined 40 times at once under one key is one answer and one failed try', async () => {
  const payer = await newPayer()
  const key = randomUUID()
  const source = { payment_method: await browser.paymentMethod('tok_chargeDeclined') }
  const answers = await atOnce(40, () => checkout.post('/v1/tokens', { payer, ...source, consent: CONSENT }, { key }))
  expect(statusesOf(answers)).toEqual([402])
  expect(new Set(answers.map(answer => answer.text)).size).toBe(1)
})

test('20 detaches at once: one is answered, the others come too late', async () => {
  const payer = await newPayer()
  const { json } = await checkout.post('/v1/tokens', { payer, payment_method: 'pm_card_visa', consent: CONSENT })
  const answers = await atOnce(20, () => world.as('admin').del(`/v1/tokens/${json.id}`))
  expect(answers.filter(answer => answer.status === 200)).toHaveLength(1)
  expect(answers.filter(answer => answer.status === 410)).toHaveLength(19)
})
