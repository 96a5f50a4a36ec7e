import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createStripeGateway, type StripeGateway, type StripeGatewayOptions } from '../../src/stripe/gateway.ts'
import { StripeFailure } from '../../src/stripe/stripe-failure.ts'
import { type CannedServer, head, json, startCannedServer } from './canned-server.ts'
import { balanceTransaction, charge, paymentIntent } from './stripe-objects.ts'

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

const refused = (status: number, error: Record<string, unknown>, headers: Record<string, string> = {}) =>
  json(status, { error: { type: 'invalid_request_error', message: 'No.', ...error } }, headers)

describe('a charge that succeeds', () => {
  test('is sent once, under our own key and the pinned version, and says nothing of the machine', async () => {
    server.answer = json(200, paymentIntent())
    const intent = await pay()

    expect(intent).toMatchObject({
      id: 'pi_1Test',
      status: 'succeeded',
      amountReceived: 1000,
      metadata: { attempt: 'atmp_1' },
    })
    expect(intent.latestCharge).toMatchObject({ id: 'ch_1Test', balanceTransaction: null, paid: true })
    expect(JSON.stringify(intent)).not.toContain('a.person@example.com')
    expect(server.requests).toHaveLength(1)
    const request = server.requests[0]!
    expect(request.headers['idempotency-key']).toBe('charge:atmp_1')
    expect(request.headers['stripe-version']).toBe('2026-10-28.endive')
    expect(Object.keys(request.headers).filter(name => name.startsWith('x-stripe-client'))).toEqual([])
    const body = new URLSearchParams(request.body)
    expect(body.get('allowed_payment_method_types[0]')).toBe('card')
    expect(body.get('confirm')).toBe('true')
    expect(body.get('off_session')).toBe('true')
    expect(body.get('expand[0]')).toBe('latest_charge')
    expect(request.body).not.toContain('payment_method_types]')
    expect([...body.keys()].some(name => name.startsWith('payment_method_types'))).toBe(false)
  })

  test('sends no telemetry with the next request either, and uses the connection again', async () => {
    server.answer = (socket, request) => json(200, paymentIntent())(socket, request)
    await pay()
    await pay()
    expect(server.requests[1]!.headers).not.toHaveProperty('x-stripe-client-telemetry')
  })

  test('is not spoilt by an observer that throws', async () => {
    open({
      observe: () => {
        throw new Error('observer')
      },
    })
    server.answer = json(200, paymentIntent())
    await expect(pay()).resolves.toMatchObject({ id: 'pi_1Test' })
  })
})

describe('a refusal in Stripe’s form', () => {
  test('that is a decline carries its codes and the intent, without its client secret or Stripe’s words', async () => {
    server.answer = json(402, {
      error: {
        type: 'card_error',
        code: 'card_declined',
        decline_code: 'insufficient_funds',
        advice_code: 'try_again_later',
        network_decline_code: '51',
        network_advice_code: '02',
        charge: 'ch_1Failed',
        message: 'Your card 4242424242424242 of jo@example.com has insufficient funds.',
        payment_intent: paymentIntent({
          status: 'requires_payment_method',
          latest_charge: 'ch_1Failed',
          amount_received: 0,
        }),
      },
    })
    const failure = await failureOf(pay())
    expect(failure).toMatchObject({
      kind: 'declined',
      sent: true,
      undecided: false,
      code: 'card_declined',
      declineCode: 'insufficient_funds',
      adviceCode: 'try_again_later',
      networkDeclineCode: '51',
      networkAdviceCode: '02',
      chargeId: 'ch_1Failed',
      requestId: 'req_1',
      detail: 'Your card … of … has insufficient funds.',
    })
    expect(failure.paymentIntent).toMatchObject({
      id: 'pi_1Test',
      status: 'requires_payment_method',
      clientSecret: null,
    })
    const shown = `${failure.stack} ${failure.message} ${JSON.stringify(failure)}`
    for (const secret of ['4242424242424242', 'jo@example.com', 'hush', 'sk_test']) expect(shown).not.toContain(secret)
  })

  test.each([
    [400, { code: 'parameter_unknown', param: 'payment_method_types' }, 'invalid_request'],
    [401, { code: 'api_key_expired' }, 'authentication'],
    [403, {}, 'permission'],
    [404, { code: 'resource_missing' }, 'not_found'],
    [400, { type: 'idempotency_error' }, 'idempotency_mismatch'],
    [409, { type: 'idempotency_error', code: 'idempotency_key_in_use' }, 'in_flight'],
    [429, { code: 'rate_limit' }, 'rate_limited'],
    [429, { code: 'lock_timeout' }, 'rate_limited'],
    [500, { type: 'api_error' }, 'unknown'],
    [503, { type: 'api_error' }, 'unknown'],
    [424, { type: 'api_error' }, 'unknown'],
    [302, { type: 'api_error' }, 'unknown'],
    [200, { type: 'api_error' }, 'unknown'],
  ])('of status %i %o is %s', async (status, error, kind) => {
    server.answer = refused(status, error)
    const failure = await failureOf(pay())
    expect(failure.kind).toBe(kind)
    expect(failure.sent).toBe(true)
    expect(failure.undecided).toBe(kind === 'unknown' || kind === 'in_flight')
    expect(server.requests).toHaveLength(1)
  })

  test('is not sent again even when Stripe asks for it, and says what Stripe asked for', async () => {
    server.answer = refused(429, { code: 'rate_limit' }, { 'retry-after': '3', 'stripe-should-retry': 'true' })
    const failure = await failureOf(pay())
    expect(failure).toMatchObject({ retryAfterSeconds: 3, shouldRetry: true })
    expect(server.requests).toHaveLength(1)
  })
})

