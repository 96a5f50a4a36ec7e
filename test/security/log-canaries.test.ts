// Nothing that a caller sends, and no secret, is ever in a log line or a metric: not at debug level, not in failures.
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ROLES, SCOPES_BY_ROLE } from '../../src/domain/permissions.ts'
import { createLog, errorFields } from '../../src/observability/log.ts'
import { asSuperuser } from '../support/database-contents.ts'
import { operationsOf } from '../support/openapi-operations.ts'
import { chargeOf, payerWithCard } from '../support/payer-with-card.ts'
import { rawTls } from '../support/raw-client.ts'
import { startWorld, WEBHOOK_SECRETS, type World } from '../support/world.ts'

let world: World
beforeAll(async () => {
  world = await startWorld()
})
afterAll(() => world.close())

const newCanary = () => `canary${randomUUID().replaceAll('-', '')}`

type Line = Record<string, unknown>
const linesOf = (logs: readonly string[]): Line[] =>
  logs.flatMap(text => text.split('\n').filter(Boolean)).map(line => JSON.parse(line))

/** The members that a line may have: api.md's allow-list, and what the logger itself adds. */
const MEMBERS = new Set([
  'level',
  'time',
  'process',
  'message',
  'request_id',
  'method',
  'route',
  'status',
  'ms',
  'tenant',
  'actor',
  'code',
  'error',
  'error_code',
  'stack',
  'operation',
  'outcome',
  'stripe_request_id',
  'charge',
  'attempt',
  'refund',
  'token',
  'event',
  'event_type',
  'payout',
  'exception',
  'cause',
  'queue',
  'job',
  'count',
  'port',
  'address',
  'version',
  'region',
  'place',
  'state',
  'signal',
  'seconds',
  'name',
  'file',
  'feed',
  'url',
])

