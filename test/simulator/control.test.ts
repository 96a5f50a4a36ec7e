import { get } from 'node:http'
import type Stripe from 'stripe'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { failure, payment, type SimulatorSuite, savedCard, startSuite } from './simulator-suite.ts'

let suite: SimulatorSuite
let stripe: Stripe
beforeEach(async () => {
  suite = await startSuite({ clockStart: new Date('2026-11-02T10:00:00Z') })
  stripe = suite.stripe
})
afterEach(() => suite.close())

const settings = (wish: object) => suite.control('POST', '/settings', { account_key: suite.key, ...wish })
const summary = (more = '') => suite.control('GET', `/summary?account_key=${suite.key}${more}`)
const tamper = (kind: string, wish: object = {}) =>
  suite.control('POST', '/tamper', { account_key: suite.key, kind, ...wish })

describe('the clock', () => {
  test('starts where it was told, moves, and follows the wall clock', async () => {
    const read = async () => Date.parse((await suite.control('GET', '/clock')).now)
    expect((await read()) - Date.parse('2026-11-02T10:00:00Z')).toBeLessThan(5000)
    await suite.control('POST', '/clock', { advance_seconds: 90 })
    await suite.control('POST', '/clock', { advance_days: 2 })
    expect(new Date(await read()).toISOString()).toMatch(/^2026-11-04T10:01:3/)
    const { version } = await suite.control('POST', '/clock', { set: '2027-01-01T00:00:00Z' })
    expect(version).toBe(4)
    const customer = await stripe.customers.create({})
    expect(new Date(customer.created * 1000).toISOString()).toMatch(/^2027-01-01T00:00:/)
  })

  test('tells a follower when it was moved', async () => {
    const { version } = await suite.control('GET', '/clock')
    const follower = suite.control('GET', `/clock?after_version=${version}&wait_ms=5000`)
    await suite.control('POST', '/clock', { advance_days: 1 })
    expect((await follower).version).toBe(version + 1)
    const started = Date.now()
    await suite.control('GET', `/clock?after_version=${version + 1}&wait_ms=60`)
    expect(Date.now() - started).toBeGreaterThanOrEqual(50)
  })
})

test('nobody may call the control side from a page, or by another name of this machine', async () => {
  const call = (headers: Record<string, string>) =>
    fetch(`${suite.simulator.controlUrl}/reset`, { method: 'POST', headers, body: '{}' })
  expect((await call({ origin: 'https://shop.example', 'content-type': 'application/json' })).status).toBe(403)
  expect((await call({ 'content-type': 'text/plain' })).status).toBe(400)
  const { port } = new URL(suite.simulator.url)
  const rebound = await new Promise(resolve => {
    const options = { port, path: '/_simulator/clock', headers: { host: 'attacker.example' } }
    get(options, response => resolve(response.resume().statusCode))
  })
  expect(rebound).toBe(403)
  await expect(suite.control('POST', '/settings', { colour: 'red' })).rejects.toThrow('400')
  await expect(suite.control('POST', '/nothing')).rejects.toThrow('404')
  await expect(suite.control('GET', '/log')).rejects.toThrow('account_key')
})

test('reset forgets what happened, and keeps the webhook endpoints', async () => {
  await stripe.webhookEndpoints.create({ url: 'http://127.0.0.1:9/hook', enabled_events: ['charge.failed'] })
  await payment(stripe, await savedCard(stripe))
  await suite.control('POST', '/reset', { account_key: suite.key })
  const { counts } = await summary()
  expect(counts).toMatchObject({
    customers: 0,
    payment_intents: 0,
    charges: 0,
    events: 0,
    idempotency: 0,
    webhook_endpoints: 1,
  })
  await suite.control('POST', '/reset', { everything: true })
  expect((await summary()).counts.webhook_endpoints).toBe(0)
})

test('the summary counts successful payments by their metadata', async () => {
  const card = await savedCard(stripe)
  await payment(stripe, card, { metadata: { order: 'a' } })
  await payment(stripe, card, { metadata: { order: 'b' } })
  await payment(stripe, card, { metadata: { order: 'b' } })
  await failure(payment(stripe, await savedCard(stripe, 'pm_card_chargeCustomerFail'), { metadata: { order: 'c' } }))
  expect(await summary('&metadata_key=order')).toMatchObject({
    payment_intents_by_status: { succeeded: 3, requires_payment_method: 1 },
    succeeded_by_metadata: { a: 1, b: 2 },
    amount_captured: 3000,
  })
})

