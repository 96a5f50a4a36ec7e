// A verified GET against a bare Hono answer, both on the same TLS listener.
import { drive } from './load.ts'
import type { Measured } from './run.ts'
import { openBenchSite } from './site.ts'

const SHAPE = { inFlight: 32, seconds: 2, warmUp: 1.5 }
/** Short and in turn, so that a slow moment of the machine falls on both. */
const ROUNDS = 5

export async function benchAuthentication(): Promise<Measured[]> {
  const site = await openBenchSite()
  try {
    const server = await site.serve(new URL('./baselines/verified-get.ts', import.meta.url).pathname)
    const headers = { authorization: `Bearer ${site.token('charges:read')}` }
    const rate = async (path: string) =>
      (await drive({ ...SHAPE, url: server.url, ca: site.ca, make: () => ({ method: 'GET', path, headers }) }))
        .perSecond
    const sums = { bare: 0, verified: 0 }
    for (let round = 0; round < ROUNDS; round++) {
      sums.bare += await rate('/bare')
      sums.verified += await rate('/verified')
    }
    return [
      {
        what: 'JWT-verified GET ÷ bare Hono answer',
        value: sums.verified / sums.bare,
        target: 0.7,
        better: 'at least',
        figures: `${Math.round(sums.verified / ROUNDS)} and ${Math.round(sums.bare / ROUNDS)} a second over TLS, 32 in flight`,
      },
    ]
  } finally {
    await site.close()
  }
}
