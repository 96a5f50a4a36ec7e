// Logs hold ids, codes, routes and times; never a value of a request, a person's data or a secret, even at debug level.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createLog } from '../../src/observability/log.ts'
import { createClient } from '../support/api-client.ts'
import { type OpenapiText, operationsOf } from '../support/openapi-operations.ts'
import { chargeOf, payerWithCard } from '../support/payer-with-card.ts'
import { startWorld, WEBHOOK_SECRETS, type World } from '../support/world.ts'

const CANARY = 'canaryvalue'

let world: World

beforeAll(async () => {
  world = await startWorld()
})

afterAll(async () => {
  await world?.close()
})

/** Every member of a body that the document names, filled with the canary as well as its type allows. */
function filled(schema: Record<string, unknown>, depth = 0): unknown {
  const { properties, anyOf, allOf, items, type } = schema as {
    properties?: Record<string, Record<string, unknown>>
    anyOf?: Record<string, unknown>[]
    allOf?: Record<string, unknown>[]
    items?: Record<string, unknown>
    type?: string
  }
  const first = anyOf?.[0] ?? allOf?.[0]
  if (first) return filled(first, depth)
  if (properties && depth < 4) {
    return Object.fromEntries(Object.entries(properties).map(([name, member]) => [name, filled(member, depth + 1)]))
  }
  if (type === 'array') return [items ? filled(items, depth + 1) : CANARY]
  if (type === 'integer' || type === 'number') return 4711
  if (type === 'object') return { [CANARY]: CANARY }
  return CANARY
}

test('canaries in path, query, headers and body of every route come into no line', async () => {
  const document = (await world.withToken(null).get('/openapi.json')).json as OpenapiText
  const operations = operationsOf(document)
  expect(operations.length).toBeGreaterThan(25)
  const roles = ['checkout', 'billing', 'finance', 'privacy', 'admin'] as const
  const clients = [...roles.map(role => world.token(role)), null].map(token =>
    createClient({ url: world.url, ca: world.ca, token, check: () => {} }),
  )
  for (const { method, path, spec } of operations) {
    const target = `${path.replace(/\{\w+\}/g, CANARY)}?limit=${CANARY}&${CANARY}=${CANARY}`
    const schema = spec.requestBody?.content['application/json']?.schema
    for (const client of clients) {
      const headers = {
        'user-agent': CANARY,
        referer: `https://${CANARY}.example`,
        'x-custom': CANARY,
        origin: `https://${CANARY}.example`,
      }
      const body = schema ? filled(schema) : undefined
      await client.send(method, target, body, { headers, ...(method === 'POST' ? { key: `${CANARY}-key` } : {}) })
    }
  }
  await clients[0]?.send('POST', '/v1/payers', undefined, {
    raw: `{"short_name": "${CANARY}"`,
    headers: { 'x-request-id': 'short' },
  })
  await clients[0]?.get(`/${CANARY}/${CANARY}`)
  const lines = world.logs.filter(line => line.includes(CANARY))
  expect(lines).toEqual([])
  expect(world.logs.filter(line => JSON.parse(line).message === 'request').length).toBeGreaterThan(operations.length)
})

test('a whole story, from name to refund, says nothing of the person, the payment or a secret', async () => {
  const checkout = world.as('checkout')
  const payer = await checkout.post(
    '/v1/payers',
    {
      short_name: 'storycanary',
      real_name: 'namecanary',
      email: 'mailcanary@mail.example',
      phone: '+15005550006',
      external_ref: 'refcanary',
      metadata: { metacanary: 'metacanary' },
    },
    { key: 'keycanary' },
  )
  expect(payer.status, payer.text).toBe(201)
  const { token } = await payerWithCard(world)
  const charge = await world
    .as('billing')
    .post('/v1/charges', chargeOf(token, { reference: 'refcanary-charge', description: 'textcanary' }))
  expect(charge.status, charge.text).toBe(201)
  await world
    .as('billing')
    .post('/v1/refunds', { charge: charge.json.id, amount: 100, reason: 'requested_by_customer' })
  await world.work()
  const text = world.logs.join('\n')
  expect(text).not.toMatch(/canary/)
  expect(text).not.toContain('5005550006')
  for (const secret of [
    ...Object.values(world.stripe.secretKeys),
    ...Object.values(WEBHOOK_SECRETS),
    world.token('billing').slice(0, 40),
  ]) {
    expect(text).not.toContain(secret)
  }
  expect(text).not.toMatch(/postgres:\/\/|Bearer|eyJ/)
})

test('each line is one JSON object with a UTC time, and request lines say the pattern of the route', async () => {
  await world.as('billing').get('/v1/charges/chrg_nothing', { headers: { 'x-request-id': 'request-of-this-test' } })
  for (const line of world.logs)
    expect(JSON.parse(line)).toMatchObject({ time: expect.stringMatching(/Z$/), level: expect.any(Number) })
  const line = world.logs.map(one => JSON.parse(one)).find(one => one.request_id === 'request-of-this-test')
  expect(line).toMatchObject({
    method: 'GET',
    route: '/v1/charges/:id',
    status: 404,
    tenant: 'demo',
    message: 'request',
  })
})

test('a field that is not on the list is dropped, a line break is escaped, a card number is masked', () => {
  const lines: string[] = []
  const log = createLog({ level: 'info', process: 'test', write: line => void lines.push(line) })
  log.info({ body: CANARY, password: CANARY, charge: 'chrg_1', code: { deep: CANARY } }, 'message')
  log.warn({ name: 'two\nlines' }, 'message')
  log.error({ code: `number ${'42'.repeat(8)}` }, 'message')
  expect(lines.join('')).not.toContain(CANARY)
  expect(lines[0]).toContain('"charge":"chrg_1"')
  for (const line of lines) expect(line.trimEnd().split('\n')).toHaveLength(1)
  expect(lines[2]).toContain('[card number removed]')
})
