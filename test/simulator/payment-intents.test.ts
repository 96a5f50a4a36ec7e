import type Stripe from 'stripe'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { eventually, failure, payment, type SimulatorSuite, savedCard, startSuite } from './simulator-suite.ts'

let suite: SimulatorSuite
let stripe: Stripe
beforeAll(async () => {
  suite = await startSuite()
  stripe = suite.stripe
})
afterAll(() => suite.close())

describe('the life of a payment intent', () => {
  test('from requires_payment_method over requires_confirmation to succeeded', async () => {
    const intent = await stripe.paymentIntents.create({ amount: 1500, currency: 'usd', metadata: { a: '1' } })
    expect(intent.status).toBe('requires_payment_method')
    expect([intent.livemode, intent.capture_method, intent.payment_method_types]).toEqual([
      false,
      'automatic_async',
      ['card'],
    ])
    expect(intent.client_secret).toMatch(new RegExp(`^${intent.id}_secret_`))
    const changed = await stripe.paymentIntents.update(intent.id, {
      payment_method: 'pm_card_visa',
      amount: 1600,
      metadata: { a: '', b: '2' },
    })
    expect([changed.status, changed.amount, changed.metadata]).toEqual(['requires_confirmation', 1600, { b: '2' }])
    const paid = await stripe.paymentIntents.confirm(intent.id, { expand: ['latest_charge'] })
    expect([paid.status, paid.amount_received, paid.amount_capturable]).toEqual(['succeeded', 1600, 0])
    const charge = paid.latest_charge as Stripe.Charge
    expect([charge.status, charge.captured, charge.amount_captured, charge.balance_transaction]).toEqual([
      'succeeded',
      true,
      1600,
      null,
    ])
    expect(charge.metadata).toEqual({ b: '2' })
  })

  test('a declined one takes another card', async () => {
    const { customer } = await savedCard(stripe)
    const intent = await stripe.paymentIntents.create({ amount: 1500, currency: 'usd', customer })
    const error = await failure(
      stripe.paymentIntents.confirm(intent.id, { payment_method: 'pm_card_visa_chargeDeclined' }),
    )
    expect(error.payment_intent?.id).toBe(intent.id)
    expect(error.payment_method?.card?.last4).toBe('0002')
    const paid = await stripe.paymentIntents.confirm(intent.id, { payment_method: 'pm_card_visa' })
    expect([paid.status, paid.last_payment_error]).toEqual(['succeeded', null])
    const { data } = await stripe.charges.list({ payment_intent: intent.id })
    expect(data.map(charge => charge.status)).toEqual(['succeeded', 'failed'])
    expect(data[1]).toMatchObject({
      paid: false,
      failure_code: 'card_declined',
      outcome: { type: 'issuer_declined', reason: 'generic_decline', advice_code: 'try_again_later' },
    })
  })

  test.each<[string, (id: string) => Promise<unknown>]>([
    ['confirm', id => stripe.paymentIntents.confirm(id)],
    ['capture', id => stripe.paymentIntents.capture(id)],
    ['cancel', id => stripe.paymentIntents.cancel(id)],
    ['change the amount of', id => stripe.paymentIntents.update(id, { amount: 999 })],
  ])('nobody can %s one that has succeeded', async (_, call) => {
    const paid = await payment(stripe, await savedCard(stripe))
    const error = await failure(call(paid.id))
    expect([error.statusCode, error.code]).toEqual([400, 'payment_intent_unexpected_state'])
    expect(error.payment_intent?.status).toBe('succeeded')
  })

  test('one without a payment method cannot be confirmed', async () => {
    const intent = await stripe.paymentIntents.create({ amount: 1500, currency: 'usd' })
    expect((await failure(stripe.paymentIntents.confirm(intent.id))).code).toBe('payment_intent_unexpected_state')
  })

  test('the amount to confirm must be the amount', async () => {
    const intent = await stripe.paymentIntents.create({ amount: 1500, currency: 'usd', payment_method: 'pm_card_visa' })
    expect((await failure(stripe.paymentIntents.confirm(intent.id, { amount_to_confirm: 1501 }))).param).toBe(
      'amount_to_confirm',
    )
    expect((await stripe.paymentIntents.confirm(intent.id, { amount_to_confirm: 1500 })).status).toBe('succeeded')
  })

  test('where processing takes time, the outcome comes later', async () => {
    const key = 'sk_test_slowprocessing'
    const slow = suite.clientFor(key)
    const [good, bad] = [await savedCard(slow), await savedCard(slow, 'pm_card_chargeCustomerFail')]
    await suite.control('POST', '/settings', { account_key: key, processing_delay_ms: 60 })
    const intents = [await payment(slow, good), await payment(slow, bad)]
    expect(intents.map(intent => intent.status)).toEqual(['processing', 'processing'])
    await eventually(async () => (await slow.paymentIntents.retrieve(intents[0]!.id)).status === 'succeeded')
    await eventually(
      async () =>
        (await slow.paymentIntents.retrieve(intents[1]!.id)).last_payment_error?.decline_code === 'generic_decline',
    )
  })
})

