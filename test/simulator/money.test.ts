import type Stripe from 'stripe'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { eventually, failure, payment, type SimulatorSuite, savedCard, startSuite } from './simulator-suite.ts'

let suite: SimulatorSuite
let stripe: Stripe
beforeAll(async () => {
  suite = await startSuite({ clockStart: new Date('2026-11-05T10:00:00Z') })
  stripe = suite.stripe
  await suite.control('POST', '/settings', {
    account_key: suite.key,
    automatic_payouts: false,
    balance_transaction_delay_ms: 50,
  })
})
afterAll(() => suite.close())

const settled = (charge: string) =>
  eventually(async () => {
    const found = await stripe.charges.retrieve(charge, { expand: ['balance_transaction'] })
    return found.balance_transaction as Stripe.BalanceTransaction | null
  })
const rowsOf = async (source: string) => (await stripe.balanceTransactions.list({ source })).data

describe('a charge', () => {
  test('gets its balance transaction later, and charge.updated says so', async () => {
    const paid = await payment(stripe, await savedCard(stripe), { amount: 10_000, description: 'Lesson' })
    expect((await stripe.charges.retrieve(String(paid.latest_charge))).balance_transaction).toBeNull()
    const row = await settled(String(paid.latest_charge))
    expect(row).toMatchObject({
      amount: 10_000,
      fee: 320,
      net: 9680,
      currency: 'usd',
      type: 'charge',
      reporting_category: 'charge',
      status: 'pending',
    })
    expect(row).toMatchObject({ source: paid.latest_charge, description: 'Lesson', balance_type: 'payments' })
    // Thursday and two business days.
    expect(new Date(row.available_on * 1000).toISOString()).toBe('2026-11-09T00:00:00.000Z')
    const [event] = (await stripe.events.list({ type: 'charge.updated' })).data
    expect(event?.data.previous_attributes).toEqual({ balance_transaction: null })
    expect((event!.data.object as Stripe.Charge).balance_transaction).toBe(row.id)
    const succeeded = (await stripe.events.list({ type: 'charge.succeeded' })).data[0]?.data.object as Stripe.Charge
    expect(succeeded.balance_transaction).toBeNull()
  })

  test('has it at once when captured the old way', async () => {
    const paid = await payment(stripe, await savedCard(stripe), {
      capture_method: 'automatic',
      expand: ['latest_charge'],
    })
    expect((paid.latest_charge as Stripe.Charge).balance_transaction).toMatch(/^txn_/)
  })

  test('captured in part has a row for the whole and one that takes the rest back', async () => {
    const held = await payment(stripe, await savedCard(stripe), { capture_method: 'manual' })
    expect(await rowsOf(String(held.latest_charge))).toEqual([])
    await stripe.paymentIntents.capture(held.id, { amount_to_capture: 600 })
    const rows = await rowsOf(String(held.latest_charge))
    expect(rows.map(row => [row.reporting_category, row.amount, row.fee])).toEqual([
      ['partial_capture_reversal', -400, 0],
      ['charge', 1000, 47],
    ])
  })

  test('costs what the settings say', async () => {
    await suite.control('POST', '/settings', { account_key: suite.key, fee_percent: 1.5, fee_fixed: 0 })
    const paid = await payment(stripe, await savedCard(stripe), { capture_method: 'automatic' })
    expect((await settled(String(paid.latest_charge))).fee).toBe(15)
    await suite.control('POST', '/settings', { account_key: suite.key, fee_percent: 2.9, fee_fixed: 30 })
  })
})

test('pending money becomes available, with balance.available', async () => {
  const client = suite.clientFor('sk_test_availability')
  await suite.control('POST', '/settings', { account_key: 'sk_test_availability', automatic_payouts: false })
  await payment(client, await savedCard(client), { capture_method: 'automatic' })
  await payment(client, await savedCard(client), { capture_method: 'automatic', currency: 'jpy' })
  const sums = async () => {
    const { available, pending } = await client.balance.retrieve()
    return [available, pending].map(list => Object.fromEntries(list.map(({ currency, amount }) => [currency, amount])))
  }
  expect(await sums()).toEqual([
    { jpy: 0, usd: 0 },
    { jpy: 941, usd: 941 },
  ])
  await suite.control('POST', '/clock', { advance_days: 5 })
  expect(await sums()).toEqual([
    { jpy: 941, usd: 941 },
    { jpy: 0, usd: 0 },
  ])
  const { data } = await client.events.list({ type: 'balance.available' })
  expect((data[0]!.data.object as Stripe.Balance).available[0]).toMatchObject({ amount: 941 })
  expect((await client.balanceTransactions.list({ currency: 'jpy' })).data[0]?.status).toBe('available')
})

