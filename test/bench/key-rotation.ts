// Charging while the keys of all payers are wrapped anew, against charging before it, in one run. PANLESS_BENCH_PAYERS says
// how many payers there are.
import { spawn } from 'node:child_process'
import { randomBytes, randomUUID } from 'node:crypto'
import postgres from 'postgres'
import { newId } from '../../src/domain/ids.ts'
import { openFileKeyring } from '../../src/keyring/file-keyring.ts'
import { makeTokens } from './charges.ts'
import { drive } from './load.ts'
import type { Measured } from './run.ts'
import { type BenchSite, openBenchSite } from './site.ts'

const PAYERS = Number(process.env.PANLESS_BENCH_PAYERS ?? 50_000)
const STRIPE_MS = 50
const SHAPE = { inFlight: 50, seconds: 8, warmUp: 4 }
const TENANT = 'bench'
const INSERT_BATCH = 5_000
const MAIN = new URL('../../src/main.ts', import.meta.url).pathname
/** An hour of rotation is a fault. */
const WINDOWS_MAX = 450

export async function benchKeyRotation(): Promise<Measured[]> {
  const site = await openBenchSite()
  try {
    const stripe = await site.stripe(STRIPE_MS)
    const server = await site.serve(MAIN, ['serve'], { STRIPE_API_BASE: stripe })
    const headers = {
      authorization: `Bearer ${site.token('tokens:create payers:write charges:create')}`,
      'content-type': 'application/json',
    }
    const tokens = await makeTokens(server.url, site.ca, headers)
    await insertPayers(site, PAYERS)
    await site.analyze()
    const charge = (index: number) => ({
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
    const load = { ...SHAPE, url: server.url, ca: site.ca, make: charge }
    await drive({ ...load, seconds: 2 })
    await site.analyze()
    const before = await drive({ ...load, seconds: 3 * SHAPE.seconds })
    if (before.failed > 0) throw new Error(`${before.failed} charges failed before the rotation`)
    const rotation = startRotation(site, stripe)
    const during: number[] = []
    while (during.length < WINDOWS_MAX) {
      const window = await drive({ ...load, warmUp: 0 })
      if (window.failed > 0) throw new Error(`${window.failed} charges failed during the rotation`)
      if (await rotation.isWrapped()) break
      during.push(window.perSecond)
    }
    const { seconds, rows } = await rotation.ended()
    if (during.length === 0) throw new Error('the rotation ended before a window did: it takes more payers to measure')
    const after = await drive({ ...load, warmUp: 0 })
    const mean = during.reduce((sum, rate) => sum + rate, 0) / during.length
    const ratio = mean / before.perSecond
    return [
      {
        what: 'Charging during a key rotation ÷ before it',
        value: ratio,
        target: 0.8,
        better: 'at least',
        figures: `${Math.round(before.perSecond)} charges a second before, ${Math.round(mean)} during, ${Math.round(after.perSecond)} after it; ${rows.toLocaleString('en')} payers wrapped anew in ${Math.round(seconds)} s (${Math.round(rows / seconds)} a second)`,
      },
    ]
  } finally {
    await site.close()
  }
}

/** Payers as createPayer would leave them, so far as their keys go: each has a data key of its own, truly wrapped. */
async function insertPayers(site: BenchSite, count: number): Promise<void> {
  const keyring = await openFileKeyring(site.environment.KEYRING_FILE as string)
  const sql = postgres(site.postgres.superuserUrl, { max: 1, onnotice: () => {} })
  for (let done = 0; done < count; done += INSERT_BATCH) {
    const rows = await Promise.all(
      Array.from({ length: Math.min(INSERT_BATCH, count - done) }, async () => {
        const id = newId('payer', new Date())
        const { wrapped } = await keyring.wrap(randomBytes(32), { tenantId: TENANT, table: 'payers', row: id })
        return { id, wrapped: wrapped.toString('hex') }
      }),
    )
    await sql`
      insert into payers (tenant_id, id, wrapped_key, key_version, profile_sealed, short_name_hash, created_at, updated_at)
      select ${TENANT}, w.id, decode(w.wrapped, 'hex'), 1, sha256(convert_to(w.id, 'UTF8')) || sha256(convert_to(w.wrapped, 'UTF8')),
             sha256(convert_to(w.id, 'UTF8')), now(), now()
        from jsonb_to_recordset(${JSON.stringify(rows)}::text::jsonb) as w(id text, wrapped text)`
  }
  await sql`vacuum payers`
  await sql.end()
}

function startRotation(site: BenchSite, stripe: string) {
  const began = performance.now()
  const child = spawn(process.execPath, [MAIN, 'keys', 'rotate', '--json'], {
    env: { PATH: process.env.PATH, ...site.environment, STRIPE_API_BASE: stripe },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  child.stdout.resume()
  const exit = new Promise<number | null>(resolve => child.once('exit', resolve))
  const sql = postgres(site.postgres.superuserUrl, { max: 1, onnotice: () => {} })
  const progress = async () => {
    const [row] = await sql<{ done: number; seconds: number | null }[]>`
      select done::int as done, extract(epoch from finished_at - started_at)::float8 as seconds
        from key_rotations where tenant_id = ${TENANT}`
    return row
  }
  return {
    /** Whether every row is done; what the command waits for afterwards costs nobody anything. */
    async isWrapped(): Promise<boolean> {
      return typeof (await progress())?.seconds === 'number' || child.exitCode !== null
    },
    async ended(): Promise<{ seconds: number; rows: number }> {
      const code = await exit
      if (code !== 0)
        throw new Error(`keys rotate ended with ${code} after ${Math.round(performance.now() - began)} ms`)
      const [left] = await sql`select count(*)::int as rows from payers where key_version = 1`
      if (left?.rows !== 0) throw new Error(`${left?.rows} payers are left under the old version`)
      const row = await progress()
      await sql.end()
      return { seconds: row?.seconds ?? Number.NaN, rows: row?.done ?? 0 }
    },
  }
}
