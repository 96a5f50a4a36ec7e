// What is not well made: bodies, types, sizes, paths, queries and methods. Nothing of it gives a 5xx, or is done.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ApiAnswer, ApiClient } from '../support/api-client.ts'
import { MALFORMED, NAUGHTY, READABLE } from '../support/json-corpus.ts'
import { operationsOf } from '../support/openapi-operations.ts'
import { payerWithCard } from '../support/payer-with-card.ts'
import { rawTls } from '../support/raw-client.ts'
import { startWorld, type World } from '../support/world.ts'

let world: World
let checkout: ApiClient
beforeAll(async () => {
  world = await startWorld({ webhooks: false })
  checkout = world.as('checkout')
})
afterAll(() => world.close())

const MAX_BODY_BYTES = 64 * 1024
const problem = (answer: ApiAnswer, status: number, code: string) => {
  expect(answer).toMatchObject({ status, json: { status, code } })
  expect(answer.headers['content-type']).toBe('application/problem+json')
}
const padded = (length: number) => {
  const body = '{"short_name":"A","pad":""}'
  return body.replace('"pad":""', `"pad":"${'x'.repeat(length - body.length)}"`)
}

describe('a body', () => {
  test.each(MALFORMED)('that is not good JSON is refused: %s', async (_, raw) => {
    problem(await checkout.post('/v1/payers', undefined, { raw }), 400, 'malformed_json')
  })

  test.each(READABLE)('that is JSON of another shape is refused as such: %s', async (_, raw) => {
    problem(await checkout.post('/v1/payers', undefined, { raw }), 422, 'validation_failed')
  })

  test('is judged before anybody is asked who it is from', async () => {
    problem(await world.withToken(null).post('/v1/payers', undefined, { raw: '{' }), 400, 'malformed_json')
    problem(await world.as('finance').post('/v1/payers', undefined, { raw: '{' }), 400, 'malformed_json')
  })

  test('may have 64 KiB and not a byte more', async () => {
    problem(await checkout.post('/v1/payers', undefined, { raw: padded(MAX_BODY_BYTES) }), 422, 'validation_failed')
    problem(await checkout.post('/v1/payers', undefined, { raw: padded(MAX_BODY_BYTES + 1) }), 413, 'payload_too_large')
    problem(await checkout.post('/v1/payers', undefined, { raw: padded(MAX_BODY_BYTES - 1) }), 422, 'validation_failed')
  })

  test('may not grow past its limit by coming in chunks', async () => {
    const chunk = `10000\r\n${'1'.repeat(0x10000)}\r\n`
    const { text } = await rawTls(portOf(), [
      head('POST', '/v1/payers', ['Content-Type: application/json', 'Transfer-Encoding: chunked']),
      chunk,
      chunk,
    ])
    expect(text).toMatch(/^HTTP\/1\.1 413 /)
  })

  test('is measured in bytes, not in characters', async () => {
    const raw = `{"short_name":"A","pad":"${'ж'.repeat(33_000)}"}`
    expect(raw.length).toBeLessThan(MAX_BODY_BYTES)
    problem(await checkout.post('/v1/payers', undefined, { raw }), 413, 'payload_too_large')
  })

  test.each([
    'text/plain',
    'text/json',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/xml',
    '',
  ])('of type "%s" is not taken', async type => {
    const answer = await checkout.post('/v1/payers', undefined, {
      raw: '{"short_name":"A"}',
      headers: { 'content-type': type },
    })
    problem(answer, 415, 'unsupported_media_type')
  })

  test.each(['application/json; charset=utf-8', 'Application/JSON', 'application/json;charset="UTF-8"'])(
    'of type "%s" is taken',
    async type => {
      const headers = { 'content-type': type }
      expect((await checkout.post('/v1/payers', { short_name: 'Typed' }, { headers })).status).toBe(201)
    },
  )

  test('of another character set is not taken', async () => {
    const headers = { 'content-type': 'application/json; charset=utf-16' }
    problem(await checkout.post('/v1/payers', { short_name: 'A' }, { headers }), 415, 'unsupported_media_type')
  })

  test.each(['gzip', 'br', 'deflate', 'identity', 'x'])(
    'with a Content-Encoding of %s is not taken',
    async encoding => {
      const headers = { 'content-encoding': encoding }
      problem(await checkout.post('/v1/payers', { short_name: 'A' }, { headers }), 415, 'unsupported_media_type')
    },
  )

  test('that is missing is an empty request', async () => {
    const { text } = await rawTls(portOf(), [
      head('POST', '/v1/payers', ['Content-Length: 0', 'Idempotency-Key: none']),
    ])
    expect(text).toMatch(/^HTTP\/1\.1 422 /)
    expect(text).toContain('"/short_name"')
  })

  test('on a GET is judged like any other', async () => {
    problem(await checkout.get('/v1/payers', { raw: '{"a":' }), 400, 'malformed_json')
  })
})

