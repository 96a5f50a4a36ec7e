import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Stripe from 'stripe'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { ensureCertificates } from '../../src/dev/certificates.ts'
import { eventually, failure, payment, type SimulatorSuite, savedCard, startSuite } from './simulator-suite.ts'
import { startReceiver, type WebhookReceiver } from './webhook-receiver.ts'

const SECRET = 'whsec_of_the_suite'

let suite: SimulatorSuite
let stripe: Stripe
let receiver: WebhookReceiver
beforeEach(async () => {
  suite = await startSuite()
  stripe = suite.stripe
  receiver = await startReceiver()
})
afterEach(async () => {
  await suite.close()
  await receiver.close()
})

const register = (more: object = {}) =>
  suite.control('POST', '/webhook_endpoints', { account_key: suite.key, url: receiver.url, secret: SECRET, ...more })
const disorder = (wish: object) => suite.control('POST', '/webhooks', { account_key: suite.key, ...wish })
const arrived = (type: string) => eventually(() => receiver.received.find(({ event }) => event.type === type))
const undelivered = async () => (await stripe.events.list({ delivery_success: false })).data

describe('events', () => {
  const since = async (work: () => Promise<unknown>) => {
    const before = (await stripe.events.list({ limit: 1 })).data[0]?.id
    await work()
    const { data } = await stripe.events.list({ limit: 100, ...(before && { ending_before: before }) })
    return data.map(event => event.type).reverse()
  }

  test('tell the story of a payment', async () => {
    await suite.control('POST', '/settings', { account_key: suite.key, balance_transaction_delay_ms: 0 })
    const card = await savedCard(stripe)
    const paid = since(async () => {
      await payment(stripe, card)
      await eventually(async () => (await stripe.events.list({ type: 'charge.updated' })).data[0])
    })
    expect(await paid).toEqual([
      'payment_intent.created',
      'charge.succeeded',
      'payment_intent.succeeded',
      'charge.updated',
    ])
    const bad = await savedCard(stripe, 'pm_card_chargeCustomerFail')
    expect(await since(() => failure(payment(stripe, bad)))).toEqual([
      'payment_intent.created',
      'charge.failed',
      'payment_intent.payment_failed',
    ])
    const asks = await savedCard(stripe, 'pm_card_authenticationRequired')
    expect(await since(() => payment(stripe, asks, { off_session: false }))).toEqual([
      'payment_intent.created',
      'payment_intent.requires_action',
    ])
    const held = await since(async () => {
      const { id } = await payment(stripe, card, { capture_method: 'manual' })
      await stripe.paymentIntents.capture(id)
    })
    expect(held).toEqual([
      'payment_intent.created',
      'charge.succeeded',
      'payment_intent.amount_capturable_updated',
      'charge.captured',
      'payment_intent.succeeded',
    ])
    const canceled = await since(async () => {
      const { id } = await stripe.paymentIntents.create({ amount: 500, currency: 'usd' })
      await stripe.paymentIntents.cancel(id)
    })
    expect(canceled).toEqual(['payment_intent.created', 'payment_intent.canceled'])
  })

  test('tell the story of a customer and a card', async () => {
    const story = since(async () => {
      const customer = await stripe.customers.create({ name: 'A' })
      await stripe.customers.update(customer.id, { name: 'B' })
      const method = await stripe.paymentMethods.attach('pm_card_visa', { customer: customer.id })
      await stripe.paymentMethods.attach(method.id, { customer: customer.id })
      await stripe.paymentMethods.update(method.id, { billing_details: { name: 'B' }, card: { exp_month: 5 } })
      await suite.control('POST', `/payment_methods/${method.id}/automatic_update`, {
        exp_month: 8,
        exp_year: 2044,
        last4: '1111',
      })
      await stripe.paymentMethods.detach(method.id)
      await stripe.customers.del(customer.id)
    })
    expect(await story).toEqual([
      'customer.created',
      'customer.updated',
      'payment_method.attached',
      'payment_method.updated',
      'payment_method.automatically_updated',
      'payment_method.detached',
      'customer.deleted',
    ])
    const [updated] = (await stripe.events.list({ type: 'payment_method.automatically_updated' })).data
    expect((updated!.data.object as Stripe.PaymentMethod).card).toMatchObject({
      exp_month: 8,
      exp_year: 2044,
      last4: '1111',
    })
    expect(updated!.data.previous_attributes).toEqual({
      card: { exp_month: 5, exp_year: expect.any(Number), last4: '4242' },
    })
  })

  test('name the request, keep the object as it was, and are filtered', async () => {
    const customer = await stripe.customers.create({ name: 'A' }, { idempotencyKey: 'the-key' })
    await stripe.customers.update(customer.id, { name: 'B' })
    const [created] = (await stripe.events.list({ types: ['customer.created'] })).data
    expect(created).toMatchObject({
      api_version: '2026-10-28.endive',
      livemode: false,
      request: { id: customer.lastResponse.requestId, idempotency_key: 'the-key' },
    })
    expect((created!.data.object as Stripe.Customer).name).toBe('A')
    expect(await stripe.events.retrieve(created!.id)).toEqual(
      expect.objectContaining({ id: created!.id, pending_webhooks: 0 }),
    )
    expect((await stripe.events.list({ created: { gt: created!.created + 1000 } })).data).toEqual([])
    expect((await failure(stripe.events.list({ type: 'a', types: ['b'] }))).code).toBe('parameters_exclusive')
    await suite.control('POST', '/clock', { advance_days: 31 })
    await stripe.customers.create({})
    expect(
      (await stripe.events.list({ limit: 100 })).data.filter(event => event.type.startsWith('customer')),
    ).toHaveLength(1)
  })
})