describe('a log', () => {
  test('holds nothing of what is sent, in any part of a request to any route', async () => {
    const canary = newCanary()
    const operations = operationsOf((await world.withToken(null).get('/openapi.json')).json)
    const headers = {
      'user-agent': canary,
      cookie: `a=${canary}`,
      referer: `https://${canary}.example/`,
      origin: `https://${canary}.example`,
      'x-forwarded-for': '203.0.113.99',
      'stripe-signature': `t=1,v1=${canary}`,
    }
    await Promise.all(
      operations.flatMap(({ method, path, spec, scope }) => {
        const at = path.replace(/\{[^}]+\}/g, canary)
        const properties = (spec.requestBody?.content['application/json']?.schema as { properties?: object })
          ?.properties
        const members = [...Object.keys(properties ?? {}), canary].map(name => [name, canary])
        const body = method === 'GET' ? undefined : Object.fromEntries(members)
        const more = { headers, ...(method === 'POST' ? { key: canary } : {}) }
        const holder = ROLES.find(role => (SCOPES_BY_ROLE[role] as readonly string[]).includes(scope ?? ''))
        return [holder ?? 'checkout', 'auditor' as const].map(role =>
          world.as(role).send(method, `${at}?${canary}=${canary}`, body, more),
        )
      }),
    )
    await world.withToken(`${canary}.${canary}.${canary}`).get('/v1/payers')
    await world.as('checkout').post('/v1/payers', undefined, { raw: `{"${canary}` })
    await world.as('checkout').post('/v1/payers', { short_name: canary }, { headers: { 'content-type': canary } })
    await rawTls(Number(new URL(world.url).port), [
      `GET /${canary} HTTP/1.1\r\nHost: ${canary}\r\nbad header ${canary}\r\n\r\n`,
    ])
    const text = world.logs.join('')
    expect(text.split('\n').length).toBeGreaterThan(80)
    expect(text).not.toContain(canary)
    expect(text).not.toContain('203.0.113.99')
    expect(await (await fetch(world.metricsUrl)).text()).not.toContain(canary)
  })

  test('holds nothing of a person, a payment or a secret, when all goes well and when it does not', async () => {
    const canary = newCanary()
    const checkout = world.as('checkout')
    const payer = await checkout.post('/v1/payers', {
      short_name: canary,
      real_name: `Real ${canary}`,
      email: `${canary}@example.org`,
      phone: '+97688123321',
      external_ref: canary,
      metadata: { [canary.slice(0, 39)]: canary },
    })
    await checkout.post('/v1/payers/search', { email: `${canary}@example.org` }, { key: null })
    await world
      .as('privacy')
      .post(`/v1/payers/${payer.json.id}/reveal`, { fields: ['real_name'], purpose: 'legal_request', reason: canary })
    const { token } = await payerWithCard(world)
    const billing = world.as('billing')
    const body = { reference: canary, description: canary, metadata: { canary } }
    const charge = await billing.post('/v1/charges', chargeOf(token, body), { key: canary })
    await billing.post('/v1/refunds', { charge: charge.json.id, amount: 100, reason: 'requested_by_customer' })
    const declined = await payerWithCard(world, { paymentMethod: 'pm_card_chargeCustomerFail' })
    await billing.post('/v1/charges', chargeOf(declined.token, { description: canary }))
    for (const rule of [
      { kind: 'status', status: 500 },
      { kind: 'drop' },
      { kind: 'cut_body' },
      { kind: 'status', status: 429 },
    ]) {
      await world.control('POST', '/faults', { rules: [{ ...rule, path: '/v1/payment_intents' }] })
      await billing.post('/v1/charges', chargeOf(token, { description: canary }))
    }
    await world.control('POST', '/faults', { rules: [] })
    await world.work()
    await asSuperuser(
      world.database,
      sql => sql`update payers set profile_sealed = identity_sealed where id = ${payer.json.id}`,
    )
    expect((await checkout.get(`/v1/payers/${payer.json.id}`)).status).toBe(500)
    expect((await checkout.patch(`/v1/payers/${payer.json.id}`, { short_name: canary })).status).toBe(500)

    const text = world.logs.join('')
    const metrics = await (await fetch(world.metricsUrl)).text()
    const secrets = [
      canary,
      '97688123321',
      'Real ',
      world.stripe.secretKeys.demo,
      world.stripe.publishableKeys.demo,
      WEBHOOK_SECRETS.demo,
      world.token('checkout').split('.')[0] as string,
      'Bearer',
      '_secret_',
      new URL(world.database.appUrl).password,
    ]
    for (const secret of secrets) {
      expect(text.includes(secret), secret).toBe(false)
      expect(metrics.includes(secret), secret).toBe(false)
    }
  })

  test('is one JSON object on each line, with members of the list only', async () => {
    const lines = linesOf(world.logs)
    expect(lines.length).toBeGreaterThan(80)
    for (const line of lines) {
      expect(Object.keys(line).filter(name => !MEMBERS.has(name))).toEqual([])
      expect(line.time).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/)
      expect(typeof line.message).toBe('string')
      expect(String(line.route ?? '/')).toMatch(/^[/*]/)
    }
  })

  test('names each request, so that a caller can ask about it', async () => {
    const answer = await world
      .as('checkout')
      .get('/v1/payers?short_name=nobody', { headers: { 'x-request-id': 'named-by-the-caller.1' } })
    expect(answer.headers['x-request-id']).toBe('named-by-the-caller.1')
    const [line] = linesOf(world.logs).filter(({ request_id }) => request_id === 'named-by-the-caller.1')
    expect(line).toMatchObject({
      method: 'GET',
      route: '/v1/payers',
      status: 200,
      tenant: 'demo',
      ms: expect.any(Number),
    })
  })

  test('says of a failure what failed and where, never what its message says', async () => {
    const failed = linesOf(world.logs).filter(({ message }) => message === 'a request failed')
    expect(failed.length).toBeGreaterThanOrEqual(2)
    for (const line of failed) {
      expect(line).toMatchObject({ error: expect.any(String), request_id: expect.any(String) })
      expect(String(line.stack)).toMatch(/ at /)
    }
    const fields = errorFields(
      Object.assign(new Error('message canary'), { code: 'E1', detail: 'canary', parameters: ['canary'] }),
    )
    expect(JSON.stringify(fields)).not.toContain('canary')
    expect(fields).toMatchObject({ error: 'Error', error_code: 'E1' })
  })
})

describe('the logger', () => {
  const written = (fields: Record<string, unknown>, message = 'm') => {
    const lines: string[] = []
    createLog({ level: 'debug', process: 'test', write: line => void lines.push(line) }).info(fields, message)
    return lines.join('')
  }

  test('drops what is not on the list, and what is no plain value', () => {
    const text = written({
      body: 'canary',
      email: 'canary',
      request_id: { deep: 'canary' },
      code: ['canary'],
      error: new Error('canary'),
    })
    expect(text).not.toContain('canary')
  })

  test('keeps a value on its line, and a card number off it', () => {
    const text = written(
      { code: 'a\r\nb\u2028{"level":60}', name: '4242 4242 4242 4242', route: '/4242424242424242' },
      'card 4111111111111111',
    )
    expect(text.trimEnd().split('\n')).toHaveLength(1)
    for (const number of ['4242', '4111']) expect(text).not.toContain(number)
    expect(text).toContain('[card number removed]')
    expect(written({ name: 'x'.repeat(10_000) }).length).toBeLessThan(3_000)
  })
})
