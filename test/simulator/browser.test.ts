/* biome-ignore-all lint/suspicious/noExplicitAny: what a page holds has no types here */
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import chromium from '@sparticuz/chromium'
import { type Browser, type Page, chromium as playwright } from 'playwright-core'
import type Stripe from 'stripe'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { STRIPE_JS_PATH } from '../../src/dev/stripe-simulator/browser/browser-app.ts'
import { failure, payment, type SimulatorSuite, savedCard, startSuite } from './simulator-suite.ts'

const PUBLISHABLE_KEY = 'pk_test_browsersuite'
const NUMBER = '4242424242424242'

let suite: SimulatorSuite
let stripe: Stripe
let shop: Server
let browser: Browser
let page: Page
/** Every request that the browser made: address and body. */
let requests: { url: string; body: string }[] = []
let problems: string[] = []

/** A merchant's page with a strict policy: one script of its own, and Stripe's. */
function shopPage(stripeOrigin: string): { html: string; policy: string } {
  const html = `<!doctype html><html lang="en"><title>Shop</title><div id="card"></div>
<script src="${stripeOrigin}${STRIPE_JS_PATH}"></script></html>`
  return {
    html,
    policy: `default-src 'none'; script-src 'self' ${stripeOrigin}; frame-src ${stripeOrigin}; connect-src ${stripeOrigin}`,
  }
}

beforeAll(async () => {
  const accounts = [{ secretKey: 'sk_test_browsersuite', publishableKey: PUBLISHABLE_KEY }]
  suite = await startSuite({ accounts })
  stripe = suite.stripe
  const { html, policy } = shopPage(suite.simulator.url)
  shop = createServer((_, response) =>
    response.setHeader('content-security-policy', policy).setHeader('content-type', 'text/html').end(html),
  )
  await new Promise<void>(resolve => shop.listen(0, '127.0.0.1', resolve))
  // Not the package's own flags: they switch off the same-origin policy, which is what is tried here.
  const args = ['--no-sandbox', '--no-zygote', '--disable-gpu']
  browser = await playwright.launch({ executablePath: await chromium.executablePath(), args, headless: true })
})
afterAll(async () => {
  await browser?.close()
  shop?.close()
  await suite?.close()
})

beforeEach(async () => {
  await page?.close()
  page = await browser.newPage({ viewport: { width: 360, height: 740 } })
  requests = []
  problems = []
  page.on('request', request => requests.push({ url: request.url(), body: request.postData() ?? '' }))
  page.on('console', message => message.type() === 'error' && problems.push(message.text()))
  page.on('pageerror', error => problems.push(error.message))
  await page.goto(`http://localhost:${(shop.address() as AddressInfo).port}/`)
})

/** Mounts the card fields with a client secret and waits until they are ready. */
async function mount(clientSecret: string): Promise<void> {
  await page.evaluate(
    ([key, secret]) =>
      new Promise<void>(resolve => {
        const client = (globalThis as Record<string, any>).Stripe(key)
        const elements = client.elements({ clientSecret: secret })
        const element = elements.create('payment')
        Object.assign(globalThis, { client, elements, changes: [] })
        element.on('change', (change: { complete: boolean }) =>
          (globalThis as Record<string, any>).changes.push(change.complete),
        )
        element.on('ready', () => resolve())
        element.mount('#card')
      }),
    [PUBLISHABLE_KEY, clientSecret],
  )
}

async function type(number: string, expiry = '1240', cvc = '123'): Promise<void> {
  const frame = page.frameLocator('iframe[title="Card details"]')
  await frame.getByLabel('Card number').fill(number)
  await frame.getByLabel('Expiry date (MM / YY)').fill(expiry)
  await frame.getByLabel('Security code').fill(cvc)
}

/** Starts a confirmation in the page; its result is awaited later, for the payer may have to do something first. */
function confirm(call = 'confirmSetup'): Promise<any> {
  return page.evaluate(name => {
    const { client, elements } = globalThis as Record<string, any>
    return client[name]({ elements, redirect: 'if_required', confirmParams: { return_url: 'https://shop.example/' } })
  }, call)
}

