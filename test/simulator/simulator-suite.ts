// One running simulator for a suite: Stripe's own client for it, plain requests, its control side.
import Stripe from 'stripe'
import {
  type StripeSimulator,
  type StripeSimulatorOptions,
  startStripeSimulator,
} from '../../src/dev/stripe-simulator/start.ts'

export interface PlainAnswer {
  status: number
  headers: Headers
  // biome-ignore lint/suspicious/noExplicitAny: answers are looked into, member by member, by the tests
  json: any
}

export interface SimulatorSuite {
  simulator: StripeSimulator
  key: string
  stripe: Stripe
  clientFor(key: string, options?: Partial<Stripe.StripeConfig>): Stripe
  /** A request with a form as its body (or its query), with the suite's key unless `authorization` is given. */
  plain(method: string, path: string, form?: string, headers?: Record<string, string>): Promise<PlainAnswer>
  // biome-ignore lint/suspicious/noExplicitAny: control answers are looked into by the tests
  control(method: string, path: string, body?: object): Promise<any>
  close(): Promise<void>
}

let suites = 0

export async function startSuite(options: Partial<StripeSimulatorOptions> = {}): Promise<SimulatorSuite> {
  const simulator = await startStripeSimulator({ port: 0, accounts: [], ...options })
  const key = options.accounts?.[0]?.secretKey ?? `sk_test_suite${process.pid}n${++suites}`
  const { hostname, port } = new URL(simulator.url)
  const clientFor = (secretKey: string, config: Partial<Stripe.StripeConfig> = {}) =>
    new Stripe(secretKey, { host: hostname, port, protocol: 'http', telemetry: false, maxNetworkRetries: 0, ...config })
  async function plain(
    method: string,
    path: string,
    form = '',
    headers: Record<string, string> = {},
  ): Promise<PlainAnswer> {
    const url = method === 'GET' && form !== '' ? `${simulator.url}${path}?${form}` : simulator.url + path
    const body = method === 'POST' ? { body: form } : {}
    const type = { 'content-type': 'application/x-www-form-urlencoded' }
    const answer = await fetch(url, {
      method,
      headers: { authorization: `Bearer ${key}`, ...type, ...headers },
      ...body,
    })
    return { status: answer.status, headers: answer.headers, json: await answer.json() }
  }
  async function control(method: string, path: string, body?: object): Promise<unknown> {
    const json = body && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }
    const answer = await fetch(simulator.controlUrl + path, { method, ...json })
    const value = (await answer.json()) as { error?: { message: string } }
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${value.error?.message}`)
    return value
  }
  return { simulator, key, stripe: clientFor(key), clientFor, plain, control, close: () => simulator.close() }
}

/** Waits until `look` gives something, at most three seconds: for what comes by itself, a webhook or a balance row. */
export async function eventually<T>(
  look: () => T | undefined | null | false | Promise<T | undefined | null | false>,
): Promise<T> {
  for (let tries = 0; tries < 150; tries++) {
    const found = await look()
    if (found) return found
    await new Promise(resolve => setTimeout(resolve, 20))
  }
  throw new Error('It did not come')
}

/** The error that a call to Stripe ends with. */
export async function failure(call: Promise<unknown>): Promise<Stripe.errors.StripeError> {
  try {
    await call
  } catch (error) {
    return error as Stripe.errors.StripeError
  }
  throw new Error('The call succeeded')
}

/** A customer with an attached card. */
export async function savedCard(stripe: Stripe, name = 'pm_card_visa'): Promise<{ customer: string; method: string }> {
  const customer = await stripe.customers.create({})
  const method = await stripe.paymentMethods.attach(name, { customer: customer.id })
  return { customer: customer.id, method: method.id }
}

/** A confirmed off-session payment of 10.00 with a saved card. */
export async function payment(
  stripe: Stripe,
  card: { customer: string; method: string },
  more: Partial<Stripe.PaymentIntentCreateParams> = {},
): Promise<Stripe.PaymentIntent> {
  const { customer, method } = card
  return stripe.paymentIntents.create({
    amount: 1000,
    currency: 'usd',
    customer,
    payment_method: method,
    confirm: true,
    off_session: true,
    ...more,
  })
}
