// Metrics: on a port of their own, by route and outcome, with what waits; no label ever holds a value of a request.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { addBacklogGauges } from '../../src/observability/gauges.ts'
import { createMetrics } from '../../src/observability/metrics.ts'
import { chargeOf, payerWithCard } from '../support/payer-with-card.ts'
import { startWorld, type World } from '../support/world.ts'

let world: World

beforeAll(async () => {
  world = await startWorld({ webhooks: false })
})

afterAll(async () => {
  await world?.close()
})

const scrape = async () => (await fetch(world.metricsUrl)).text()

test('they are not on the public port, and nothing else is on theirs', async () => {
  expect((await world.withToken(null).get('/metrics')).status).toBe(404)
  for (const path of ['/', '/healthz', '/v1/payers']) {
    expect((await fetch(new URL(path, world.metricsUrl))).status).toBe(404)
  }
  expect((await fetch(world.metricsUrl, { method: 'POST' })).status).toBe(404)
})

test('requests, calls to Stripe, refusals of card numbers and pool waits are counted by route and outcome', async () => {
  const { token } = await payerWithCard(world)
  await world.as('billing').post('/v1/charges', chargeOf(token))
  await world.as('billing').get('/v1/charges/chrg_nothing')
  await world.as('checkout').post('/v1/payers', { short_name: '4242 4242 4242 4242' })
  const text = await scrape()
  expect(text).toMatch(/^panless_http_requests_total\{method="POST",route="\/v1\/charges",status="201"\} 1$/m)
  expect(text).toMatch(/^panless_http_requests_total\{method="GET",route="\/v1\/charges\/:id",status="404"\} 1$/m)
  expect(text).toMatch(/^panless_http_request_seconds_bucket\{le="0\.1",method="POST",route="\/v1\/tokens"\} \d+$/m)
  expect(text).toMatch(/^panless_stripe_calls_total\{operation="[\w. ]+",outcome="\w+"\} \d+$/m)
  expect(text).toMatch(/^panless_stripe_call_seconds_count\{operation="[\w. ]+"\} \d+$/m)
  expect(text).toMatch(/^panless_firewall_hits_total\{place="[^"]+"\} 1$/m)
  expect(text).toMatch(/^panless_pool_wait_seconds_count \d+$/m)
  expect(text).toMatch(/^panless_charges_total\{status="succeeded"\} 1$/m)
  expect(text).toMatch(/^panless_process_resident_memory_bytes \d+$/m)
  expect(text).not.toMatch(/chrg_|payer_|vtok_|4242/)
})

test('unknown paths and methods share one series, so that a scanner cannot fill the memory', async () => {
  for (let index = 0; index < 20; index++) await world.withToken(null).get(`/probe-${index}`)
  const routes = new Set(
    [...(await scrape()).matchAll(/panless_http_requests_total\{[^}]*route="([^"]*)"/g)].map(([, route]) => route),
  )
  expect([...routes].filter(route => route?.includes('probe'))).toEqual([])
})

test('a worker shows what waits: undecided outcomes, events and their age, open exceptions, queued jobs', async () => {
  const { token } = await payerWithCard(world)
  await world.control('POST', '/faults', {
    account_key: world.stripe.secretKeys.demo,
    rules: [{ method: 'POST', path: '/v1/payment_intents', probability: 1, when: 'after', kind: 'drop' }],
  })
  const charge = await world.as('billing').post('/v1/charges', chargeOf(token))
  expect([charge.status, charge.json.status]).toEqual([202, 'unknown'])
  await world.control('DELETE', '/faults')
  const tx = world.dependencies.db
  await tx.transaction(
    'demo',
    ({ sql }) => sql`
    insert into stripe_events (tenant_id, id, stripe_event_id, type, livemode, stripe_created_at, facts, payload_hash, source, next_attempt_at, received_at)
    values ('demo', 'vevt_1', 'evt_1', 'charge.updated', false, now(), '{}', '', 'webhook', now(), now() - interval '90 seconds')`,
  )
  const metrics = createMetrics()
  let at = 0
  addBacklogGauges(metrics, world.dependencies, () => at)
  const { body } = await metrics.text()
  expect(body).toMatch(/^panless_undecided_outcomes\{tenant="demo",kind="charge",status="unknown"\} 1$/m)
  expect(body).toMatch(/^panless_stripe_events_waiting\{tenant="demo"\} 1$/m)
  expect(body).toMatch(/^panless_stripe_events_waiting\{tenant="other"\} 0$/m)
  expect(
    Number(/^panless_stripe_events_oldest_seconds\{tenant="demo"\} ([\d.]+)$/m.exec(body)?.[1]),
  ).toBeGreaterThanOrEqual(90)
  expect(body).toMatch(/^panless_queued_jobs\{queue="[\w-]+"\} 0$/m)

  // Asked again soon, the tables are left alone; later they are read anew.
  await world.dependencies.db.transaction(
    'demo',
    ({ sql }) => sql`update stripe_events set status = 'done' where id = 'vevt_1'`,
  )
  expect((await metrics.text()).body).toMatch(/^panless_stripe_events_waiting\{tenant="demo"\} 1$/m)
  at += 60_000
  expect((await metrics.text()).body).toMatch(/^panless_stripe_events_waiting\{tenant="demo"\} 0$/m)
})
