import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parseForm } from '../../src/dev/stripe-simulator/api/form-parser.ts'
import { startStripeSimulator } from '../../src/dev/stripe-simulator/start.ts'
import { failure, type SimulatorSuite, startSuite } from './simulator-suite.ts'

let suite: SimulatorSuite
beforeAll(async () => {
  suite = await startSuite()
})
afterAll(() => suite.close())

describe('who may call', () => {
  test.each([
    ['no key', ''],
    ['an unknown scheme', 'Digest sk_test_abcdef'],
    ['a key that is none', 'Bearer hello'],
    ['a live key', 'Bearer sk_live_abcdef'],
  ])('%s is a 401 in the shape of Stripe', async (_, authorization) => {
    const answer = await suite.plain('GET', '/v1/balance', '', { authorization })
    expect(answer.status).toBe(401)
    expect(answer.json.error.type).toBe('invalid_request_error')
    expect(answer.headers.get('request-id')).toMatch(/^req_/)
  })

  test('Basic and Bearer open the same account, and each secret key has one of its own', async () => {
    const basic = `Basic ${Buffer.from(`${suite.key}:`).toString('base64')}`
    const mine = (await suite.plain('GET', '/v1/account')).json.id
    expect((await suite.plain('GET', '/v1/account', '', { authorization: basic })).json.id).toBe(mine)
    const other = await suite.plain('GET', '/v1/account', '', { authorization: 'Bearer sk_test_someoneelse' })
    expect(other.json.id).toMatch(/^acct_/)
    expect(other.json.id).not.toBe(mine)
  })

  test('another account is named only by its own key', async () => {
    const answer = await suite.plain('GET', '/v1/balance', '', { 'stripe-account': 'acct_someoneelse1' })
    expect([answer.status, answer.json.error.code]).toEqual([403, 'account_invalid'])
  })

  test('a simulator is never started with a live key', async () => {
    const accounts = [{ secretKey: 'sk_live_abcdef', publishableKey: 'pk_test_abcdef' }]
    await expect(startStripeSimulator({ port: 0, accounts })).rejects.toThrow('never takes a live key')
  })

  test('unknown keys can be refused', async () => {
    const accounts = [{ secretKey: 'sk_test_given1', publishableKey: 'pk_test_other1', accountId: 'acct_given12345' }]
    const strict = await startSuite({ accounts, allowAnyTestKey: false })
    expect((await strict.plain('GET', '/v1/account')).json.id).toBe('acct_given12345')
    expect((await strict.plain('GET', '/v1/account', '', { authorization: 'Bearer sk_test_unknown' })).status).toBe(401)
    await strict.close()
  })
})

describe('a publishable key', () => {
  const browser = () => ({ authorization: `Bearer ${suite.key.replace('sk_', 'pk_')}`, origin: 'https://shop.example' })

  test('makes tokens and payment methods, without a fingerprint in the answer', async () => {
    const form = 'card[number]=4242424242424242&card[exp_month]=12&card[exp_year]=2031&card[cvc]=123'
    const token = await suite.plain('POST', '/v1/tokens', form, browser())
    expect(token.status).toBe(200)
    expect(token.json.card.last4).toBe('4242')
    expect(JSON.stringify(token.json)).not.toContain('fingerprint')
    expect(token.headers.get('access-control-allow-origin')).toBe('*')
    const method = await suite.plain('POST', '/v1/payment_methods', `type=card&card[token]=${token.json.id}`, browser())
    expect(method.json.card.brand).toBe('visa')
  })

  test('may do nothing else', async () => {
    for (const [verb, path] of [
      ['GET', '/v1/customers'],
      ['POST', '/v1/refunds'],
      ['GET', '/v1/payment_methods/pm_card_visa'],
      ['GET', '/v1/tokens/tok_visa'],
    ] as const) {
      const answer = await suite.plain(verb, path, '', browser())
      expect([path, answer.status, answer.json.error.code]).toEqual([path, 403, 'secret_key_required'])
      expect(answer.headers.get('access-control-allow-origin')).toBeNull()
    }
  })

  test('reads and confirms an intent only with its client secret, and sees neither customer nor metadata', async () => {
    const customer = await suite.stripe.customers.create({})
    const intent = await suite.stripe.setupIntents.create({ customer: customer.id, metadata: { secret: 'x' } })
    const path = `/v1/setup_intents/${intent.id}`
    expect((await suite.plain('GET', path, '', browser())).status).toBe(401)
    expect((await suite.plain('GET', path, `client_secret=${intent.id}_secret_wrong`, browser())).status).toBe(400)
    const seen = await suite.plain('GET', path, `client_secret=${intent.client_secret}`, browser())
    expect(seen.json.status).toBe('requires_payment_method')
    expect(seen.json).not.toHaveProperty('customer')
    expect(seen.json).not.toHaveProperty('metadata')
    const form = `client_secret=${intent.client_secret}&payment_method=pm_card_visa`
    expect((await suite.plain('POST', `${path}/confirm`, form, browser())).json.status).toBe('succeeded')
  })

  test('is asked for by browsers first', async () => {
    const answer = await fetch(`${suite.simulator.url}/v1/tokens`, {
      method: 'OPTIONS',
      headers: { origin: 'https://shop.example' },
    })
    expect(answer.status).toBe(204)
    expect(answer.headers.get('access-control-allow-headers')).toContain('authorization')
  })
})