describe('an answer that proves nothing', () => {
  test.each([
    [
      'a cut body',
      'body_cut',
      (text: string) => head(200, { 'content-length': String(text.length) }) + text.slice(0, 40),
      true,
    ],
    [
      'a cut body without a length',
      'not_json',
      (text: string) => head(200, { connection: 'close' }) + text.slice(0, 40),
      true,
    ],
    [
      'an HTML page of a proxy',
      'not_json',
      () => head(502, { 'content-type': 'text/html', 'content-length': '13' }) + '<html></html>',
      false,
    ],
    [
      'an error without an error key',
      'not_stripe_shaped',
      () => head(404, { 'content-length': '15' }) + '{"message":"x"}',
      false,
    ],
    [
      'an error key in a success',
      'unknown_success',
      () => head(200, { 'content-length': '14' }) + '{"error":"ab"}',
      false,
    ],
    ['an empty object', 'unexpected_shape', () => head(200, { 'content-length': '2' }) + '{}', false],
    ['null', 'not_stripe_shaped', () => head(200, { 'content-length': '4' }) + 'null', false],
    ['bytes that are no text', 'not_json', () => head(200, { 'content-length': '2' }) + '\xff\xfe', false],
  ])('such as %s is unknown after one request', async (_name, code, bytes, closes) => {
    server.answer = socket => {
      socket.write(bytes(JSON.stringify(paymentIntent())), 'latin1')
      if (closes) socket.end()
    }
    const failure = await failureOf(pay())
    expect(failure).toMatchObject({ kind: 'unknown', sent: true, undecided: true })
    expect(failure.code).toBe(code === 'unknown_success' ? 'not_stripe_shaped' : code)
    expect(server.requests).toHaveLength(1)
  })

  test.each([
    ['another object', charge()],
    ['an id of another kind', paymentIntent({ id: 'ch_1Test' })],
    ['an unknown status', paymentIntent({ status: 'done' })],
    ['an amount that is text', paymentIntent({ amount: '1000' })],
    ['no livemode', paymentIntent({ livemode: undefined })],
    ['the other mode', paymentIntent({ livemode: true })],
    ['a broken charge inside', paymentIntent({ latest_charge: charge({ amount: null }) })],
  ])('such as %s is unknown', async (_name, body) => {
    server.answer = json(200, body)
    expect(await failureOf(pay())).toMatchObject({ kind: 'unknown', sent: true, code: 'unexpected_shape' })
  })

  test('is an object of another id than the one asked for', async () => {
    server.answer = json(200, paymentIntent({ id: 'pi_1Other' }))
    expect(await failureOf(account().retrievePaymentIntent('pi_1Test'))).toMatchObject({
      kind: 'unknown',
      detail: 'id',
    })
  })

  test('is a list with one row of the other mode', async () => {
    server.answer = json(200, {
      object: 'list',
      has_more: false,
      data: [paymentIntent(), paymentIntent({ livemode: true })],
    })
    expect(await failureOf(account().listPaymentIntentsOfCustomer({ customer: 'cus_1Test' }))).toMatchObject({
      kind: 'unknown',
    })
  })

  test('is a body without an end in sight', async () => {
    server.answer = socket => {
      socket.write(head(200, { 'transfer-encoding': 'chunked' }))
      const chunk = Buffer.alloc(4 * 1024 * 1024, 0x20)
      for (let i = 0; i < 5; i += 1) {
        socket.write(`${chunk.length.toString(16)}\r\n`)
        socket.write(chunk)
        socket.write('\r\n')
      }
    }
    expect(await failureOf(pay())).toMatchObject({ kind: 'unknown', sent: true, code: 'body_too_large' })
  })
})

test('a page of balance transactions keeps ids and amounts and drops the person', async () => {
  server.answer = json(200, { object: 'list', has_more: true, data: [balanceTransaction()] })
  const page = await account().listBalanceTransactions({
    createdFrom: 1,
    createdTo: 2,
    startingAfter: 'txn_0',
    payout: 'po_1',
  })
  expect(page.hasMore).toBe(true)
  expect(page.data[0]).toMatchObject({
    id: 'txn_1Test',
    net: 941,
    reportingCategory: 'charge',
    sourceId: 'ch_1Test',
    source: { object: 'charge', paymentIntent: 'pi_1Test', metadata: { attempt: 'atmp_1' } },
  })
  expect(JSON.stringify(page)).not.toMatch(/Person|example\.com/)
  const query = new URL(server.requests[0]!.path, server.url).searchParams
  expect(Object.fromEntries(query)).toEqual({
    payout: 'po_1',
    limit: '100',
    starting_after: 'txn_0',
    'created[gte]': '1',
    'created[lt]': '2',
    'expand[0]': 'data.source',
  })
  expect(server.requests[0]!.headers).not.toHaveProperty('idempotency-key')
})

test('a test-mode name may answer with an id of its own, a real id may not', async () => {
  server.answer = json(200, {
    id: 'pm_1Fresh',
    object: 'payment_method',
    type: 'card',
    customer: null,
    card: {
      brand: 'visa',
      last4: '4242',
      exp_month: 1,
      exp_year: 2030,
      funding: 'credit',
      country: 'US',
      fingerprint: 'f',
      wallet: null,
    },
    livemode: false,
    created: 1,
    metadata: {},
  })
  await expect(account().retrievePaymentMethod('pm_card_visa')).resolves.toMatchObject({
    id: 'pm_1Fresh',
    card: { last4: '4242' },
  })
  expect(await failureOf(account().retrievePaymentMethod('pm_1Other'))).toMatchObject({ kind: 'unknown' })
})
