import { createSecureServer } from 'node:http2'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { performance } from 'node:perf_hooks'
import tls from 'node:tls'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createStripeGateway, type StripeGateway, type StripeGatewayOptions } from '../../src/stripe/gateway.ts'
import { StripeFailure } from '../../src/stripe/stripe-failure.ts'
import { createTransport } from '../../src/stripe/transport.ts'
import { makeCertificate } from '../support/test-certificates.ts'
import { type CannedServer, head, json, startCannedServer } from './canned-server.ts'
import { paymentIntent } from './stripe-objects.ts'

let server: CannedServer
let gateway: StripeGateway

beforeEach(async () => {
  server = await startCannedServer()
  gateway = open({})
})

afterEach(async () => {
  gateway.close()
  await server.close()
})

function open(options: StripeGatewayOptions): StripeGateway {
  gateway?.close()
  gateway = createStripeGateway({ apiBase: server.url, requestsPerSecond: 0, timeoutMs: 5_000, ...options })
  return gateway
}

const account = () => gateway.forAccount('sk_test_canned')
const pay = () =>
  account().createPaymentIntent(
    {
      customer: 'cus_1Test',
      paymentMethod: 'pm_1Test',
      amount: 1000,
      currency: 'usd',
      offSession: true,
      metadata: { attempt: 'atmp_1' },
    },
    'charge:atmp_1',
  )

async function failureOf(call: Promise<unknown>): Promise<StripeFailure> {
  const error = await call.then(
    () => new Error('the call succeeded'),
    (reason: unknown) => reason,
  )
  if (error instanceof StripeFailure) return error
  throw error
}

describe('a connection that fails', () => {
  test('before it stands has sent nothing', async () => {
    await server.close()
    const failure = await failureOf(pay())
    expect(failure).toMatchObject({ kind: 'unknown', sent: false, undecided: false, code: 'not_connected' })
  })

  test('in the TLS handshake has sent nothing', async () => {
    open({ apiBase: `https://127.0.0.1:${server.port}`, timeoutMs: 150 })
    const failure = await failureOf(pay())
    expect(failure).toMatchObject({ kind: 'unknown', sent: false })
    expect(server.requests).toHaveLength(0)
  })

  test('after the request may have sent it, and is not tried again', async () => {
    server.answer = socket => socket.destroy()
    expect(await failureOf(pay())).toMatchObject({
      kind: 'unknown',
      sent: 'maybe',
      undecided: true,
      code: 'connection_lost',
    })
    expect(server.requests).toHaveLength(1)
  })

  test('by a reset may have sent it, and is not tried again', async () => {
    server.answer = socket => socket.resetAndDestroy()
    expect(await failureOf(pay())).toMatchObject({ kind: 'unknown', sent: 'maybe', undecided: true })
    expect(server.requests).toHaveLength(1)
  })

  test('on a connection in use again may have sent it, and is not tried again', async () => {
    server.answer = json(200, paymentIntent())
    await pay()
    server.answer = socket => socket.resetAndDestroy()
    expect(await failureOf(pay())).toMatchObject({ kind: 'unknown', sent: 'maybe' })
    expect(server.requests).toHaveLength(2)
  })

  test('that another call has just left may have sent it', async () => {
    open({ maxConnections: 1 })
    server.answer = (socket, request) => {
      if (server.requests.length === 1) json(200, paymentIntent())(socket, request)
      else socket.resetAndDestroy()
    }
    const [, second] = await Promise.all([pay(), failureOf(pay())])
    expect(second).toMatchObject({ kind: 'unknown', sent: 'maybe' })
    expect(server.requests).toHaveLength(2)
  })
})

