// The HTTP client below the stripe package. The package's own client retries a closed socket once even with retries
// off, bounds silence and not the whole call, and takes an error answer without an `error` key for a success; this one
// sends once, keeps one deadline, reads the body whole, and knows whether a byte of the request can have left.

import { isUtf8 } from 'node:buffer'
import http from 'node:http'
import https from 'node:https'
import type { Socket } from 'node:net'
import type Stripe from 'stripe'

export type TransportFault =
  | 'not_connected'
  | 'connection_lost'
  | 'timeout'
  | 'body_cut'
  | 'body_too_large'
  | 'not_json'
  | 'not_stripe_shaped'

/** Thrown (inside StripeConnectionError.detail) when no answer in Stripe's form came; carries no content. */
export class TransportFailure extends Error {
  readonly fault: TransportFault
  readonly sent: boolean | 'maybe'
  readonly status: number | null
  readonly requestId: string | null
  constructor(fault: TransportFault, sent: boolean | 'maybe', status: number | null, requestId: string | null) {
    super(`stripe transport: ${fault}`)
    this.name = 'TransportFailure'
    this.fault = fault
    this.sent = sent
    this.status = status
    this.requestId = requestId
  }
}

export type TransportOptions = { protocol: 'http' | 'https'; maxConnections: number }
export type Transport = { httpClient: Stripe.HttpClient; close(): void }

// A page of 100 balance transactions with expanded sources is under 1 MiB.
const MAX_BODY_BYTES = 16 * 1024 * 1024
// Idle sockets go before the usual 60 s of load balancers, so that fewer requests meet a closing socket.
const IDLE_SOCKET_MS = 30_000

type Answer = { status: number; headers: http.IncomingHttpHeaders; body: Record<string, unknown> }
type Exchange = {
  host: string
  port: string
  path: string
  method: string
  headers: http.OutgoingHttpHeaders
  body: string
  timeoutMs: number
}

/** Makes the client for `new Stripe(key, { httpClient })`; one agent serves all accounts. */
export function createTransport(options: TransportOptions): Transport {
  const secure = options.protocol === 'https'
  const agentOptions = { keepAlive: true, maxSockets: options.maxConnections, timeout: IDLE_SOCKET_MS } as const
  const agent = secure
    ? new https.Agent({ ...agentOptions, minVersion: 'TLSv1.2', rejectUnauthorized: true })
    : new http.Agent(agentOptions)
  const open = createExchange(agent, secure)

  // Its methods must not throw synchronously: the package would turn that into an unhandled rejection.
  const httpClient: Stripe.HttpClient = {
    getClientName: () => 'panless',
    async makeRequest(host, port, path, method, headers, requestData, _protocol, timeout) {
      const answer = await open({
        host,
        port: String(port),
        path,
        method,
        headers: ownHeaders(headers as http.OutgoingHttpHeaders),
        body: requestData ?? '',
        timeoutMs: timeout,
      })
      return {
        getStatusCode: () => answer.status,
        getHeaders: () => answer.headers as Record<string, string>,
        getRawResponse: () => ({}),
        toStream: () => {
          throw new TypeError('answers are not streamed')
        },
        toJSON: () => Promise.resolve(answer.body),
      }
    },
  }
  return { httpClient, close: () => agent.destroy() }
}

function createExchange(agent: http.Agent | https.Agent, secure: boolean) {
  // Sockets that have been through their handshake: a byte given to one of these may have left.
  const established = new WeakSet<Socket>()

  return (exchange: Exchange): Promise<Answer> =>
    new Promise((resolve, reject) => {
      let sent: boolean | 'maybe' = false
      let status: number | null = null
      let requestId: string | null = null
      let over = false
      const { host, port, path, method, headers } = exchange
      const request = (secure ? https : http).request({ agent, host, port, path, method, headers })

      const end = (): boolean => {
        if (over) return false
        over = true
        clearTimeout(deadline)
        return true
      }
      const fail = (fault: TransportFault) => {
        if (!end()) return
        request.destroy()
        reject(new TransportFailure(fault, sent, status, requestId))
      }
      const deadline = setTimeout(() => fail('timeout'), exchange.timeoutMs)

      request.on('socket', socket => {
        if (established.has(socket) || !socket.connecting) {
          sent = 'maybe'
          return
        }
        socket.once(secure ? 'secureConnect' : 'connect', () => {
          established.add(socket)
          sent = 'maybe'
        })
      })
      request.on('error', () => fail(sent === false ? 'not_connected' : 'connection_lost'))
      request.on('response', response => {
        sent = true
        status = response.statusCode ?? 0
        requestId = textHeader(response.headers['request-id'])
        readBody(response, fail, body => {
          const answer = readAnswer(response, body)
          if (typeof answer === 'string') fail(answer)
          else if (end()) resolve(answer)
        })
      })
      request.end(exchange.body)
    })
}

function readBody(
  response: http.IncomingMessage,
  fail: (fault: TransportFault) => void,
  done: (body: Buffer) => void,
): void {
  const chunks: Buffer[] = []
  let size = 0
  response.on('data', (chunk: Buffer) => {
    size += chunk.length
    if (size > MAX_BODY_BYTES) fail('body_too_large')
    else chunks.push(chunk)
  })
  response.on('error', () => fail('body_cut'))
  response.on('close', () => {
    if (!response.complete) fail('body_cut')
  })
  response.on('end', () => {
    if (!response.complete) fail('body_cut')
    else done(Buffer.concat(chunks))
  })
}

/** A JSON object, and with a status other than 2xx one with an `error` object; else the fault. */
function readAnswer(response: http.IncomingMessage, bytes: Buffer): Answer | TransportFault {
  const status = response.statusCode ?? 0
  let body: unknown
  try {
    if (!isUtf8(bytes)) return 'not_json'
    body = JSON.parse(bytes.toString('utf8'))
  } catch {
    return 'not_json'
  }
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return 'not_stripe_shaped'
  const members = body as Record<string, unknown>
  const isError = typeof members.error === 'object' && members.error !== null
  const isSuccess = status >= 200 && status < 300 && !('error' in members)
  if (!isError && !isSuccess) return 'not_stripe_shaped'
  // The package prints this header as a process warning.
  const { 'stripe-notice': _notice, ...headers } = response.headers
  return { status, headers, body: members }
}

// What the package says of the machine and of tools that run it is none of Stripe's business.
function ownHeaders(headers: http.OutgoingHttpHeaders): http.OutgoingHttpHeaders {
  const { 'X-Stripe-Client-User-Agent': _platform, 'X-Stripe-Client-Telemetry': _telemetry, ...kept } = headers
  kept['User-Agent'] = String(headers['User-Agent']).replace(/ AIAgent\/\S+/, '')
  return kept
}

function textHeader(value: string | string[] | undefined): string | null {
  return typeof value === 'string' && /^[A-Za-z0-9_-]{1,100}$/.test(value) ? value : null
}
