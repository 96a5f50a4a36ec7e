import type Stripe from 'stripe'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { failure, payment, type SimulatorSuite, savedCard, startSuite } from './simulator-suite.ts'

let suite: SimulatorSuite
let stripe: Stripe
beforeEach(async () => {
  // A Monday.
  suite = await startSuite({ clockStart: new Date('2026-11-02T10:00:00Z') })
  stripe = suite.stripe
})
afterEach(() => suite.close())

const pay = async (amount: number, more: Partial<Stripe.PaymentIntentCreateParams> = {}) =>
  payment(stripe, await savedCard(stripe), { amount, capture_method: 'automatic', ...more })
const advance = (advance_days: number) => suite.control('POST', '/clock', { advance_days })
const rowsOf = async (payout: string) => (await stripe.balanceTransactions.list({ payout, limit: 100 })).data
const sum = (rows: Stripe.BalanceTransaction[]) => rows.reduce((total, row) => total + row.net, 0)

test('each midnight makes a payout of what is available, which ends at the bank and reconciled', async () => {
  await pay(10_000)
  const refunded = await pay(5000)
  await stripe.refunds.create({ payment_intent: refunded.id, amount: 1000 })
  await advance(1)
  expect((await stripe.payouts.list()).data).toEqual([])
  await advance(1)
  const [payout] = (await stripe.payouts.list()).data
  expect(payout).toMatchObject({
    automatic: true,
    status: 'in_transit',
    reconciliation_status: 'in_progress',
    method: 'standard',
    type: 'bank_account',
  })
  expect(new Date(payout!.created * 1000).toISOString()).toBe('2026-11-04T00:00:00.000Z')
  expect(new Date(payout!.arrival_date * 1000).toISOString()).toBe('2026-11-05T00:00:00.000Z')
  const rows = await rowsOf(payout!.id)
  const own = rows.filter(row => row.type === 'payout')
  expect(own).toMatchObject([{ source: payout!.id, amount: -payout!.amount, fee: 0, reporting_category: 'payout' }])
  expect(rows).toHaveLength(4)
  expect(sum(rows.filter(row => row.type !== 'payout'))).toBe(payout!.amount)
  await advance(1)
  expect(await stripe.payouts.retrieve(payout!.id)).toMatchObject({
    status: 'paid',
    reconciliation_status: 'completed',
    trace_id: { status: 'supported' },
  })
  const { data } = await stripe.events.list({ types: ['payout.*'] })
  expect(data.map(event => event.type)).toEqual([
    'payout.paid',
    'payout.reconciliation_completed',
    'payout.updated',
    'payout.created',
  ])
  expect((await stripe.balance.retrieve()).available).toMatchObject([{ amount: 0, currency: 'usd' }])
})

test('two weeks in one step are two weeks of days', async () => {
  for (let day = 0; day < 4; day++) {
    await pay(1000 + day)
    await advance(1)
  }
  await advance(14)
  const payouts = (await stripe.payouts.list({ limit: 100 })).data
  expect(payouts).toHaveLength(4)
  expect(new Set(payouts.map(payout => payout.created)).size).toBe(4)
  for (const payout of payouts) {
    expect(payout.status).toBe('paid')
    expect(sum((await rowsOf(payout.id)).filter(row => row.type !== 'payout'))).toBe(payout.amount)
  }
})

test('each currency has a payout of its own', async () => {
  await pay(1000)
  await pay(1000, { currency: 'jpy' })
  await advance(3)
  expect(new Set((await stripe.payouts.list()).data.map(payout => payout.currency))).toEqual(new Set(['usd', 'jpy']))
})

test('what is negative waits for money, or is paid by the account when that is allowed', async () => {
  const paid = await pay(1000)
  await advance(3)
  await stripe.refunds.create({ payment_intent: paid.id })
  await advance(1)
  expect((await stripe.payouts.list()).data).toHaveLength(1)
  const { data } = await suite.control('POST', '/payouts', { account_key: suite.key, allow_negative: true })
  expect(data).toMatchObject([{ amount: -1000, status: 'paid', reconciliation_status: 'completed' }])
})