describe('tampering', () => {
  const rows = async (filter: Stripe.BalanceTransactionListParams = {}) =>
    (await stripe.balanceTransactions.list({ limit: 100, ...filter })).data
  const paid = async () => payment(stripe, await savedCard(stripe), { capture_method: 'automatic' })

  test('a charge and a refund made outside the vault', async () => {
    const intent = await tamper('charge_outside', { amount: 4321 })
    expect(await stripe.charges.retrieve(intent.latest_charge)).toMatchObject({
      amount: 4321,
      status: 'succeeded',
      metadata: {},
    })
    const refund = await tamper('refund_outside', { id: intent.latest_charge, amount: 21 })
    expect((await rows({ source: refund.id }))[0]?.amount).toBe(-21)
  })

  test('a row that is missing, doubled, or of another amount, fee or currency', async () => {
    const { latest_charge } = await paid()
    const source = String(latest_charge)
    const [row] = await rows({ source })
    expect((await tamper('change_amount', { by: -100 })).id).toBe(row!.id)
    expect((await rows({ source }))[0]).toMatchObject({ amount: 900, net: 841 })
    await tamper('change_amount', { id: source, by: 200 })
    expect((await rows({ source }))[0]?.amount).toBe(1100)
    await tamper('change_fee', { id: row!.id, by: 7 })
    expect((await rows({ source }))[0]).toMatchObject({ fee: 66, net: 1034 })
    await tamper('change_currency', { id: source })
    expect((await rows({ source }))[0]?.currency).toBe('eur')
    const twin = await tamper('double_balance_transaction', { id: source })
    expect((await rows({ source })).map(found => found.id)).toEqual([twin.id, row!.id])
    await tamper('missing_balance_transaction', { id: row!.id })
    expect((await rows({ source })).map(found => found.id)).toEqual([twin.id])
    expect((await stripe.charges.retrieve(source)).balance_transaction).toBeNull()
  })

  test('a row of a kind that nobody knows', async () => {
    const row = await tamper('unknown_category', { amount: -5 })
    expect(await stripe.balanceTransactions.retrieve(row.id)).toMatchObject({
      type: 'tidal_adjustment',
      reporting_category: 'tidal_adjustment',
      net: -5,
    })
  })

  test('a charge of another status, both ways', async () => {
    const good = await paid()
    await tamper('charge_status', { id: good.id, status: 'failed' })
    expect(await stripe.paymentIntents.retrieve(good.id)).toMatchObject({
      status: 'requires_payment_method',
      amount_received: 0,
    })
    const bad = await failure(payment(stripe, await savedCard(stripe, 'pm_card_chargeCustomerFail')))
    await tamper('charge_status', { id: bad.charge!, status: 'succeeded' })
    expect(await stripe.charges.retrieve(bad.charge!)).toMatchObject({
      status: 'succeeded',
      paid: true,
      balance_transaction: expect.stringMatching(/^txn_/),
    })
  })

  test('a payout whose amount is not the sum of its rows', async () => {
    await settings({ automatic_payouts: false })
    await paid()
    const { data } = await suite.control('POST', '/payouts', { account_key: suite.key, settle_pending: true })
    await tamper('payout_sum', { by: -100 })
    const payout = await stripe.payouts.retrieve(data[0].id)
    expect(payout.amount).toBe(data[0].amount - 100)
    const others = (await rows({ payout: payout.id })).filter(row => row.type !== 'payout')
    expect(others.reduce((sum, row) => sum + row.net, 0) - payout.amount).toBe(100)
  })

  test('a payout by hand that nobody can attribute', async () => {
    await settings({ automatic_payouts: false })
    await paid()
    await expect(tamper('manual_payout')).rejects.toThrow('Nothing is available')
    await suite.control('POST', '/clock', { advance_days: 4 })
    const payout = await tamper('manual_payout')
    expect(payout).toMatchObject({
      automatic: false,
      amount: 941,
      status: 'paid',
      reconciliation_status: 'not_applicable',
    })
    expect(await rows({ payout: payout.id })).toEqual([])
  })

  test('that finds nothing to spoil says so', async () => {
    await expect(tamper('change_fee')).rejects.toThrow('404')
    await expect(tamper('payout_sum')).rejects.toThrow('404')
    await expect(tamper('change_everything')).rejects.toThrow('400')
  })
})