describe('refunds', () => {
  test('in parts, never above the capture, the fee kept', async () => {
    const paid = await payment(stripe, await savedCard(stripe), { capture_method: 'automatic' })
    const refund = await stripe.refunds.create({
      payment_intent: paid.id,
      amount: 300,
      reason: 'requested_by_customer',
      metadata: { a: 'b' },
    })
    expect(refund).toMatchObject({
      status: 'succeeded',
      amount: 300,
      charge: paid.latest_charge,
      payment_intent: paid.id,
      metadata: { a: 'b' },
    })
    const [row] = await rowsOf(refund.id)
    expect(row).toMatchObject({ amount: -300, fee: 0, net: -300, type: 'refund', reporting_category: 'refund' })
    const tooMuch = await failure(stripe.refunds.create({ payment_intent: paid.id, amount: 701 }))
    expect([tooMuch.statusCode, tooMuch.param]).toEqual([400, 'amount'])
    expect((await stripe.refunds.create({ charge: String(paid.latest_charge) })).amount).toBe(700)
    expect(await stripe.charges.retrieve(String(paid.latest_charge))).toMatchObject({
      amount_refunded: 1000,
      refunded: true,
    })
    expect((await failure(stripe.refunds.create({ payment_intent: paid.id }))).code).toBe('charge_already_refunded')
  })

  test('of what was not captured, not paid or does not exist are refused', async () => {
    const held = await payment(stripe, await savedCard(stripe), { capture_method: 'manual' })
    expect((await failure(stripe.refunds.create({ payment_intent: held.id }))).statusCode).toBe(400)
    const declined = await failure(payment(stripe, await savedCard(stripe, 'pm_card_chargeCustomerFail')))
    expect((await failure(stripe.refunds.create({ charge: declined.charge! }))).statusCode).toBe(400)
    expect((await failure(stripe.refunds.create({ charge: 'ch_nothing' }))).code).toBe('resource_missing')
    const open = await stripe.paymentIntents.create({ amount: 500, currency: 'usd' })
    expect((await failure(stripe.refunds.create({ payment_intent: open.id }))).statusCode).toBe(400)
  })

  test('that fail give their money back to the balance', async () => {
    await suite.control('POST', '/settings', { account_key: suite.key, refund_delay_ms: 0 })
    const paid = await payment(stripe, await savedCard(stripe, 'pm_card_refundFail'), { capture_method: 'automatic' })
    const refund = await stripe.refunds.create({ payment_intent: paid.id })
    const failed = await eventually(async () => {
      const found = await stripe.refunds.retrieve(refund.id)
      return found.status === 'failed' ? found : null
    })
    const rows = await rowsOf(refund.id)
    expect(rows.map(row => [row.reporting_category, row.amount])).toEqual([
      ['refund_failure', 1000],
      ['refund', -1000],
    ])
    expect(failed).toMatchObject({
      failure_reason: 'expired_or_canceled_card',
      failure_balance_transaction: rows[0]?.id,
    })
    const { data } = await stripe.events.list({
      types: ['refund.created', 'charge.refunded', 'refund.updated', 'refund.failed'],
      limit: 4,
    })
    expect(data.map(event => event.type)).toEqual([
      'refund.failed',
      'refund.updated',
      'charge.refunded',
      'refund.created',
    ])
  })

  test('get metadata and are never cancelled', async () => {
    const paid = await payment(stripe, await savedCard(stripe))
    const refund = await stripe.refunds.create({ payment_intent: paid.id })
    expect((await stripe.refunds.update(refund.id, { metadata: { order: '7' } })).metadata).toEqual({ order: '7' })
    expect((await failure(stripe.refunds.cancel(refund.id))).statusCode).toBe(400)
  })
})