test('a card number goes from a frame of the simulator to the simulator, and to nobody else', async () => {
  const customer = await stripe.customers.create({})
  const intent = await stripe.setupIntents.create({ customer: customer.id })
  await mount(intent.client_secret!)
  await type(NUMBER)
  expect(await page.evaluate(() => (globalThis as Record<string, any>).changes.at(-1))).toBe(true)
  const { setupIntent, error } = await confirm()
  expect([error, setupIntent.status, setupIntent.id]).toEqual([undefined, 'succeeded', intent.id])
  expect((await stripe.paymentMethods.list({ customer: customer.id })).data[0]?.card).toMatchObject({
    last4: '4242',
    exp_month: 12,
    exp_year: 2040,
  })
  const carriers = requests.filter(request => (request.url + request.body).replace(/\D/g, '').includes(NUMBER))
  expect(carriers.map(request => request.url)).toEqual([`${suite.simulator.url}/v1/setup_intents/${intent.id}/confirm`])
  expect(await page.content()).not.toContain('4242')
  expect(problems).toEqual([])
})

test('the frames forbid everything but their own script, style and server', async () => {
  for (const path of ['/v3/element', '/v3/authenticate']) {
    const { headers } = await fetch(suite.simulator.url + path)
    const policy = headers.get('content-security-policy')
    expect(policy).toContain("default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'")
    expect(headers.get('x-content-type-options')).toBe('nosniff')
  }
})

test('what is wrong is said in the field, and in the result', async () => {
  const intent = await stripe.setupIntents.create({})
  await mount(intent.client_secret!)
  const frame = page.frameLocator('iframe[title="Card details"]')
  for (const [number, expiry, cvc, code] of [
    ['', '', '', 'incomplete_number'],
    ['4242424242424241', '1240', '123', 'incorrect_number'],
    [NUMBER, '12', '123', 'incomplete_expiry'],
    [NUMBER, '1240', '1', 'incomplete_cvc'],
  ] as const) {
    await type(number, expiry, cvc)
    const { error } = await confirm()
    expect([error.type, error.code]).toEqual(['validation_error', code])
    expect(await frame.getByRole('alert').textContent()).toBe(error.message)
  }
  await type('4000000000000002')
  const { error } = await confirm()
  expect([error.type, error.code, error.decline_code]).toEqual(['card_error', 'card_declined', 'generic_decline'])
  expect((await stripe.setupIntents.retrieve(intent.id)).status).toBe('requires_payment_method')
})

test('the payer authenticates in a page of the bank, or does not', async () => {
  for (const [button, status] of [
    ['Complete authentication', 'succeeded'],
    ['Fail authentication', 'requires_payment_method'],
  ] as const) {
    const intent = await stripe.setupIntents.create({})
    await mount(intent.client_secret!)
    await type('4000 0027 6000 3184')
    const result = confirm()
    await page.frameLocator('iframe[title="Confirm with your bank"]').getByRole('button', { name: button }).click()
    const { setupIntent, error } = await result
    expect(setupIntent?.status ?? error.code).toBe(
      status === 'succeeded' ? status : 'setup_intent_authentication_failure',
    )
    expect((await stripe.setupIntents.retrieve(intent.id)).status).toBe(status)
    expect(await page.getByRole('dialog').count()).toBe(0)
  }
})

test('a payment is confirmed on the page, and one that waits is taken up again', async () => {
  const intent = await stripe.paymentIntents.create({ amount: 1000, currency: 'usd' })
  await mount(intent.client_secret!)
  await type(NUMBER)
  expect((await confirm('confirmPayment')).paymentIntent.status).toBe('succeeded')
  const asked = await payment(stripe, await savedCard(stripe, 'pm_card_threeDSecure2Required'), { off_session: false })
  const result = page.evaluate(
    clientSecret => (globalThis as Record<string, any>).client.handleNextAction({ clientSecret }),
    asked.client_secret!,
  )
  await page
    .frameLocator('iframe[title="Confirm with your bank"]')
    .getByRole('button', { name: 'Complete authentication' })
    .click()
  expect((await result).paymentIntent.status).toBe('succeeded')
  const seen = await page.evaluate(
    clientSecret => (globalThis as Record<string, any>).client.retrievePaymentIntent(clientSecret),
    asked.client_secret!,
  )
  expect(seen.paymentIntent.status).toBe('succeeded')
  expect((await failure(stripe.paymentIntents.confirm(asked.id))).code).toBe('payment_intent_unexpected_state')
})

test('nobody can authenticate without the client secret', async () => {
  const asked = await payment(stripe, await savedCard(stripe, 'pm_card_threeDSecure2Required'), { off_session: false })
  const call = (client_secret: string) =>
    fetch(`${suite.simulator.url}/v3/authenticate`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ client_secret, outcome: 'succeed' }),
    })
  expect((await call(`${asked.id}_secret_guessed`)).status).toBe(404)
  expect((await call(asked.client_secret!)).status).toBe(200)
  expect((await call(asked.client_secret!)).status).toBe(400)
})
