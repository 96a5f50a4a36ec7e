// Which pages of which origins a browser lets call: the two calls of a checkout page, from exact origins, and no other.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { operatorContext } from '../../src/domain/tenants/operator-context.ts'
import { setTenant } from '../../src/domain/tenants/set-tenant.ts'
import { operationsOf } from '../support/openapi-operations.ts'
import { startWorld, type World } from '../support/world.ts'

const SHOP = 'https://shop.example'
const LOOKALIKES = [
  'null',
  'https://shop.example.evil.example',
  'https://evil-shop.example',
  'https://evilshop.example',
  'https://shop.example:8443',
  'https://shop.example:443',
  'http://shop.example',
  'https://shop.example.',
  'https://SHOP.example',
  'https://shop.example/',
  'https://user@shop.example',
  'https://www.shop.example',
  'https://shop.exampl',
  'https://shop.example, https://evil.example',
  'https://shop。example',
  'file://',
  '*',
  '',
]

let world: World
beforeAll(async () => {
  world = await startWorld({ webhooks: false })
  await setTenant(operatorContext(world.dependencies, 'demo', 'test'), { allowed_origins: [SHOP] })
})
afterAll(() => world.close())

const preflight = (path: string, origin: string, method = 'POST') =>
  world.withToken(null).send('OPTIONS', path, undefined, {
    headers: {
      origin,
      'access-control-request-method': method,
      'access-control-request-headers': 'authorization, content-type, idempotency-key',
    },
  })

const allowing = (headers: Record<string, string>) =>
  Object.keys(headers).filter(name => name.startsWith('access-control-'))

describe('a preflight', () => {
  test("passes for a tenant's own origin and the calls of a checkout page", async () => {
    for (const [path, method] of [
      ['/v1/tokens', 'POST'],
      ['/v1/checkout-sessions/csess_1', 'GET'],
    ] as const) {
      const answer = await preflight(path, SHOP, method)
      expect(answer.status).toBe(204)
      expect(answer.headers).toMatchObject({
        'access-control-allow-origin': SHOP,
        'access-control-allow-methods': method,
        vary: 'Origin',
      })
      expect(answer.headers['access-control-allow-headers']?.split(', ')).toContain('idempotency-key')
      expect(answer.headers).not.toHaveProperty('access-control-allow-credentials')
    }
  })

  test.each(LOOKALIKES)('does not pass for the origin "%s"', async origin => {
    const answer = await preflight('/v1/tokens', encodeLatin1(origin))
    expect(answer.status).not.toBe(204)
    expect(allowing(answer.headers)).toEqual([])
  })

  test('passes for no other route, and no other method of the same path', async () => {
    const operations = operationsOf((await world.withToken(null).get('/openapi.json')).json)
    const own = new Set(['POST /v1/tokens', 'GET /v1/checkout-sessions/{id}'])
    for (const { name, method, path } of operations.filter(operation => !own.has(operation.name))) {
      const answer = await preflight(path.replace(/\{[^}]+\}/g, 'x'), SHOP, method)
      expect(answer.status, name).not.toBe(204)
      expect(allowing(answer.headers), name).toEqual([])
    }
    for (const method of ['DELETE', 'PUT', 'PATCH', 'post', '']) {
      expect((await preflight('/v1/tokens', SHOP, method)).status, method).not.toBe(204)
    }
  })
})

describe('a call from a page', () => {
  test('is readable there for an allowed origin, refusals too, and says that it depends on the origin', async () => {
    const headers = { origin: SHOP }
    const answer = await world.withToken(null).post('/v1/tokens', {}, { headers })
    expect(answer.status).toBe(401)
    expect(answer.headers).toMatchObject({ 'access-control-allow-origin': SHOP, vary: 'Origin' })
    expect(answer.headers).not.toHaveProperty('access-control-allow-credentials')
  })

  test('is not readable for any other origin, nor on any other route', async () => {
    for (const origin of LOOKALIKES) {
      const answer = await world.withToken(null).post('/v1/tokens', {}, { headers: { origin: encodeLatin1(origin) } })
      expect(allowing(answer.headers), origin).toEqual([])
      expect(answer.text).not.toContain('evil')
    }
    for (const [path, role] of [
      ['/v1/payers', 'checkout'],
      ['/v1/charges', 'billing'],
      ['/v1/audit-log', 'privacy'],
    ] as const) {
      const answer = await world.as(role).get(path, { headers: { origin: SHOP } })
      expect(answer.status).toBe(200)
      expect(allowing(answer.headers), path).toEqual([])
    }
  })

  test.each(['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=b'])(
    'that needs no preflight, as %s, never reaches anything',
    async type => {
      const answer = await world
        .as('checkout')
        .post('/v1/tokens', undefined, { raw: '{"payer":"x"}', headers: { origin: SHOP, 'content-type': type } })
      expect(answer).toMatchObject({ status: 415 })
    },
  )
})

/** As a browser that sends it would: bytes, not characters. */
const encodeLatin1 = (text: string) => Buffer.from(text, 'utf8').toString('latin1')