describe('versions and headers', () => {
  test('every answer says which request and version it was', async () => {
    const { headers } = await suite.plain('POST', '/v1/customers', '', { 'idempotency-key': 'headers-1' })
    expect(headers.get('request-id')).toMatch(/^req_[A-Za-z0-9]{14}$/)
    expect(headers.get('stripe-version')).toBe('2026-10-28.endive')
    expect(headers.get('idempotency-key')).toBe('headers-1')
    expect(headers.get('stripe-should-retry')).toBe('false')
    expect(
      (await suite.plain('GET', '/v1/balance', '', { 'stripe-version': '2025-01-27.acacia' })).headers.get(
        'stripe-version',
      ),
    ).toBe('2025-01-27.acacia')
    expect((await suite.plain('GET', '/v1/balance', '', { 'stripe-version': 'newest' })).status).toBe(400)
  })

  test.each([
    ['/v1/payment_intents', 'amount=500&currency=usd&'],
    ['/v1/setup_intents', ''],
  ])('%s takes payment_method_types from old callers only', async (path, form) => {
    const body = `${form}payment_method_types[]=card`
    const now = await suite.plain('POST', path, body, { 'stripe-version': '2026-10-28.endive' })
    expect([now.status, now.json.error.code]).toEqual([400, 'payment_method_types_no_longer_supported'])
    expect((await suite.plain('POST', path, body, { 'stripe-version': '2026-08-26.dahlia' })).status).toBe(200)
    const old = await suite.plain('POST', path, body)
    expect(old.json.payment_method_types).toEqual(['card'])
    expect(old.json).toHaveProperty('allowed_payment_method_types')
  })

  test('an unknown address is a 404 with an error in it', async () => {
    const answer = await suite.plain('GET', '/v1/unicorns')
    expect(answer.status).toBe(404)
    expect(answer.json.error.message).toContain('Unrecognized request URL (GET: /v1/unicorns)')
    expect((await suite.plain('DELETE', '/v1/charges/ch_1')).status).toBe(404)
  })
})

