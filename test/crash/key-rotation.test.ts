// `keys rotate` is killed at ten random moments while payers and charges are made and revealed, then finished. Goal: every
// field opens, nothing is left under an old version, the old versions can be retired, and no request saw anything of it.
import { randomUUID } from 'node:crypto'
import postgres from 'postgres'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Clients, faultsOf, startKeyLoad } from '../support/key-load.ts'
import { ended, openProductionSite, type ProductionSite, type Service } from '../support/production-site.ts'

const KILLS = 10
const SEED = Number(process.env.PANLESS_KILL_SEED ?? 20261127)
/** A process starts in less than half a second; what it does with some hundred payers takes a few. */
const KILL_FROM_MS = 400
const KILL_WITHIN_MS = 1_500
/** Enough to meet each other; more would only take the processor from the rotation. */
const LANES = 2
const PAYERS = 600
/** Every process seals with the new version by then, and what it sealed before is stored. */
const LEARNED_WITHIN_MS = 12_000

let site: ProductionSite
let service: Service

beforeAll(async () => {
  site = await openProductionSite()
  service = await site.serve()
})
afterAll(() => site?.close())

const clients = (of: Service = service): Clients => ({
  checkout: site.client(of, 'checkout'),
  billing: site.client(of, 'billing'),
  revealer: () => site.client(of, 'privacy', `privacy-${randomUUID()}`),
})

it('killed at ten moments under load and then finished, every field opens and no old version is left', async () => {
  await addPayers(PAYERS)
  const load = startKeyLoad(clients, await makeTokens(8), LANES)
  const random = seeded(SEED)
  const moments: number[] = []
  for (let kill = 0; kill < KILLS; kill++) {
    const child = site.begin(['keys', 'rotate', '--share', '3'])
    const moment = Math.round(KILL_FROM_MS + random() * KILL_WITHIN_MS)
    moments.push(moment)
    await new Promise(resolve => setTimeout(resolve, moment))
    await ended(child, 'SIGKILL')
  }
  const finishing = site.command(['keys', 'rotate', '--share', '100', '--json'])
  await new Promise(resolve => setTimeout(resolve, LEARNED_WITHIN_MS))
  await site.leasesEnd()
  const finished = await finishing
  expect(finished.code, finished.stderr).toBe(0)
  const { version } = JSON.parse(finished.stdout)
  await load.stop()
  expect(load.faults, `seed ${SEED}, killed after ${moments.join(', ')} ms`).toEqual([])
  expect(load.people.length).toBeGreaterThan(50)
  expect(load.charges.length).toBeGreaterThan(50)

  const left = await rowsByVersion()
  expect(Object.keys(left)).toEqual([String(version)])
  for (let old = 1; old < version; old++) {
    const retired = await site.command(['keys', 'retire', String(old), '--json'])
    expect(retired.code, retired.stderr + retired.stdout).toBe(0)
  }
  // Once by the process that saw it all, and once by one that has cached nothing.
  const fresh = await site.serve()
  for (const of of [service, fresh]) {
    const faults = (await Promise.all(load.people.map(person => faultsOf(clients(of), person)))).flat()
    expect(faults).toEqual([])
    for (const id of load.charges.slice(-20))
      expect((await clients(of).billing.get(`/v1/charges/${id}`)).status).toBe(200)
  }
  const statuses = JSON.parse((await site.command(['keys', 'list', '--json'])).stdout)
  expect(statuses.tenants[0].versions.map(({ state }: { state: string }) => state)).toEqual([
    ...Array.from({ length: version - 1 }, () => 'retired'),
    'current',
  ])
}, 300_000)

async function addPayers(count: number): Promise<void> {
  const { checkout } = clients()
  const lane = async (of: number) => {
    for (let index = 0; index < of; index++) {
      const made = await checkout.post('/v1/payers', { short_name: 'Before', real_name: 'Before it all' })
      expect(made.status, made.text).toBe(201)
    }
  }
  await Promise.all(Array.from({ length: 10 }, () => lane(count / 10)))
}

async function makeTokens(count: number): Promise<string[]> {
  const { checkout } = clients()
  const tokens: string[] = []
  for (let index = 0; index < count; index++) {
    const payer = await checkout.post('/v1/payers', { short_name: `Load ${index}` })
    const token = await checkout.post('/v1/tokens', {
      payer: payer.json.id,
      payment_method: 'pm_card_visa',
      consent: { text_version: 'v1' },
    })
    expect(token.status, token.text).toBe(201)
    tokens.push(token.json.id)
  }
  return tokens
}

/** Counted here by hand, not by the code that is tried. */
async function rowsByVersion(): Promise<Record<string, number>> {
  const sql = postgres(site.database.superuserUrl, { max: 1, onnotice: () => {} })
  const rows = await sql<{ version: number; rows: number }[]>`
    select version, sum(rows)::int as rows from (
      select key_version as version, count(*) as rows from payers group by 1
      union all select key_version, count(*) from mail_outbox where wrapped_key is not null group by 1
      union all select get_byte(stripe_secrets_sealed, 4), count(*) from tenants group by 1
      union all select get_byte(reply_sealed, 4), count(*) from idempotency_keys
                 where payer_id is null and reply_sealed is not null group by 1) as counted
     group by 1 order by 1`
  await sql.end()
  return Object.fromEntries(rows.map(row => [row.version, row.rows]))
}

function seeded(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