describe('endpoints', () => {
  test('show their secret once, and can be changed and removed', async () => {
    const made = await stripe.webhookEndpoints.create({
      url: receiver.url,
      enabled_events: ['customer.created'],
      api_version: '2025-01-27.acacia',
    })
    expect(made.secret).toMatch(/^whsec_/)
    expect(await stripe.webhookEndpoints.retrieve(made.id)).not.toHaveProperty('secret')
    expect((await stripe.webhookEndpoints.list()).data[0]).not.toHaveProperty('secret')
    await stripe.customers.create({})
    const { body, signature, event } = await arrived('customer.created')
    expect(event.api_version).toBe('2025-01-27.acacia')
    expect(Stripe.webhooks.constructEvent(body, signature, made.secret!).id).toBe(event.id)
    await stripe.webhookEndpoints.update(made.id, { disabled: true })
    expect((await stripe.webhookEndpoints.retrieve(made.id)).status).toBe('disabled')
    expect(await stripe.webhookEndpoints.del(made.id)).toMatchObject({ deleted: true })
    expect((await failure(stripe.webhookEndpoints.retrieve(made.id))).code).toBe('resource_missing')
    const elsewhere = stripe.webhookEndpoints.create({ url: 'https://example.org/hook', enabled_events: ['*'] })
    expect((await failure(elsewhere)).code).toBe('url_invalid')
  })

  test('get only the events that they asked for', async () => {
    await register({ enabled_events: ['payment_method.attached'] })
    await savedCard(stripe)
    await arrived('payment_method.attached')
    expect(receiver.types()).toEqual(['payment_method.attached'])
  })

  test('over TLS with an authority of their own', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'simulator-tls-'))
    const files = await ensureCertificates(folder)
    const secure = await startReceiver({
      cert: await readFile(files.certFile, 'utf8'),
      key: await readFile(files.keyFile, 'utf8'),
    })
    await register({ url: secure.url, ca_file: files.caFile })
    await stripe.customers.create({})
    await eventually(() => secure.types().includes('customer.created'))
    await secure.close()
    await rm(folder, { recursive: true })
  })
})