describe('parameters', () => {
  test.each([
    ['/v1/customers', 'nmae=x', 'parameter_unknown', 'nmae'],
    ['/v1/customers', 'invoice_settings[colour]=red', 'parameter_unknown', 'invoice_settings[colour]'],
    ['/v1/payment_intents', 'currency=usd', 'parameter_missing', 'amount'],
    ['/v1/payment_intents', 'amount=ten&currency=usd', 'parameter_invalid_integer', 'amount'],
    ['/v1/payment_intents', 'amount=10.5&currency=usd', 'parameter_invalid_integer', 'amount'],
    ['/v1/payment_intents', 'amount=0&currency=usd', 'parameter_invalid_integer', 'amount'],
    ['/v1/payment_intents', 'amount=49&currency=usd', 'amount_too_small', 'amount'],
    ['/v1/payment_intents', 'amount=100000000&currency=usd', 'amount_too_large', 'amount'],
    ['/v1/payment_intents', 'amount=1001&currency=kwd', 'parameter_invalid_integer', 'amount'],
    ['/v1/payment_intents', 'amount=1000&currency=usd&description[a]=b', undefined, 'description'],
    ['/v1/payment_intents', 'amount=1000&currency=usd&confirm=maybe', 'parameter_invalid_boolean', 'confirm'],
    ['/v1/payment_intents', 'amount=1000&currency=usd&capture_method=later', undefined, 'capture_method'],
    ['/v1/payment_intents', 'amount=1000&currency=usd&off_session=true', undefined, 'off_session'],
    ['/v1/payment_intents', 'amount=1000&currency=zzz', undefined, 'currency'],
    ['/v1/payment_intents', 'amount=1000&currency=usd&customer=', 'parameter_invalid_empty', 'customer'],
    ['/v1/payment_intents', 'amount=1000&currency=usd&customer=cus_nobody', 'resource_missing', 'customer'],
    ['/v1/payment_intents', 'amount=1000&currency=usd&metadata=x', 'parameter_invalid_object', 'metadata'],
    ['/v1/payment_intents', `amount=1000&currency=usd&metadata[${'k'.repeat(41)}]=x`, undefined, 'metadata'],
    ['/v1/payment_intents', `amount=1000&currency=usd&metadata[k]=${'x'.repeat(501)}`, undefined, 'metadata'],
    ['/v1/refunds', '', 'parameter_missing', 'charge'],
    ['/v1/refunds', 'charge=ch_1&payment_intent=pi_1', 'parameters_exclusive', undefined],
  ])('POST %s with %s is refused', async (path, form, code, param) => {
    const { status, json } = await suite.plain('POST', path, form)
    expect([status, json.error.type, json.error.code, json.error.param]).toEqual([
      400,
      'invalid_request_error',
      code,
      param,
    ])
  })

  test.each([
    ['limit=0'],
    ['limit=101'],
    ['limit=ten'],
    ['starting_after=cus_nobody'],
    ['colour=red'],
    ['created[since]=1'],
  ])('GET /v1/customers?%s is refused', async query => {
    expect((await suite.plain('GET', '/v1/customers', query)).status).toBe(400)
  })

  test('a card number sent in the wrong place is not repeated', async () => {
    for (const path of ['/v1/customers/4242424242424242', '/v1/unicorns/4242424242424242']) {
      expect(JSON.stringify((await suite.plain('GET', path)).json)).not.toContain('4242424242424242')
    }
    const unknown = await suite.plain('POST', '/v1/customers', '4242424242424242=x')
    expect(JSON.stringify(unknown.json)).not.toContain('4242424242424242')
    expect(JSON.stringify(await suite.control('GET', `/log?account_key=${suite.key}`))).not.toContain(
      '4242424242424242',
    )
  })

  test('zero-decimal currencies count whole units, and currencies are shown in lower case', async () => {
    const intent = await suite.stripe.paymentIntents.create({ amount: 50, currency: 'JPY' })
    expect(intent.currency).toBe('jpy')
    expect((await failure(suite.stripe.paymentIntents.create({ amount: 49, currency: 'jpy' }))).code).toBe(
      'amount_too_small',
    )
  })
})

describe('the form parser', () => {
  test('reads [], [0] and nested names, as the command line and the library send them', () => {
    expect(JSON.parse(JSON.stringify(parseForm('a[]=1&a[]=2&b[0]=x&b[1]=y&c[d][e]=f+g&c[d][h]=%C3%A9&i=')))).toEqual({
      a: { 0: '1', 1: '2' },
      b: { 0: 'x', 1: 'y' },
      c: { d: { e: 'f g', h: 'é' } },
      i: '',
    })
  })

  test('gives back every flat form', () => {
    const names = fc.stringMatching(/^[a-z_]{1,12}$/)
    fc.assert(
      fc.property(fc.dictionary(names, fc.string({ unit: 'binary' }), { maxKeys: 20 }), form => {
        const text = Object.entries(form).map(([name, value]) => `${name}=${encodeURIComponent(value.toWellFormed())}`)
        for (const [name, value] of Object.entries(form)) form[name] = value.toWellFormed()
        expect({ ...parseForm(text.join('&')) }).toEqual(form)
      }),
    )
  })

  test('never throws anything but an error of Stripe, and never touches a prototype', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 200 }), text => {
        try {
          parseForm(text)
        } catch (error) {
          expect(error).toHaveProperty('status', 400)
        }
        expect(({} as Record<string, unknown>).polluted).toBeUndefined()
      }),
    )
    parseForm('__proto__[polluted]=1&constructor[prototype][polluted]=1')
    expect(({} as Record<string, unknown>).polluted).toBeUndefined()
  })
})