describe('the deadline', () => {
  test('ends a call without an answer, which may have been carried out', async () => {
    open({ timeoutMs: 80 })
    server.answer = () => {}
    expect(await failureOf(pay())).toMatchObject({ kind: 'unknown', sent: 'maybe', undecided: true, code: 'timeout' })
  })

  test('ends a call whose answer drips', async () => {
    open({ timeoutMs: 150 })
    const timers: NodeJS.Timeout[] = []
    server.answer = socket => {
      socket.write(head(200, { 'content-length': '1000' }))
      timers.push(setInterval(() => socket.write(' '), 20))
    }
    const startedAt = performance.now()
    expect(await failureOf(pay())).toMatchObject({ kind: 'unknown', sent: true, code: 'timeout' })
    expect(performance.now() - startedAt).toBeLessThan(2_000)
    for (const timer of timers) clearInterval(timer)
  })

  test('ends a call that never got a connection, and nothing was sent', async () => {
    open({ timeoutMs: 120, maxConnections: 1 })
    server.answer = () => {}
    const [first, second] = await Promise.all([failureOf(pay()), failureOf(pay())])
    expect(first).toMatchObject({ sent: 'maybe', code: 'timeout' })
    expect(second).toMatchObject({ sent: false, undecided: false, code: 'timeout' })
    expect(server.requests).toHaveLength(1)
  })

  test('ends a wait for a connection without costing the calls after it theirs', async () => {
    const transport = createTransport({ origin: server.url, maxConnections: 1 })
    const call = (path: string, timeoutMs: number) =>
      transport.httpClient.makeRequest('', '', path, 'GET', {}, '', 'http', timeoutMs)
    const sockets = new Set<unknown>()
    const first = Promise.withResolvers<void>()
    server.answer = (socket, request) => {
      sockets.add(socket)
      const answer = () => json(200, { object: 'test' })(socket, request)
      if (request.path === '/first') void first.promise.then(answer)
      else answer()
    }
    const held = call('/first', 5_000)
    const late = await Promise.allSettled([call('/late', 60), call('/late', 60), call('/late', 60)])
    for (const { status, reason } of late as PromiseRejectedResult[]) {
      expect({ status, fault: reason.fault, sent: reason.sent }).toEqual({
        status: 'rejected',
        fault: 'timeout',
        sent: false,
      })
    }
    first.resolve()
    await held
    await Promise.all([call('/next', 5_000), call('/next', 5_000)])
    expect(server.requests.map(({ path }) => path)).toEqual(['/first', '/next', '/next'])
    expect(sockets.size).toBe(1)
    transport.close()
  })

  test('ends a wait for the turn, and nothing was sent', async () => {
    open({ timeoutMs: 100, requestsPerSecond: 1 })
    server.answer = json(200, paymentIntent())
    await pay()
    expect(await failureOf(pay())).toMatchObject({ kind: 'rate_limited', sent: false, code: 'paced' })
    expect(server.requests).toHaveLength(1)
  })
})

describe('what is wrong before it is sent', () => {
  test.each(['', '../v1/charges', 'ch_1', 'pi_1/capture', 'pi_', 'pi_1Test_secret_abc', `pi_${'a'.repeat(300)}`])(
    'an id like %j never reaches Stripe',
    async id => {
      expect(await failureOf(account().retrievePaymentIntent(id))).toMatchObject({
        kind: 'invalid_request',
        sent: false,
      })
      expect(server.requests).toHaveLength(0)
    },
  )

  test.each(['', 'a b', 'a\r\nX-Evil: 1', 'é', 'k'.repeat(256)])('a key like %j never reaches Stripe', async key => {
    const call = account().capturePaymentIntent('pi_1Test', {}, key)
    expect(await failureOf(call)).toMatchObject({ kind: 'invalid_request', sent: false, code: 'bad_idempotency_key' })
    expect(server.requests).toHaveLength(0)
  })

  test('a live key is never sent over plain http, and plain http never leaves the machine', () => {
    expect(() => gateway.forAccount('sk_live_abc')).toThrow(TypeError)
    expect(() => gateway.forAccount('pk_test_abc')).toThrow(TypeError)
    for (const apiBase of [
      'http://example.com',
      'ftp://127.0.0.1',
      'http://127.0.0.1/v1',
      'http://127.example.com',
      'nonsense',
    ]) {
      expect(() => createStripeGateway({ apiBase })).toThrow(TypeError)
    }
  })
})

test('a server whose certificate nobody vouches for is sent nothing', async () => {
  let requests = 0
  const impostor = createServer(await makeCertificate(), (_request, response) => {
    requests += 1
    response.end('{}')
  })
  await new Promise<void>(done => impostor.listen(0, '127.0.0.1', done))
  const { port } = impostor.address() as AddressInfo
  const stranger = createStripeGateway({ apiBase: `https://127.0.0.1:${port}`, requestsPerSecond: 0, timeoutMs: 3_000 })
  const failure = await stranger
    .forAccount('sk_test_canned')
    .balance()
    .catch((error: unknown) => error)
  expect(failure).toMatchObject({ kind: 'unknown', sent: false, code: 'not_connected' })
  expect(requests).toBe(0)
  stranger.close()
  impostor.closeAllConnections()
  await new Promise<void>(done => impostor.close(() => done()))
})

test('a server that would rather speak HTTP/2 is spoken to over HTTP/1.1, one call on each connection', async () => {
  const { cert, key } = await makeCertificate()
  const spoken: string[] = []
  const both = createSecureServer({ cert, key, allowHTTP1: true }, (request, response) => {
    spoken.push(request.httpVersion)
    response.setHeader('content-type', 'application/json')
    response.end('{"object":"test"}')
  })
  await new Promise<void>(done => both.listen(0, '127.0.0.1', done))
  const trusted = tls.getCACertificates('default')
  tls.setDefaultCACertificates([...trusted, cert])
  const { port } = both.address() as AddressInfo
  const transport = createTransport({ origin: `https://localhost:${port}`, maxConnections: 4 })
  try {
    const call = () => transport.httpClient.makeRequest('', '', '/v1/test', 'GET', {}, '', 'https', 5_000)
    const answers = await Promise.all([call(), call()])
    expect(answers.map(answer => answer.getStatusCode())).toEqual([200, 200])
    expect(spoken).toEqual(['1.1', '1.1'])
  } finally {
    tls.setDefaultCACertificates(trusted)
    transport.close()
    await new Promise<void>(done => both.close(() => done()))
  }
})
