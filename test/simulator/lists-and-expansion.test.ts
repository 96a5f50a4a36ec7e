import type Stripe from 'stripe'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { failure, payment, type SimulatorSuite, savedCard, startSuite } from './simulator-suite.ts'

let suite: SimulatorSuite
let stripe: Stripe
beforeAll(async () => {
  suite = await startSuite()
  stripe = suite.stripe
})
afterAll(() => suite.close())

describe('lists', () => {
  test('are newest first and paged both ways', async () => {
    const made: string[] = []
    for (let i = 0; i < 25; i++) made.unshift((await stripe.customers.create({ name: `Customer ${i}` })).id)
    const first = await stripe.customers.list()
    expect(first.data.map(customer => customer.id)).toEqual(made.slice(0, 10))
    expect([first.has_more, first.url]).toEqual([true, '/v1/customers'])
    const second = await stripe.customers.list({ limit: 20, starting_after: made[9] })
    expect(second.data.map(customer => customer.id)).toEqual(made.slice(10))
    expect(second.has_more).toBe(false)
    const before = await stripe.customers.list({ limit: 3, ending_before: made[9] })
    expect(before.data.map(customer => customer.id)).toEqual(made.slice(6, 9))
    expect(before.has_more).toBe(true)
    const all: string[] = []
    for await (const customer of stripe.customers.list({ limit: 7 })) all.push(customer.id)
    expect(all).toEqual(made)
    expect((await failure(stripe.customers.list({ starting_after: made[0], ending_before: made[1] }))).statusCode).toBe(
      400,
    )
  })

  test('take ranges of time', async () => {
    const early = await stripe.customers.create({ email: 'early@example.org' })
    await suite.control('POST', '/clock', { advance_seconds: 100 })
    const late = await stripe.customers.create({ email: 'late@example.org' })
    const emails = async (created: Stripe.RangeQueryParam | number) =>
      (await stripe.customers.list({ created, limit: 1 })).data[0]?.email
    expect(await emails({ gte: late.created })).toBe('late@example.org')
    expect(await emails({ lt: late.created })).toBe('early@example.org')
    expect(await emails({ lte: early.created })).toBe('early@example.org')
    expect(await emails({ gt: late.created })).toBeUndefined()
    expect(await emails(late.created)).toBe('late@example.org')
    expect((await stripe.customers.list({ email: 'early@example.org' })).data).toHaveLength(1)
  })

  test('filter by what belongs together', async () => {
    const [one, two] = [await savedCard(stripe), await savedCard(stripe)]
    const [first, second] = [await payment(stripe, one), await payment(stripe, two)]
    await stripe.refunds.create({ payment_intent: first.id, amount: 100 })
    const ids = (list: Stripe.ApiList<{ id: string }>) => list.data.map(item => item.id)
    expect(ids(await stripe.paymentIntents.list({ customer: two.customer }))).toEqual([second.id])
    expect(ids(await stripe.charges.list({ customer: one.customer }))).toEqual([first.latest_charge])
    expect(ids(await stripe.charges.list({ payment_intent: second.id }))).toEqual([second.latest_charge])
    expect((await stripe.refunds.list({ charge: String(first.latest_charge) })).data).toHaveLength(1)
    expect((await stripe.refunds.list({ payment_intent: second.id })).data).toEqual([])
    expect(ids(await stripe.customers.listPaymentMethods(one.customer))).toEqual([one.method])
    expect((await stripe.customers.retrievePaymentMethod(one.customer, one.method)).id).toBe(one.method)
    expect((await failure(stripe.customers.retrievePaymentMethod(one.customer, two.method))).code).toBe(
      'resource_missing',
    )
    expect(ids(await stripe.paymentMethods.list({ customer: two.customer, type: 'card' }))).toEqual([two.method])
  })
})

describe('expansion', () => {
  test('puts objects where ids stand, up to four levels deep', async () => {
    const card = await savedCard(stripe)
    await suite.control('POST', '/settings', { account_key: suite.key, balance_transaction_delay_ms: 0 })
    const paid = await payment(stripe, card, {
      capture_method: 'automatic',
      expand: ['latest_charge.balance_transaction', 'customer', 'payment_method'],
    })
    const charge = paid.latest_charge as Stripe.Charge
    expect((charge.balance_transaction as Stripe.BalanceTransaction).source).toBe(charge.id)
    expect((paid.customer as Stripe.Customer).id).toBe(card.customer)
    expect((paid.payment_method as Stripe.PaymentMethod).card?.last4).toBe('4242')
    const deep = await stripe.balanceTransactions.list({
      expand: ['data.source.payment_intent.latest_charge.customer'],
    })
    const source = deep.data[0]!.source as Stripe.Charge
    const inner = (source.payment_intent as Stripe.PaymentIntent).latest_charge as Stripe.Charge
    expect((inner.customer as Stripe.Customer).object).toBe('customer')
    const refund = await stripe.refunds.create({ charge: charge.id, expand: ['charge.refunds.data.payment_intent'] })
    const [listed] = (refund.charge as Stripe.Charge).refunds!.data
    expect((listed!.payment_intent as Stripe.PaymentIntent).id).toBe(paid.id)
    expect(await stripe.charges.retrieve(charge.id)).not.toHaveProperty('refunds')
  })

  test.each([
    ['colour'],
    ['latest_charge.colour'],
    ['latest_charge.payment_intent.latest_charge.payment_intent.latest_charge'],
    ['metadata'],
  ])('of %s is refused', async path => {
    const paid = await payment(stripe, await savedCard(stripe))
    const error = await failure(stripe.paymentIntents.retrieve(paid.id, { expand: [path] }))
    expect([error.statusCode, error.param]).toEqual([400, 'expand'])
  })

  test('leaves what is not there alone, and shows a deleted customer as deleted', async () => {
    const customer = await stripe.customers.create({})
    const intent = await stripe.paymentIntents.create({ amount: 500, currency: 'usd', customer: customer.id })
    await stripe.customers.del(customer.id)
    const seen = await stripe.paymentIntents.retrieve(intent.id, {
      expand: ['customer', 'latest_charge', 'payment_method'],
    })
    expect(seen).toMatchObject({ customer: { deleted: true }, latest_charge: null, payment_method: null })
  })
})