describe('delivery', () => {
  test('is signed for wall time, whatever the simulated clock reads', async () => {
    await register()
    await suite.control('POST', '/clock', { advance_days: 100 })
    await stripe.customers.create({})
    const { body, signature } = await arrived('customer.created')
    const event = Stripe.webhooks.constructEvent(body, signature, SECRET)
    expect(event.created).toBeGreaterThan(Date.now() / 1000 + 99 * 86_400)
    expect(event.pending_webhooks).toBe(1)
    await eventually(async () => (await undelivered()).length === 0)
    expect((await stripe.events.retrieve(event.id)).pending_webhooks).toBe(0)
  })

  test('that fails is repeated with the same event and a fresh signature', async () => {
    await register()
    receiver.status = 500
    await stripe.customers.create({})
    await arrived('customer.created')
    expect((await undelivered()).map(event => event.type)).toEqual(['customer.created'])
    receiver.status = 204
    await eventually(() => receiver.received.length >= 2)
    await eventually(async () => (await undelivered()).length === 0)
    expect(new Set(receiver.received.map(({ event }) => event.id)).size).toBe(1)
  })

  test('reaches a receiver that was away for a moment', async () => {
    await register()
    const port = Number(new URL(receiver.url).port)
    await receiver.close()
    await stripe.customers.create({})
    await eventually(async () => (await undelivered()).length === 1)
    receiver = await startReceiver(undefined, port)
    await arrived('customer.created')
  })

  test('that is refused is tried three more times over hours of the clock, then given up', async () => {
    await register()
    receiver.status = 400
    await stripe.customers.create({})
    for (let attempts = 1; attempts <= 4; attempts++) {
      await eventually(() => receiver.received.length === attempts)
      await eventually(
        async () =>
          (await suite.control('GET', `/summary?account_key=${suite.key}`)).counts.tasks > 1 || attempts === 4,
      )
      await suite.control('POST', '/clock', { advance_seconds: 5 * 3600 })
    }
    await eventually(
      async () => (await suite.control('GET', `/summary?account_key=${suite.key}`)).counts.deliveries === 0,
    )
    expect(receiver.received).toHaveLength(4)
    expect(await undelivered()).toHaveLength(1)
    expect((await stripe.events.list({ delivery_success: true, type: 'customer.created' })).data).toEqual([])
  })

  test('comes before the answer where that is wanted', async () => {
    await register()
    await disorder({ before_answer: true })
    await stripe.customers.create({})
    expect(receiver.types()).toEqual(['customer.created'])
  })

  test('is doubled, dropped, late and out of order where that is wanted', async () => {
    await register({ enabled_events: ['customer.created'] })
    await disorder({ duplicate: 1 })
    await stripe.customers.create({})
    await eventually(() => receiver.received.length === 2)
    expect(new Set(receiver.received.map(({ event }) => event.id)).size).toBe(1)
    await disorder({ duplicate: 0, drop: 1 })
    await stripe.customers.create({})
    expect(await undelivered()).toHaveLength(1)
    await disorder({ drop: 0, reorder: 1 })
    const made = await Promise.all(Array.from({ length: 12 }, () => stripe.customers.create({})))
    await eventually(() => receiver.received.length === 14)
    const order = receiver.received.slice(2).map(({ event }) => (event.data.object as Stripe.Customer).id)
    expect(new Set(order)).toEqual(new Set(made.map(customer => customer.id)))
    const sent = (await stripe.customers.list({ limit: 12 })).data.map(customer => customer.id).reverse()
    expect(order).not.toEqual(sent)
    await disorder({ reorder: 0, delay_ms: 150 })
    const started = Date.now()
    await stripe.customers.create({})
    await eventually(() => receiver.received.length === 15)
    expect(Date.now() - started).toBeGreaterThanOrEqual(140)
  })
})
