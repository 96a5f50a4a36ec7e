// POST /v1/charges at a Stripe that takes 50 ms, 50 in flight, against the ideal: each lane one charge every 50 ms. What the
// same server reaches without a database, and with one row of it, says how much of the rest is the machine's.
import { randomBytes, randomUUID } from 'node:crypto'
import postgres from 'postgres'
import { drive, type LoadResult, postJson } from './load.ts'
import type { Measured } from './run.ts'
import { openBenchSite, type RunningServerProcess } from './site.ts'

const STRIPE_MS = 50
const SHAPE = { inFlight: 50, seconds: 8, warmUp: 4 }
const TOKENS = 1_500
const IDEAL = (SHAPE.inFlight * 1000) / STRIPE_MS
const PANLESS = new URL('../../src/main.ts', import.meta.url).pathname
const FLOOR = new URL('./baselines/charge-floor.ts', import.meta.url).pathname

export async function benchCharges(): Promise<Measured[]> {
  const site = await openBenchSite()
  try {
    const stripe = await site.stripe(STRIPE_MS)
    const environment = { STRIPE_API_BASE: stripe }
    const panless = await site.serve(PANLESS, ['serve'], environment)
    const headers = {
      authorization: `Bearer ${site.token('tokens:create payers:write charges:create')}`,
      'content-type': 'application/json',
    }
    const tokens = await makeTokens(panless.url, site.ca, headers)
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
    const rate = async ({ url, stop }: RunningServerProcess) => {
      await drive({ ...SHAPE, seconds: 2, warmUp: 1, url, ca: site.ca, make })
      await site.analyze()
      const result = await drive({ ...SHAPE, url, ca: site.ca, make })
      await stop()
      return result
    }
    const result = await rate(panless)
    await makeFloorTable(site.postgres.superuserUrl)
    const bare = await rate(await site.serve(FLOOR, [], environment))
    const oneRow = await rate(await site.serve(FLOOR, ['one-row'], environment))
    const share = (of: LoadResult) => (of.perSecond / IDEAL).toFixed(2)
    return [
      {
        what: 'Charge endpoint ÷ the ideal',
        value: result.perSecond / IDEAL,
        target: 0.85,
        better: 'at least',
        figures: `${Math.round(result.perSecond)} of ${IDEAL} a second at ${STRIPE_MS} ms, ${SHAPE.inFlight} in flight; p50 ${result.p50.toFixed(0)} ms, p99 ${result.p99.toFixed(0)} ms; the same server reaches ${share(bare)} without a database and ${share(oneRow)} with one row of it${result.failed ? `; ${result.failed} failed` : ''}`,
      },
    ]
  } finally {
    await site.close()
  }
}

async function makeFloorTable(url: string): Promise<void> {
  const sql = postgres(url, { max: 1 })
  await sql`create table bench_floor (id text primary key, status text, charge jsonb)`
  await sql`grant all on bench_floor to public`
  await sql.end()
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
