// A small server that takes Stripe's webhooks for a suite, and answers as the suite wants.
import { createServer } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type Stripe from 'stripe'

export interface ReceivedWebhook {
  signature: string
  body: string
  event: Stripe.Event
}

export interface WebhookReceiver {
  url: string
  received: ReceivedWebhook[]
  /** The status of the answer to each delivery from now on. */
  status: number
  types(): string[]
  close(): Promise<void>
}

export async function startReceiver(tls?: { cert: string; key: string }, port = 0): Promise<WebhookReceiver> {
  const server = tls ? createSecureServer(tls) : createServer()
  const receiver: WebhookReceiver = {
    url: '',
    received: [],
    status: 200,
    types: () => receiver.received.map(({ event }) => event.type),
    close: () =>
      new Promise(resolve => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
  server.on('request', (request, response) => {
    let body = ''
    request.setEncoding('utf8').on('data', chunk => {
      body += chunk
    })
    request.on('end', () => {
      receiver.received.push({ signature: String(request.headers['stripe-signature']), body, event: JSON.parse(body) })
      response.writeHead(receiver.status).end()
    })
  })
  await new Promise<void>(resolve => server.listen(port, '127.0.0.1', resolve))
  receiver.url = `${tls ? 'https' : 'http'}://localhost:${(server.address() as AddressInfo).port}/hook`
  return receiver
}
