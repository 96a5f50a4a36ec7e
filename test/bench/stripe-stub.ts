// The least of Stripe that the benches need, answering as fast as a process can, or after a fixed delay.
// It speaks HTTP/1.1 itself, since it shares its processors with what is measured. Its one argument is JSON `{ delayMs }`; it prints its address.
import { type AddressInfo, createServer, type Socket } from 'node:net'

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

/** What has come of a connection, as latin1, so that characters count bytes. */
function serve(socket: Socket): void {
  let received = ''
  socket.setNoDelay(true)
  socket.setEncoding('latin1')
  socket.on('error', () => socket.destroy())
  socket.on('data', (part: string) => {
    received += part
    for (;;) {
      const headEnd = received.indexOf('\r\n\r\n')
      if (headEnd < 0) return
      const end = headEnd + 4 + Number(LENGTH.exec(received.slice(0, headEnd))?.[1] ?? 0)
      if (received.length < end) return
      const [method, target] = received.slice(0, received.indexOf('\r\n')).split(' ') as [string, string]
      const form = new URLSearchParams(received.slice(headEnd + 4, end))
      received = received.slice(end)
      const body = JSON.stringify(answer(method, target.split('?')[0] as string, form))
      const text = `${HEAD}${body.length}\r\n\r\n${body}`
      if (delayMs > 0) setTimeout(() => socket.write(text, 'latin1'), delayMs)
      else socket.write(text, 'latin1')
    }
  })
}

const LENGTH = /\r\ncontent-length: (\d+)/i
const HEAD = [
  'HTTP/1.1 200 OK',
  'content-type: application/json',
  'request-id: req_bench',
  'connection: keep-alive',
  'keep-alive: timeout=60',
  'content-length: ',
].join('\r\n')

const server = createServer(serve)
server.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}`))
process.stdin.on('end', () => process.exit(0)).resume()