describe('a text that has broken programs', () => {
  test('is kept as it is, or refused by name, wherever a text may stand', async () => {
    for (const text of NAUGHTY) {
      const made = await checkout.post('/v1/payers', {
        short_name: text,
        external_ref: `x${text}`,
        metadata: { note: text },
      })
      expect([201, 422], JSON.stringify(text)).toContain(made.status)
      if (made.status === 422) continue
      expect(made.json.metadata.note).toBe(text)
      const found = await checkout.get(`/v1/payers?external_ref=${encodeURIComponent(`x${text}`)}`)
      expect(found.json.data, JSON.stringify(text)).toMatchObject([{ id: made.json.id }])
    }
  })

  test('in a query, a path or a header is never a fault of ours', async () => {
    for (const text of NAUGHTY) {
      const encoded = encodeURIComponent(text)
      for (const path of [
        `/v1/payers?short_name=${encoded}`,
        `/v1/payers?cursor=${encoded}`,
        `/v1/payers?${encoded}=1`,
        `/v1/payers/${encoded}`,
        `/${encoded}`,
        `/v1/audit-log?actor=${encoded}&object=${encoded}`,
      ]) {
        const answer = await world.as(path.includes('audit') ? 'privacy' : 'checkout').get(path)
        expect(answer.status, path).toBeLessThan(500)
      }
    }
  })

  test('as a member of any route is never a fault of ours', async () => {
    const operations = operationsOf((await world.withToken(null).get('/openapi.json')).json)
    const roleOf = (scope: string) =>
      (['checkout', 'billing', 'finance', 'privacy', 'admin'] as const).find(
        role => world.token(role) && scopesHold(role, scope),
      )
    const values: unknown[] = [
      '\u0000',
      'a\u0000b',
      '',
      null,
      [],
      {},
      -1,
      1e308,
      true,
      'x'.repeat(1_000),
      { a: { b: ['\u0000'] } },
    ]
    for (const { method, path, scope, spec, name } of operations) {
      const schema = spec.requestBody?.content['application/json']?.schema as { properties?: object } | undefined
      if (!scope || !schema?.properties) continue
      const role = roleOf(scope)
      if (!role) continue
      const client = world.as(role)
      const at = path.replace(/\{[^}]+\}/g, 'x')
      for (const value of values) {
        const body = Object.fromEntries(Object.keys(schema.properties).map(member => [member, value]))
        const answer = await client.send(method, at, body)
        expect(answer.status, `${name} ${JSON.stringify(value)}`).toBeLessThan(500)
        expect(answer.status, `${name} ${JSON.stringify(value)}`).toBeGreaterThanOrEqual(400)
      }
    }
  })
})

const scopesHold = (role: Parameters<World['token']>[0], scope: string): boolean =>
  Buffer.from(world.token(role).split('.')[1] as string, 'base64url')
    .toString()
    .includes(`${scope}`)

describe('what a route does not know', () => {
  test('is refused in a body, at its place', async () => {
    const answer = await checkout.post('/v1/payers', { short_name: 'A', nickname: 'B', 'a/b~c': 1 })
    problem(answer, 422, 'validation_failed')
    expect(answer.json.errors.map((error: { pointer: string }) => error.pointer).sort()).toEqual([
      '/a~1b~0c',
      '/nickname',
    ])
  })

  test('is refused in a query, and so is a parameter given twice', async () => {
    problem(await checkout.get('/v1/payers?nickname=B'), 422, 'validation_failed')
    problem(await checkout.get('/v1/payers?limit=1&limit=1'), 422, 'validation_failed')
    problem(await checkout.get('/v1/payers?__proto__=1'), 422, 'validation_failed')
  })

  test('is refused in the query of a route that has none, once the rest of the request is allowed', async () => {
    const { payer, token } = await payerWithCard(world)
    const routes = [
      ['checkout', 'GET', `/v1/payers/${payer}`],
      ['checkout', 'PATCH', `/v1/payers/${payer}`],
      ['checkout', 'POST', '/v1/payers'],
      ['checkout', 'POST', '/v1/payers/search'],
      ['admin', 'GET', `/v1/tokens/${token}`],
      ['admin', 'POST', `/v1/tokens/${token}/freeze`],
      ['admin', 'DELETE', `/v1/tokens/${token}`],
    ] as const
    for (const [role, method, path] of routes) {
      const answer = await world.as(role).send(method, `${path}?stray=1`, method === 'GET' ? undefined : {})
      problem(answer, 422, 'validation_failed')
      expect(answer.json.errors, `${method} ${path}`).toMatchObject([{ pointer: '/stray', code: 'unknown_parameter' }])
      expect(
        (await world.as('auditor').send(method, `${path}?stray=1`, method === 'GET' ? undefined : {})).status,
      ).toBe(403)
    }
    expect((await world.as('admin').get(`/v1/tokens/${token}`)).json.status).toBe('active')
    expect((await world.as('admin').get('/v1/tokens/vtok_test_00000000000000000000000000?stray=1')).status).toBe(404)
  })
})

