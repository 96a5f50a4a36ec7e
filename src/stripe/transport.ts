// The HTTP client below the stripe package. The package's own client retries a closed socket once even with retries
// off, bounds silence and not the whole call, and takes an error answer without an `error` key for a success; this one
// sends once, keeps one deadline, reads the body whole, and knows whether a byte of the request can have left.

import { isUtf8 } from 'node:buffer'
import type Stripe from 'stripe'
import type { Dispatcher, Pool } from 'undici'
// @ts-expect-error types are given for the main entry alone, which brings a browser's whole network along
import UntypedPool from 'undici/lib/dispatcher/pool.js'

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

/** `origin`: scheme, host and port of the only server that is talked to. */
export type TransportOptions = { origin: string; maxConnections: number }
export type Transport = { httpClient: Stripe.HttpClient; close(): void }

// A page of 100 balance transactions with expanded sources is under 1 MiB.
const MAX_BODY_BYTES = 16 * 1024 * 1024
// Idle sockets go before the usual 60 s of load balancers, so that fewer requests meet a closing socket.
const IDLE_SOCKET_MS = 30_000
const CONNECT_TIMEOUT_MS = 5_000
// What undici refuses before it asks for a connection: a fault of ours and not of the network.
const OUR_FAULTS = new Set(['UND_ERR_INVALID_ARG', 'UND_ERR_REQ_CONTENT_LENGTH_MISMATCH'])

const UndiciPool = UntypedPool as typeof Pool

type Headers = Record<string, string | string[] | undefined>
type Answer = { status: number; headers: Headers; body: Record<string, unknown> }
type Exchange = { path: string; method: string; headers: Record<string, string>; body: string; timeoutMs: number }

/** Makes the client for `new Stripe(key, { httpClient })`; one pool serves all accounts. */
export function createTransport({ origin, maxConnections }: TransportOptions): Transport {
  const places = createPlaces(maxConnections)
  const pool = new UndiciPool(origin, {
    connections: maxConnections,
    pipelining: 1,
    // Over HTTP/2 undici sends some requests again by itself, and one lost connection leaves many calls undecided.
    allowH2: false,
    keepAliveTimeout: IDLE_SOCKET_MS,
    keepAliveMaxTimeout: IDLE_SOCKET_MS,
    // The deadline of a call is its own.
    headersTimeout: 0,
    bodyTimeout: 0,
    connect: { timeout: CONNECT_TIMEOUT_MS, minVersion: 'TLSv1.2', rejectUnauthorized: true },
  })

  // Its methods must not throw synchronously: the package would turn that into an unhandled rejection.
  const httpClient: Stripe.HttpClient = {
    getClientName: () => 'panless',
    async makeRequest(_host, _port, path, method, headers, requestData, _protocol, timeout) {
      const answer = await exchange(pool, places, {
        path,
        method,
        headers: ownHeaders(headers as Record<string, string>),
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
  return { httpClient, close: () => void pool.destroy() }
}

function exchange(pool: Pool, places: Places, { path, method, headers, body, timeoutMs }: Exchange): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let size = 0
    let sent: boolean | 'maybe' = false
    let status: number | null = null
    let answered: Headers = {}
    let over = false
    let request: Dispatcher.DispatchController | null = null
    let leaveQueue = () => {}

    const end = (): boolean => {
      if (over) return false
      over = true
      clearTimeout(deadline)
      leaveQueue()
      return true
    }
    const fail = (fault: TransportFault) => {
      if (!end()) return
      request?.abort(new Error(fault))
      reject(new TransportFailure(fault, sent, status, textHeader(answered['request-id'])))
    }
    const deadline = setTimeout(() => fail('timeout'), timeoutMs)

    const dispatch = (leave: () => void) =>
      pool.dispatch(
        { path, method: method as Dispatcher.HttpMethod, headers, body: body === '' ? null : body },
        {
          // A connection stands, and the request is about to be written to it.
          onRequestStart(controller) {
            if (over) return controller.abort(new Error('too late'))
            request = controller
            sent = 'maybe'
          },
          onResponseStart(_controller, statusCode, responseHeaders) {
            // An interim answer (RFC 9110 section 15.2) says nothing yet.
            if (statusCode < 200) return
            sent = true
            status = statusCode
            answered = responseHeaders
          },
          onResponseData(_controller, chunk) {
            size += chunk.length
            if (size > MAX_BODY_BYTES) fail('body_too_large')
            else chunks.push(chunk)
          },
          onResponseEnd() {
            leave()
            const bytes = chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks)
            const answer = readAnswer(status as number, answered, bytes)
            if (typeof answer === 'string') fail(answer)
            else if (end()) resolve(answer)
          },
          onResponseError(_controller, error) {
            leave()
            if (OUR_FAULTS.has((error as NodeJS.ErrnoException).code ?? '')) {
              if (end()) reject(error)
            } else fail(sent === true ? 'body_cut' : sent === 'maybe' ? 'connection_lost' : 'not_connected')
          },
        },
      )
    leaveQueue = places.enter(dispatch)
  })
}

type Places = ReturnType<typeof createPlaces>
type Start = (leave: () => void) => void

/**
 * As many calls as there may be connections; the others wait in front of the pool, where one whose deadline passes can
 * leave. One that waited in the pool would cost a good connection when its turn came.
 */
function createPlaces(max: number) {
  const waiting = new Set<Start>()
  let taken = 0

  function give(start: Start): void {
    let held = true
    start(() => {
      if (!held) return
      held = false
      const [next] = waiting
      if (next === undefined) taken--
      else {
        waiting.delete(next)
        give(next)
      }
    })
  }

  return {
    /** Runs `start`, which is told how to leave its place, as soon as there is one; answers how to leave the queue. */
    enter(start: Start): () => void {
      if (taken < max) {
        taken++
        give(start)
      } else waiting.add(start)
      return () => void waiting.delete(start)
    },
  }
}

/** A JSON object, and with a status other than 2xx one with an `error` object; else the fault. */
function readAnswer(status: number, { 'stripe-notice': _notice, ...headers }: Headers, bytes: Buffer) {
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
  // The package prints the notice as a process warning.
  return isError || isSuccess ? { status, headers, body: members } : 'not_stripe_shaped'
}

// What the package says of the machine and of tools that run it is none of Stripe's business.
function ownHeaders(headers: Record<string, string>): Record<string, string> {
  const { 'X-Stripe-Client-User-Agent': _platform, 'X-Stripe-Client-Telemetry': _telemetry, ...kept } = headers
  kept['User-Agent'] = String(headers['User-Agent']).replace(/ AIAgent\/\S+/, '')
  return kept
}

function textHeader(value: string | string[] | undefined): string | null {
  return typeof value === 'string' && /^[A-Za-z0-9_-]{1,100}$/.test(value) ? value : null
}
