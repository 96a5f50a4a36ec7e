// Liveness, readiness and the metrics port: what a balancer and Prometheus see.
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ApiAnswer } from '../support/api-client.ts'
import { startWorld, type World, type WorldOptions } from '../support/world.ts'

const worlds: World[] = []
/** Where every part answers. */
let world: World
beforeAll(async () => {
  world = await start()
})
afterAll(() => Promise.all(worlds.map(one => one.close())))

async function start(options: WorldOptions = {}): Promise<World> {
  const started = await startWorld({ webhooks: false, ...options })
  worlds.push(started)
  return started
}

const checksOf = (answer: ApiAnswer) => [answer.status, answer.json.status, answer.json.checks]

describe('readiness', () => {
  test('is given without a token when every part answers', async () => {
    const anybody = world.withToken(null)
    expect(await anybody.get('/healthz')).toMatchObject({ status: 200, json: { status: 'alive' } })
    await world.as('checkout').get('/v1/payers')
    expect(checksOf(await anybody.get('/readyz'))).toEqual([
      200,
      'ready',
      { database: 'ok', keyring: 'ok', region: 'ok', stripe: 'ok', issuer: 'ok' },
    ])
  })

  test('stays while Stripe is away, and says that it is', async () => {
    const world = await start()
    await world.control('POST', '/faults', { rules: [{ kind: 'drop', when: 'before' }] })
    const [status, state, checks] = checksOf(await world.withToken(null).get('/readyz'))
    expect([status, state]).toEqual([200, 'ready'])
    expect(checks).toMatchObject({ database: 'ok', stripe: 'degraded' })
  })

  test('stays while the issuer has never answered, and says that it is away', async () => {
    const world = await start({ environment: { AUTH_JWKS_URL: 'http://127.0.0.1:1/jwks' } })
    const [status, , checks] = checksOf(await world.withToken(null).get('/readyz'))
    expect(status).toBe(200)
    expect(checks).toMatchObject({ issuer: 'degraded', database: 'ok' })
  })

  test('is lost without the database, while the process lives on and says nothing of why', async () => {
    const world = await start()
    await world.dependencies.db.close()
    const anybody = world.withToken(null)
    const answer = await anybody.get('/readyz')
    expect(answer.status).toBe(503)
    expect(answer.json).toMatchObject({ status: 'not_ready', checks: { database: 'failed', keyring: 'ok' } })
    expect((await anybody.get('/healthz')).status).toBe(200)
    const refused = await world.as('checkout').get('/v1/payers')
    expect(refused).toMatchObject({ status: 503, json: { code: 'database_busy' } })
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0)
  })
})

describe('metrics', () => {
  test('are on a port of their own and nowhere else', async () => {
    expect((await world.withToken(null).get('/metrics')).status).toBe(404)
    expect((await world.as('admin').get('/metrics')).status).toBe(404)
    for (const path of ['/v1/payers', '/healthz', '/', '/metrics/../v1/payers']) {
      expect((await fetch(new URL(path, world.metricsUrl))).status).toBe(404)
    }
    expect((await fetch(world.metricsUrl, { method: 'POST' })).status).toBe(404)
  })

  test('count by route pattern, so that ids neither leak nor pile up', async () => {
    const checkout = world.as('checkout')
    const { id } = (await checkout.post('/v1/payers', { short_name: `M ${randomUUID()}` })).json
    await checkout.get(`/v1/payers/${id}`)
    await checkout.get('/v1/payers/payer_00000000000000000000000000')
    await world.withToken(null).get(`/nowhere/${randomUUID()}`)
    const text = await (await fetch(world.metricsUrl)).text()
    expect(text).toMatch(/panless_http_requests_total\{method="POST",route="\/v1\/payers",status="201"\} 1\n/)
    expect(text).toMatch(/panless_http_requests_total\{method="GET",route="\/v1\/payers\/:id",status="200"\} 1\n/)
    expect(text).toMatch(/panless_http_requests_total\{method="GET",route="\/v1\/payers\/:id",status="404"\} 1\n/)
    expect(text).not.toContain(id)
    expect(text).not.toContain('nowhere')
  })

  test('name what an operator watches', async () => {
    const text = await (await fetch(world.metricsUrl)).text()
    for (const name of [
      'panless_http_requests_total',
      'panless_http_request_seconds',
      'panless_stripe_calls_total',
      'panless_stripe_call_seconds',
      'panless_firewall_hits_total',
      'panless_unknown_outcomes_total',
      'panless_pool_wait_seconds',
      'panless_process_resident_memory_bytes',
    ]) {
      expect(text).toContain(`# TYPE ${name} `)
    }
  })
})