test('automatic payouts can be switched off, and the day made by hand', async () => {
  await suite.control('POST', '/settings', { account_key: suite.key, automatic_payouts: false })
  await pay(2000)
  await advance(5)
  expect((await stripe.payouts.list()).data).toEqual([])
  await payment(stripe, await savedCard(stripe), { amount: 3000 })
  const { data } = await suite.control('POST', '/payouts', { account_key: suite.key, settle_pending: true })
  expect(data).toMatchObject([{ amount: 2000 - 88 + 3000 - 117, status: 'paid', reconciliation_status: 'completed' }])
  expect((await suite.control('POST', '/payouts', { account_key: suite.key })).data).toEqual([])
})

test('a payout that the bank sends back is paid again with the next', async () => {
  await pay(10_000)
  await advance(3)
  const [payout] = (await stripe.payouts.list()).data
  const failed = await suite.control('POST', `/payouts/${payout!.id}/fail`, { failure_code: 'account_closed' })
  expect(failed).toMatchObject({ status: 'failed', failure_code: 'account_closed' })
  const back = await stripe.balanceTransactions.retrieve(failed.failure_balance_transaction)
  expect(back).toMatchObject({ amount: payout!.amount, type: 'payout_failure', reporting_category: 'payout_reversal' })
  await advance(1)
  const [next] = (await stripe.payouts.list({ limit: 1 })).data
  expect([next!.id === payout!.id, next!.amount]).toEqual([false, payout!.amount])
  expect((await rowsOf(next!.id)).map(row => row.type).sort()).toEqual(['payout', 'payout_failure'])
})

describe('a payout by hand', () => {
  test('has no list of rows, and is refused when the balance is short', async () => {
    await suite.control('POST', '/settings', { account_key: suite.key, automatic_payouts: false })
    await pay(10_000)
    expect((await failure(stripe.payouts.create({ amount: 100, currency: 'usd' }))).code).toBe('balance_insufficient')
    await advance(3)
    const payout = await stripe.payouts.create({ amount: 9680, currency: 'usd', metadata: { a: 'b' } })
    expect(payout).toMatchObject({
      automatic: false,
      reconciliation_status: 'not_applicable',
      status: 'pending',
      metadata: { a: 'b' },
    })
    expect(await rowsOf(payout.id)).toEqual([])
    expect((await stripe.balanceTransactions.list({ type: 'payout' })).data).toMatchObject([
      { source: payout.id, amount: -9680 },
    ])
    await suite.control('POST', '/settings', { account_key: suite.key, automatic_payouts: true })
    await advance(4)
    expect((await stripe.payouts.list()).data).toMatchObject([
      { id: payout.id, status: 'paid', reconciliation_status: 'not_applicable' },
    ])
  })

  test('is cancelled while pending, and reversed when paid', async () => {
    await suite.control('POST', '/settings', { account_key: suite.key, automatic_payouts: false })
    await pay(10_000)
    await advance(3)
    const first = await stripe.payouts.create({ amount: 4000, currency: 'usd' })
    expect((await stripe.payouts.cancel(first.id)).status).toBe('canceled')
    expect((await failure(stripe.payouts.cancel(first.id))).statusCode).toBe(400)
    const second = await stripe.payouts.create({ amount: 4000, currency: 'usd' })
    expect((await failure(stripe.payouts.reverse(second.id))).statusCode).toBe(400)
    await advance(2)
    const reversal = await stripe.payouts.reverse(second.id)
    expect([reversal.amount, reversal.original_payout]).toEqual([-4000, second.id])
    expect((await stripe.payouts.retrieve(second.id)).reversed_by).toBe(reversal.id)
    expect((await stripe.balance.retrieve()).available[0]?.amount).toBe(9680)
  })
})
