import type Stripe from 'stripe'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { failure, type SimulatorSuite, savedCard, startSuite } from './simulator-suite.ts'

let suite: SimulatorSuite
let stripe: Stripe
beforeAll(async () => {
  suite = await startSuite()
  stripe = suite.stripe
})
afterAll(() => suite.close())

const typesOf = async () => (await stripe.events.list({ limit: 100 })).data.map(event => event.type)
const complete = (id: string, outcome: 'succeed' | 'fail') =>
  suite.control('POST', `/complete_authentication/${id}`, { outcome })

test('a set-up attaches the card to its customer', async () => {
  const customer = (await stripe.customers.create({})).id
  const intent = await stripe.setupIntents.create({
    customer,
    allowed_payment_method_types: ['card'],
    metadata: { a: 'b' },
  })
  expect([intent.status, intent.usage, intent.allowed_payment_method_types]).toEqual([
    'requires_payment_method',
    'off_session',
    ['card'],
  ])
  const done = await stripe.setupIntents.confirm(intent.id, {
    payment_method: 'pm_card_visa',
    expand: ['payment_method', 'latest_attempt'],
  })
  expect(done.status).toBe('succeeded')
  expect((done.payment_method as Stripe.PaymentMethod).customer).toBe(customer)
  expect((done.latest_attempt as Stripe.SetupAttempt).status).toBe('succeeded')
  expect((await typesOf()).slice(0, 4)).toEqual([
    'setup_intent.succeeded',
    'payment_method.attached',
    'setup_intent.created',
    'customer.created',
  ])
  const error = await failure(stripe.setupIntents.confirm(intent.id, { payment_method: 'pm_card_visa' }))
  expect([error.code, error.setup_intent?.status]).toEqual(['setup_intent_unexpected_state', 'succeeded'])
})

test('one declined and then one good card leave two attempts', async () => {
  const intent = await stripe.setupIntents.create({})
  const error = await failure(stripe.setupIntents.confirm(intent.id, { payment_method: 'pm_card_chargeDeclined' }))
  expect([error.statusCode, error.setup_intent?.last_setup_error?.decline_code]).toEqual([402, 'generic_decline'])
  expect((await typesOf())[0]).toBe('setup_intent.setup_failed')
  await stripe.setupIntents.confirm(intent.id, { payment_method: 'pm_card_visa' })
  const { data } = await stripe.setupAttempts.list({ setup_intent: intent.id })
  expect(data.map(attempt => attempt.status)).toEqual(['succeeded', 'failed'])
})

test('authentication is completed or failed', async () => {
  const customer = (await stripe.customers.create({})).id
  const asked = await stripe.setupIntents.create({
    customer,
    payment_method: 'pm_card_authenticationRequiredOnSetup',
    confirm: true,
  })
  expect([asked.status, asked.next_action?.type]).toEqual(['requires_action', 'use_stripe_sdk'])
  expect((await typesOf())[0]).toBe('setup_intent.requires_action')
  expect((await stripe.paymentMethods.list({ customer })).data).toEqual([])
  await complete(asked.id, 'fail')
  const failed = await stripe.setupIntents.retrieve(asked.id)
  expect([failed.status, failed.last_setup_error?.code]).toEqual([
    'requires_payment_method',
    'setup_intent_authentication_failure',
  ])
  await stripe.setupIntents.confirm(asked.id, { payment_method: 'pm_card_authenticationRequired' })
  await complete(asked.id, 'succeed')
  expect((await stripe.setupIntents.retrieve(asked.id)).status).toBe('succeeded')
  await expect(complete(asked.id, 'succeed')).rejects.toThrow('does not wait')
  expect((await stripe.paymentMethods.list({ customer })).data).toHaveLength(1)
})

test('a 3-D Secure card that the bank declines fails its set-up after authentication', async () => {
  const asked = await stripe.setupIntents.create({
    payment_method: 'pm_card_threeDSecure2RequiredChargeDeclined',
    confirm: true,
  })
  await complete(asked.id, 'succeed')
  expect((await stripe.setupIntents.retrieve(asked.id)).last_setup_error?.decline_code).toBe('generic_decline')
})

test('a mandate is made where the payer accepted one', async () => {
  const acceptance = { type: 'online' as const, online: { ip_address: '127.0.0.1', user_agent: 'a browser' } }
  const done = await stripe.setupIntents.create({
    payment_method: 'pm_card_visa',
    confirm: true,
    mandate_data: { customer_acceptance: acceptance },
  })
  const mandate = await stripe.mandates.retrieve(String(done.mandate))
  expect(mandate).toMatchObject({
    status: 'active',
    type: 'multi_use',
    customer_acceptance: { online: { ip_address: '127.0.0.1' } },
  })
})

test('cancelling, updating, listing', async () => {
  const { customer, method } = await savedCard(stripe)
  const intent = await stripe.setupIntents.create({ customer })
  await stripe.setupIntents.update(intent.id, { payment_method: method, description: 'x' })
  expect((await stripe.setupIntents.list({ customer })).data.map(found => found.status)).toEqual([
    'requires_confirmation',
  ])
  expect((await stripe.setupIntents.cancel(intent.id, { cancellation_reason: 'duplicate' })).status).toBe('canceled')
  expect((await typesOf())[0]).toBe('setup_intent.canceled')
  expect((await failure(stripe.setupIntents.cancel(intent.id))).code).toBe('setup_intent_unexpected_state')
})

test("another customer's card cannot be set up", async () => {
  const [mine, yours] = [await savedCard(stripe), await savedCard(stripe)]
  const call = stripe.setupIntents.create({ customer: mine.customer, payment_method: yours.method, confirm: true })
  expect((await failure(call)).statusCode).toBe(400)
})