describe('disputes', () => {
  const disputed = async (method = 'pm_card_createDispute') => {
    await suite.control('POST', '/settings', {
      account_key: suite.key,
      dispute_delay_ms: 0,
      balance_transaction_delay_ms: 0,
    })
    const paid = await payment(stripe, await savedCard(stripe, method))
    return eventually(async () => (await stripe.disputes.list({ payment_intent: paid.id })).data[0])
  }
  const ended = (id: string, status: string) =>
    eventually(async () => {
      const found = await stripe.disputes.retrieve(id)
      return found.status === status ? found : null
    })

  test('take the amount and a fee; winning brings the amount back', async () => {
    const dispute = await disputed()
    expect(dispute.balance_transactions[0]).toMatchObject({
      amount: -1000,
      fee: 1500,
      net: -2500,
      type: 'adjustment',
      reporting_category: 'dispute',
      source: dispute.id,
    })
    expect((await failure(stripe.refunds.create({ charge: String(dispute.charge) }))).code).toBe('charge_disputed')
    const answered = await stripe.disputes.update(dispute.id, { evidence: { uncategorized_text: 'winning_evidence' } })
    expect([answered.status, answered.evidence_details.has_evidence]).toEqual(['under_review', true])
    const won = await ended(dispute.id, 'won')
    expect(won.balance_transactions[1]).toMatchObject({ amount: 1000, fee: 0, reporting_category: 'dispute_reversal' })
    const { data } = await stripe.events.list({ types: ['charge.dispute.*'], limit: 5 })
    const types = ['funds_reinstated', 'closed', 'updated', 'funds_withdrawn', 'created'].map(
      type => `charge.dispute.${type}`,
    )
    expect(data.map(event => event.type)).toEqual(types)
    expect((await stripe.refunds.create({ charge: String(dispute.charge), amount: 10 })).status).toBe('succeeded')
  })

  test('are lost with bad evidence, and by giving in', async () => {
    const bad = await disputed()
    await stripe.disputes.update(bad.id, { evidence: { uncategorized_text: 'losing_evidence' } })
    expect((await ended(bad.id, 'lost')).balance_transactions).toHaveLength(1)
    const given = await disputed()
    expect((await stripe.disputes.close(given.id)).status).toBe('lost')
    expect((await failure(stripe.disputes.close(given.id))).statusCode).toBe(400)
    expect(
      (await failure(stripe.disputes.update(given.id, { evidence: { uncategorized_text: 'winning_evidence' } })))
        .statusCode,
    ).toBe(400)
  })

  test('keep a draft of evidence until it is submitted', async () => {
    const dispute = await disputed()
    const draft = await stripe.disputes.update(dispute.id, {
      evidence: { uncategorized_text: 'winning_evidence' },
      submit: false,
    })
    expect([draft.status, draft.evidence_details.submission_count]).toEqual(['needs_response', 0])
    await stripe.disputes.update(dispute.id, { submit: true })
    await ended(dispute.id, 'won')
  })

  test('an inquiry moves no money and lets the charge be refunded', async () => {
    const inquiry = await disputed('pm_card_createDisputeInquiry')
    expect([inquiry.status, inquiry.is_charge_refundable, inquiry.balance_transactions]).toEqual([
      'warning_needs_response',
      true,
      [],
    ])
    expect((await stripe.refunds.create({ charge: String(inquiry.charge) })).status).toBe('succeeded')
    await stripe.disputes.update(inquiry.id, { evidence: { uncategorized_text: 'winning_evidence' } })
    await ended(inquiry.id, 'warning_closed')
  })

  test('are opened and closed by the control side too', async () => {
    const paid = await payment(stripe, await savedCard(stripe))
    const dispute = await suite.control('POST', '/disputes', {
      charge: paid.latest_charge,
      reason: 'duplicate',
      amount: 400,
    })
    expect([dispute.amount, dispute.reason]).toEqual([400, 'duplicate'])
    expect((await suite.control('POST', `/disputes/${dispute.id}/close`, { outcome: 'won' })).status).toBe('won')
    await expect(suite.control('POST', `/disputes/${dispute.id}/close`, { outcome: 'won' })).rejects.toThrow(
      'closed already',
    )
  })
})