describe('capture and cancel', () => {
  const held = async () => payment(stripe, await savedCard(stripe), { capture_method: 'manual' })

  test('a held payment is captured in part, once', async () => {
    const intent = await held()
    expect([intent.status, intent.amount_capturable, intent.amount_received]).toEqual(['requires_capture', 1000, 0])
    expect((await failure(stripe.paymentIntents.capture(intent.id, { amount_to_capture: 1001 }))).code).toBe(
      'amount_too_large',
    )
    const captured = await stripe.paymentIntents.capture(intent.id, {
      amount_to_capture: 700,
      expand: ['latest_charge'],
    })
    expect([captured.status, captured.amount_received, captured.amount_capturable]).toEqual(['succeeded', 700, 0])
    expect(captured.latest_charge).toMatchObject({
      captured: true,
      amount_captured: 700,
      amount_refunded: 300,
      refunded: false,
    })
    expect((await failure(stripe.paymentIntents.capture(intent.id))).code).toBe('payment_intent_unexpected_state')
  })

  test('a held payment is cancelled, and cannot be captured then', async () => {
    const intent = await held()
    const canceled = await stripe.paymentIntents.cancel(intent.id, {
      cancellation_reason: 'abandoned',
      expand: ['latest_charge'],
    })
    expect([canceled.status, canceled.cancellation_reason]).toEqual(['canceled', 'abandoned'])
    expect(canceled.latest_charge).toMatchObject({ captured: false, amount_captured: 0, refunded: true })
    expect((await failure(stripe.paymentIntents.capture(intent.id))).code).toBe('payment_intent_unexpected_state')
  })

  test('an authorization ends by itself after seven days', async () => {
    const intent = await held()
    await suite.control('POST', '/clock', { advance_days: 6.9 })
    expect((await stripe.paymentIntents.retrieve(intent.id)).status).toBe('requires_capture')
    await suite.control('POST', '/clock', { advance_days: 0.2 })
    const ended = await stripe.paymentIntents.retrieve(intent.id)
    expect([ended.status, ended.cancellation_reason]).toEqual(['canceled', 'automatic'])
    const { data } = await stripe.events.list({ types: ['charge.expired', 'payment_intent.canceled'], limit: 2 })
    expect(new Set(data.map(event => event.type))).toEqual(new Set(['charge.expired', 'payment_intent.canceled']))
  })

  test.each(['requires_payment_method', 'requires_confirmation', 'requires_action'])(
    'one that %s is cancelled',
    async status => {
      const method = status === 'requires_action' ? 'pm_card_authenticationRequired' : 'pm_card_visa'
      const intent = await stripe.paymentIntents.create({
        amount: 500,
        currency: 'usd',
        ...(status !== 'requires_payment_method' && { payment_method: method }),
        ...(status === 'requires_action' && { confirm: true }),
      })
      expect(intent.status).toBe(status)
      expect((await stripe.paymentIntents.cancel(intent.id)).status).toBe('canceled')
      expect((await failure(stripe.paymentIntents.confirm(intent.id, { payment_method: 'pm_card_visa' }))).code).toBe(
        'payment_intent_unexpected_state',
      )
    },
  )
})

