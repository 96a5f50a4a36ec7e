// The least of Stripe that the benches need, answering as fast as a process can, or after a fixed delay.
// Its one argument is JSON `{ delayMs }`; it prints its address.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

const { delayMs } = JSON.parse(process.argv[2] ?? '{"delayMs":0}') as { delayMs: number }
const created = Math.floor(Date.now() / 1000)
let next = 0
const id = (prefix: string) => `${prefix}_benchqqqqqqqqq${(++next).toString(36)}`

const card = (fingerprint: string) => ({
  brand: 'visa',
  last4: '4242',
  exp_month: 12,
  exp_year: 2031,
  funding: 'credit',
  country: 'US',
  fingerprint,
  checks: null,
})

const paymentMethod = (name: string, customer: string | null) => ({
  id: name,
  object: 'payment_method',
  type: 'card',
  created,
  livemode: false,
  customer,
  metadata: {},
  card: card(`fp${name}`),
})

function paymentIntent(form: URLSearchParams) {
  const amount = Number(form.get('amount'))
  const name = id('pi')
  const metadata: Record<string, string> = {}
  for (const [key, value] of form) {
    const member = /^metadata\[(.+)\]$/.exec(key)?.[1]
    if (member) metadata[member] = value
  }
  const shared = {
    amount,
    currency: form.get('currency'),
    customer: form.get('customer'),
    livemode: false,
    created,
    metadata,
  }
  return {
    id: name,
    object: 'payment_intent',
    status: 'succeeded',
    ...shared,
    amount_capturable: 0,
    amount_received: amount,
    capture_method: 'automatic_async',
    client_secret: `${name}_secret_bench`,
    payment_method: form.get('payment_method'),
    last_payment_error: null,
    next_action: null,
    canceled_at: null,
    latest_charge: {
      id: id('ch'),
      object: 'charge',
      status: 'succeeded',
      ...shared,
      amount_captured: amount,
      amount_refunded: 0,
      captured: true,
      paid: true,
      refunded: false,
      disputed: false,
      balance_transaction: null,
      payment_intent: name,
      payment_method: form.get('payment_method'),
      failure_code: null,
      failure_message: null,
      outcome: { type: 'authorized', network_status: 'approved_by_network', reason: null, risk_level: 'normal' },
    },
  }
}

function answer(method: string, path: string, form: URLSearchParams): unknown {
  const [, , kind, name, verb] = path.split('/') as [string, string, string, string?, string?]
  if (kind === 'account')
    return { id: 'acct_bench', object: 'account', charges_enabled: true, country: 'US', default_currency: 'usd' }
  if (kind === 'customers') return { id: id('cus'), object: 'customer', livemode: false, created, metadata: {} }
  if (kind === 'payment_methods') return paymentMethod(name as string, verb === 'attach' ? form.get('customer') : null)
  if (kind === 'payment_intents' && method === 'POST') return paymentIntent(form)
  return { object: 'list', data: [], has_more: false, url: path }
}

async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
  let text = ''
  for await (const part of request) text += part
  const path = (request.url ?? '/').split('?')[0] as string
  const body = JSON.stringify(answer(request.method ?? 'GET', path, new URLSearchParams(text)))
  const send = () =>
    response.writeHead(200, { 'content-type': 'application/json', 'request-id': 'req_bench' }).end(body)
  if (delayMs > 0) setTimeout(send, delayMs)
  else send()
}

const server = createServer((request, response) => void serve(request, response))
server.keepAliveTimeout = 60_000
server.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}`))
process.stdin.on('end', () => process.exit(0)).resume()
