// The meter against card testing: failed tries add up, and too many within the window are answered with a pause.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { ApiClient } from '../support/api-client.ts'
import { startWorld, type World } from '../support/world.ts'

const WINDOW_SECONDS = 600

let world: World
let checkout: ApiClient
beforeAll(async () => {
  world = await startWorld({
    webhooks: false,
    environment: {
      CARD_TESTING_WINDOW_SECONDS: String(WINDOW_SECONDS),
      CARD_TESTING_PER_SESSION: '2',
      CARD_TESTING_PER_PAYER: '3',
      CARD_TESTING_PER_ADDRESS: '4',
      CARD_TESTING_PER_FINGERPRINT: '5',
    },
  })
  checkout = world.as('checkout')
})
afterAll(() => world.close())
beforeEach(() => world.advance(WINDOW_SECONDS + 1))

let people = 0
const newPayer = async () => (await checkout.post('/v1/payers', { short_name: 'Meter' })).json.id as string
const newAddress = () => `192.0.2.${++people}`

const save = (payer: string, name: string, ip?: string) =>
  checkout.post('/v1/tokens', {
    payer,
    payment_method: `pm_card_${name}`,
    consent: { text_version: 'v', ...(ip ? { ip } : {}) },
  })

const DECLINED = [
  'chargeDeclined',
  'chargeDeclinedExpiredCard',
  'chargeDeclinedProcessingError',
  'chargeDeclinedIncorrectCvc',
  'visa_chargeDeclinedLostCard',
]

describe('too many failed tries', () => {
  test('of one payer stop that payer alone, until they have left the window', async () => {
    const payer = await newPayer()
    for (const name of DECLINED.slice(0, 3)) expect((await save(payer, name)).status).toBe(402)
    const stopped = await save(payer, 'visa')
    expect([stopped.status, stopped.json.code]).toEqual([429, 'rate_limited'])
    const wait = Number(stopped.headers['retry-after'])
    expect(wait).toBeGreaterThan(WINDOW_SECONDS - 60)
    expect(wait).toBeLessThanOrEqual(WINDOW_SECONDS)
    expect((await save(await newPayer(), 'visa')).status).toBe(201)
    await world.advance(wait)
    expect((await save(payer, 'visa')).status).toBe(201)
  })

  test('from one address stop that address, whatever payers it names', async () => {
    const ip = newAddress()
    for (const name of DECLINED.slice(0, 4)) expect((await save(await newPayer(), name, ip)).status).toBe(402)
    expect((await save(await newPayer(), 'visa', ip)).status).toBe(429)
    expect((await save(await newPayer(), 'visa', newAddress())).status).toBe(201)
    expect((await save(await newPayer(), 'visa')).status).toBe(201)
  })

  test('from one block of IPv6 addresses stop the block, whose every address one caller has', async () => {
    for (let at = 0; at < 4; at++)
      expect((await save(await newPayer(), DECLINED[at] as string, `2001:db8:7:7::${at + 1}`)).status).toBe(402)
    expect((await save(await newPayer(), 'visa', '2001:DB8:7:7:ffff::1')).status).toBe(429)
    expect((await save(await newPayer(), 'visa', '2001:db8:7:8::1')).status).toBe(201)
  })

  test('of one card stop that card, whoever brings it', async () => {
    for (let i = 0; i < 5; i++) expect((await save(await newPayer(), 'chargeDeclined')).status).toBe(402)
    const stopped = await save(await newPayer(), 'visa_chargeDeclined')
    expect([stopped.status, stopped.json.code]).toEqual([429, 'rate_limited'])
    expect((await save(await newPayer(), 'visa')).status).toBe(201)
  })

  test('of one session stop the session', async () => {
    const payer = await newPayer()
    const session = await checkout.post('/v1/checkout-sessions', {
      payer,
      usage: 'off_session',
      consent: { text_version: 'v', locale: 'en' },
    })
    const page = world.withToken(session.json.session_token)
    const body = { setup_intent: session.json.setup_intent_client_secret.split('_secret_')[0] }
    for (let i = 0; i < 2; i++) expect((await page.post('/v1/tokens', body)).status).toBe(422)
    expect((await page.post('/v1/tokens', body)).status).toBe(429)
  })
})

test('a stopped payer still gets the answers of what was saved before, and its key keeps nothing of the pause', async () => {
  const payer = await newPayer()
  const key = 'a-key-of-its-own'
  const body = { payer, payment_method: 'pm_card_visa', consent: { text_version: 'v' } }
  const saved = await checkout.post('/v1/tokens', body, { key })
  for (const name of DECLINED.slice(0, 3)) await save(payer, name)
  expect((await checkout.post('/v1/tokens', body)).status).toBe(429)
  expect((await checkout.post('/v1/tokens', body, { key })).text).toBe(saved.text)
  const later = { ...body, payment_method: 'pm_card_mastercard' }
  expect((await checkout.post('/v1/tokens', later, { key: 'later' })).status).toBe(429)
  await world.advance(WINDOW_SECONDS + 1)
  expect((await checkout.post('/v1/tokens', later, { key: 'later' })).status).toBe(201)
})

test('a failed try is in the audit log with its reason, and in no table with an address', async () => {
  const payer = await newPayer()
  await save(payer, 'visa_chargeDeclinedLostCard', '203.0.113.77')
  const log = await world.as('admin').get(`/v1/audit-log?payer=${payer}&limit=100`)
  const failed = log.json.data.find(
    (entry: { action: string; outcome: string }) => entry.action === 'token.create' && entry.outcome === 'failed',
  )
  expect(failed.details).toMatchObject({ code: 'card_declined', decline_code: 'lost_card' })
})