describe('whose payment method it is', () => {
  test("another customer's cannot be used", async () => {
    const [mine, yours] = [await savedCard(stripe), await savedCard(stripe)]
    const error = await failure(payment(stripe, { customer: mine.customer, method: yours.method }))
    expect([error.statusCode, error.param]).toEqual([400, 'payment_method'])
    const nobody = stripe.paymentIntents.create({
      amount: 500,
      currency: 'usd',
      payment_method: mine.method,
      confirm: true,
    })
    expect((await failure(nobody)).statusCode).toBe(400)
    expect((await failure(stripe.paymentMethods.attach(yours.method, { customer: mine.customer }))).statusCode).toBe(
      400,
    )
  })

  test('a detached one can never be used again', async () => {
    const card = await savedCard(stripe)
    const detached = await stripe.paymentMethods.detach(card.method)
    expect(detached.customer).toBeNull()
    for (const call of [
      () => stripe.paymentMethods.attach(card.method, { customer: card.customer }),
      () => payment(stripe, card),
      () => stripe.setupIntents.create({ customer: card.customer, payment_method: card.method }),
    ]) {
      expect((await failure(call())).statusCode).toBe(400)
    }
    expect((await failure(stripe.paymentMethods.detach(card.method))).statusCode).toBe(400)
    expect((await stripe.paymentMethods.retrieve(card.method)).id).toBe(card.method)
  })

  test('one that was charged without a customer is used up; with setup_future_usage it is saved', async () => {
    const loose = await stripe.paymentMethods.create({ type: 'card', card: { token: 'tok_visa' } })
    await stripe.paymentIntents.create({ amount: 500, currency: 'usd', payment_method: loose.id, confirm: true })
    expect(
      (
        await failure(
          stripe.paymentIntents.create({ amount: 500, currency: 'usd', payment_method: loose.id, confirm: true }),
        )
      ).statusCode,
    ).toBe(400)
    const { customer } = await savedCard(stripe)
    const kept = await stripe.paymentMethods.create({ type: 'card', card: { token: 'tok_mastercard' } })
    await payment(stripe, { customer, method: kept.id }, { off_session: false, setup_future_usage: 'off_session' })
    expect((await stripe.paymentMethods.retrieve(kept.id)).customer).toBe(customer)
  })

  test('deleting a customer takes its cards with it', async () => {
    const card = await savedCard(stripe)
    expect(await stripe.customers.del(card.customer)).toEqual(expect.objectContaining({ deleted: true }))
    expect((await stripe.customers.retrieve(card.customer)).deleted).toBe(true)
    expect((await failure(payment(stripe, card))).code).toBe('resource_missing')
    expect((await stripe.paymentMethods.retrieve(card.method)).customer).toBeNull()
  })

  test('a card that has expired on the clock is declined', async () => {
    const key = 'sk_test_expiringcards'
    const client = suite.clientFor(key)
    const year = new Date().getUTCFullYear() + 1
    const method = await client.paymentMethods.create({
      type: 'card',
      card: { number: '4242424242424242', exp_month: 1, exp_year: year },
    })
    const card = await savedCard(client, method.id)
    expect((await payment(client, card)).status).toBe('succeeded')
    await suite.control('POST', '/clock', { set: `${year}-02-01T00:00:00Z` })
    expect((await failure(payment(client, card))).code).toBe('expired_card')
  })
})
