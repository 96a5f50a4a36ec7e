// POST /v1/charges at a Stripe that takes 50 ms, 50 in flight, against the ideal: each lane one charge every 50 ms.
import { randomBytes, randomUUID } from 'node:crypto'
import { drive, postJson } from './load.ts'
import type { Measured } from './run.ts'
import { openBenchSite } from './site.ts'

const STRIPE_MS = 50
const SHAPE = { inFlight: 50, seconds: 8, warmUp: 4 }
const TOKENS = 1_500

export async function benchCharges(): Promise<Measured[]> {
  const site = await openBenchSite()
  try {
    const stripe = await site.stripe(STRIPE_MS)
    const server = await site.serve(new URL('../../src/main.ts', import.meta.url).pathname, ['serve'], {
      STRIPE_API_BASE: stripe,
    })
    const headers = {
      authorization: `Bearer ${site.token('tokens:create payers:write charges:create')}`,
      'content-type': 'application/json',
    }
    const tokens = await makeTokens(server.url, site.ca, headers)
    const make = (index: number) => ({
      method: 'POST',
      path: '/v1/charges',
      headers: { ...headers, 'idempotency-key': randomUUID() },
      body: JSON.stringify({
        token: tokens[index % tokens.length],
        amount: 4800,
        currency: 'usd',
        reference: `bench-${randomUUID()}`,
      }),
    })
    await drive({ ...SHAPE, seconds: 2, warmUp: 1, url: server.url, ca: site.ca, make })
    await site.analyze()
    const result = await drive({ ...SHAPE, url: server.url, ca: site.ca, make })
    const ideal = (SHAPE.inFlight * 1000) / STRIPE_MS
    return [
      {
        what: 'Charge endpoint ÷ the ideal',
        value: result.perSecond / ideal,
        target: 0.85,
        better: 'at least',
        figures: `${Math.round(result.perSecond)} of ${ideal} a second at ${STRIPE_MS} ms, ${SHAPE.inFlight} in flight; p50 ${result.p50.toFixed(0)} ms, p99 ${result.p99.toFixed(0)} ms${result.failed ? `, ${result.failed} failed` : ''}`,
      },
    ]
  } finally {
    await site.close()
  }
}

/** As many cards as a billing job has payers: charges of one card wait for each other, charges of a run do not. */
export async function makeTokens(url: string, ca: string, headers: Record<string, string>): Promise<string[]> {
  const post = (path: string, body: unknown) =>
    postJson(`${url}${path}`, ca, { ...headers, 'idempotency-key': randomUUID() }, body)
  const tokens: string[] = []
  const lane = async () => {
    while (tokens.length < TOKENS) {
      const payer = await post('/v1/payers', { short_name: 'Bench' })
      const name = `pm_${randomBytes(12).toString('hex').replaceAll(/\d/g, 'x')}`
      const consent = { text_version: '2026-11-01' }
      const token = await post('/v1/tokens', { payer: payer.id, payment_method: name, consent })
      tokens.push(token.id as string)
    }
  }
  await Promise.all(Array.from({ length: 32 }, lane))
  return tokens
}
