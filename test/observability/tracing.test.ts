// Traces go to the collector that is configured, with methods, routes and statuses, and no value of a request.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import { payerWithCard } from '../support/payer-with-card.ts'
import { startWorld } from '../support/world.ts'

type Span = {
  name: string
  spanId: string
  attributes: { key: string; value: Record<string, unknown> }[]
  parentSpanId?: string
}
type Export = {
  resourceSpans: {
    resource: { attributes: { key: string; value: { stringValue?: string } }[] }
    scopeSpans: { spans: Span[] }[]
  }[]
}

test('a collector gets a span for each request, and for each call to Stripe in it, when its address is set', async () => {
  const received: Export[] = []
  const paths: string[] = []
  const collector = createServer(async (request, response) => {
    paths.push(request.url ?? '')
    received.push((await json(request)) as Export)
    response.writeHead(200, { 'content-type': 'application/json' }).end('{}')
  })
  await new Promise<void>(done => collector.listen(0, '127.0.0.1', done))
  const { port } = collector.address() as AddressInfo
  try {
    const world = await startWorld({ environment: { OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}` } })
    try {
      await world
        .as('checkout')
        .post('/v1/payers', { short_name: 'tracecanary', email: 'tracecanary@mail.example' }, { key: 'tracecanary' })
      await payerWithCard(world)
      await world.as('checkout').get('/v1/payers/payer_tracecanary?limit=tracecanary')
    } finally {
      // Closing sends what is left.
      await world.close()
    }
  } finally {
    collector.close()
    collector.closeAllConnections()
  }

  expect(new Set(paths)).toEqual(new Set(['/v1/traces']))
  const services = received.flatMap(one => one.resourceSpans).flatMap(one => one.resource.attributes)
  expect(services).toContainEqual({ key: 'service.name', value: { stringValue: 'panless-serve' } })
  const spans = received
    .flatMap(one => one.resourceSpans)
    .flatMap(one => one.scopeSpans)
    .flatMap(one => one.spans)
  const made = spans.find(span =>
    span.attributes.some(({ value }) => value.stringValue === '/v1/payers' && span.name === 'HTTP POST'),
  )
  expect(Object.fromEntries((made?.attributes ?? []).map(({ key, value }) => [key, Object.values(value)[0]]))).toEqual({
    'http.request.method': 'POST',
    'http.route': '/v1/payers',
    'http.response.status_code': 201,
  })
  const tokenized = spans.find(span => span.attributes.some(({ value }) => value.stringValue === '/v1/tokens'))
  const calls = spans.filter(span => span.name.startsWith('Stripe ') && span.parentSpanId === tokenized?.spanId)
  expect(calls.length).toBeGreaterThanOrEqual(2)
  expect(JSON.stringify(received)).not.toContain('tracecanary')
})
