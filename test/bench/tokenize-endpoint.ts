// POST /v1/tokens with a Stripe that answers at once: panless against the same server that only makes the calls of Stripe's
// SDK, and against the same endpoint written the usual way.
import { randomBytes, randomUUID } from 'node:crypto'
import { drive, type LoadResult, postJson } from './load.ts'
import type { Measured } from './run.ts'
import { openBenchSite } from './site.ts'

/** Enough in flight that every server has its processor to the full: one that waits shows its latency, not its work. */
const SHAPE = { inFlight: 128, seconds: 6, warmUp: 4 }
const PANLESS = new URL('../../src/main.ts', import.meta.url).pathname
const PAYERS = 1_000

export async function benchTokenizeEndpoint(): Promise<Measured[]> {
  const site = await openBenchSite()
  try {
    const stripe = await site.stripe(0)
    const scopes = 'tokens:create payers:write payers:read'
    const environment = { STRIPE_API_BASE: stripe }
    const headers = { authorization: `Bearer ${site.token(scopes)}`, 'content-type': 'application/json' }
    const panless = await site.serve(PANLESS, ['serve'], environment)
    const payers = await makePayers(panless.url, site.ca, headers)
    const make = (index: number) => ({
      method: 'POST',
      path: '/v1/tokens',
      headers: { ...headers, 'idempotency-key': randomUUID() },
      body: JSON.stringify({
        payer: payers[index % payers.length],
        payment_method: `pm_${randomBytes(12).toString('hex').replaceAll(/\d/g, 'x')}${index.toString(36)}`,
        consent: { text_version: '2026-11-01' },
      }),
    })
    const run = async (entry: string, args: string[] = []) => {
      const server = await site.serve(entry, args, environment)
      await drive({ ...SHAPE, seconds: 2, warmUp: 1, url: server.url, ca: site.ca, make })
      await site.analyze()
      const result = await drive({ ...SHAPE, url: server.url, ca: site.ca, make })
      await server.stop()
      if (result.failed > 0) throw new Error(`${result.failed} requests to ${entry} failed`)
      return result
    }
    const file = (name: string) => new URL(`./baselines/${name}.ts`, import.meta.url).pathname
    await panless.stop()
    const ours = [await run(PANLESS, ['serve'])]
    const sdk = [await run(file('sdk-only'))]
    const own = await run(file('sdk-only'), ['own'])
    const usual = await run(file('usual-way'))
    ours.push(await run(PANLESS, ['serve']))
    sdk.push(await run(file('sdk-only')))
    return report(mean(ours), mean(sdk), own, usual)
  } finally {
    await site.close()
  }
}

function report(ours: LoadResult, sdk: LoadResult, own: LoadResult, usual: LoadResult): Measured[] {
  const rate = (result: LoadResult) => `${Math.round(result.perSecond)}/s`
  return [
    {
      what: "Tokenize ÷ the same server doing only the calls of Stripe's SDK",
      value: ours.perSecond / sdk.perSecond,
      target: 0.75,
      better: 'at least',
      figures: `${rate(ours)} and ${rate(sdk)}; p99 ${ours.p99.toFixed(0)} and ${sdk.p99.toFixed(0)} ms at ${SHAPE.inFlight} in flight; ${(ours.perSecond / own.perSecond).toFixed(2)} of the ${rate(own)} that it does by panless's own way to Stripe`,
    },
    {
      what: 'Tokenize ÷ the usual way',
      value: ours.perSecond / usual.perSecond,
      target: 6,
      better: 'at least',
      figures: `${rate(ours)} and ${rate(usual)}`,
    },
  ]
}

const mean = (results: LoadResult[]): LoadResult => ({
  perSecond: results.reduce((sum, result) => sum + result.perSecond, 0) / results.length,
  requests: results.reduce((sum, result) => sum + result.requests, 0),
  failed: results.reduce((sum, result) => sum + result.failed, 0),
  p50: Math.max(...results.map(result => result.p50)),
  p99: Math.max(...results.map(result => result.p99)),
})

async function makePayers(url: string, ca: string, headers: Record<string, string>): Promise<string[]> {
  const ids: string[] = []
  for (let i = 0; i < PAYERS; i++) {
    const made = await postJson(
      `${url}/v1/payers`,
      ca,
      { ...headers, 'idempotency-key': randomUUID() },
      { short_name: `Bench ${i}` },
    )
    ids.push(made.id as string)
  }
  return ids
}