describe('a path or a method that is not there', () => {
  test('is a problem that says so', async () => {
    problem(await checkout.get('/v1/nothing'), 404, 'not_found')
    problem(await checkout.get('/nothing'), 404, 'not_found')
    problem(await checkout.send('PUT', '/v1/payers', { short_name: 'A' }), 405, 'method_not_allowed')
    problem(await checkout.del('/v1/payers'), 405, 'method_not_allowed')
    const answer = await checkout.patch('/v1/payers', { short_name: 'A' })
    problem(answer, 405, 'method_not_allowed')
    expect(answer.headers.allow?.split(', ').sort()).toEqual(['GET', 'POST'])
  })

  test.each([
    '/v1//payers',
    '/v1/payers/',
    '/V1/payers',
    '/v1/./payers',
    '/v1/payers/../payers',
    '/v1/payers;a=b',
    '/v1/%70ayers',
  ])('has one spelling only: %s', async path => {
    const { text } = await rawTls(portOf(), [head('GET', path, [])])
    expect(text).toMatch(/^HTTP\/1\.1 (200|401|404) /)
    // Whatever the reading, no spelling gets past the sign-in.
    const unsigned = await rawTls(portOf(), [`GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`])
    expect(unsigned.text).toMatch(/^HTTP\/1\.1 (401|404) /)
  })

  test.each(['HEAD', 'OPTIONS', 'TRACE', 'CONNECTED', 'PROPFIND', 'get'])(
    'by the method %s gives neither data nor a 5xx',
    async method => {
      const { text } = await rawTls(portOf(), [head(method, '/v1/payers', [])])
      expect(text).toMatch(/^HTTP\/1\.1 (4\d\d|200|204) /)
      expect(text).not.toContain('"data"')
      expect(text.toLowerCase()).not.toContain('authorization: bearer')
    },
  )

  test('answers HEAD with the headers of GET and nothing else', async () => {
    const { text } = await rawTls(portOf(), [head('HEAD', '/healthz', [])])
    expect(text).toMatch(/^HTTP\/1\.1 200 /)
    expect(text.split('\r\n\r\n')[1] ?? '').toBe('')
  })
})

describe('every answer', () => {
  test('carries the headers that keep it safe, errors too', async () => {
    const answers = [
      await checkout.get('/v1/payers'),
      await checkout.get('/v1/nothing'),
      await world.withToken(null).get('/v1/payers'),
      await checkout.post('/v1/payers', undefined, { raw: '{' }),
      await checkout.post('/v1/payers', undefined, { raw: padded(MAX_BODY_BYTES + 1) }),
      await world.withToken(null).get('/healthz'),
    ]
    for (const { headers, status } of answers) {
      expect(headers['strict-transport-security'], `${status}`).toMatch(/max-age=\d{8,}; includeSubDomains/)
      expect(headers['x-content-type-options']).toBe('nosniff')
      expect(headers['cache-control']).toBe('no-store')
      expect(headers['x-request-id']).toMatch(/^[A-Za-z0-9._-]{8,128}$/)
      expect(headers['content-security-policy']).toContain("default-src 'none'")
      expect(headers).not.toHaveProperty('server')
      expect(headers).not.toHaveProperty('x-powered-by')
    }
  })

  test('takes over a request id that is harmless, and no other', async () => {
    const idOf = async (id: string) =>
      (await checkout.get('/v1/payers', { headers: { 'x-request-id': id } })).headers['x-request-id']
    for (const good of ['a.b-c_d1', 'A'.repeat(128)]) expect(await idOf(good)).toBe(good)
    for (const bad of ['short', 'A'.repeat(129), 'a b c d e f', 'abcdefgh/i', 'abcdefgh<'])
      expect(await idOf(bad)).not.toBe(bad)
  })

  test('is no place where a value that was sent comes back', async () => {
    const canary = 'canary-5f2c'
    const answers = [
      await checkout.post('/v1/payers', {
        short_name: 'A',
        email: canary,
        locale: canary,
        [canary.slice(0, 3)]: canary,
      }),
      await checkout.get(`/v1/payers?limit=${canary}&cursor=${canary}`),
      await checkout.get(`/v1/payers/${canary}`),
      await checkout.get(`/${canary}`),
      await checkout.post('/v1/payers', undefined, { raw: `{"${canary}` }),
      await checkout.get('/v1/payers', { headers: { accept: canary, origin: `https://${canary}` } }),
      await world.withToken(`${canary}.x.y`).get('/v1/payers'),
    ]
    for (const { text, headers } of answers) expect(text + JSON.stringify(headers)).not.toContain(canary)
  })
})

const portOf = () => Number(new URL(world.url).port)

const head = (method: string, path: string, more: string[]) =>
  [
    `${method} ${path} HTTP/1.1`,
    'Host: localhost',
    `Authorization: Bearer ${world.token('checkout')}`,
    'Connection: close',
    ...more,
    '',
    '',
  ].join('\r\n')
