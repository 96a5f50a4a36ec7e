// Production as it will be: two serve and two worker from the bundle, nothing but environment variables. A walk from the
// first token to the tied-out payout, then charges through a bad Stripe while a service and a worker are killed.
import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { allIntents, judge, shownCharges, storm } from '../support/charge-storm.ts'
import { openProductionSite, type ProductionSite, SECRET_KEY, type Service, until } from '../support/production-site.ts'

const root = new URL('../../', import.meta.url).pathname
const CHARGES = Number(process.env.PANLESS_STORM_CHARGES ?? 100)

let folder: string
let site: ProductionSite
let services: Service[]

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'panless-image-'))
  await promisify(execFile)(process.execPath, ['src/dev/bundle.ts', '--out', folder], { cwd: root })
  site = await openProductionSite(join(folder, 'panless.mjs'))
  const migrated = await site.command(['migrate', '--json'], { DATABASE_MIGRATION_URL: site.database.ownerUrl })
  expect(migrated.code, migrated.stderr).toBe(0)
  services = [await site.serve(), await site.serve()]
  await Promise.all([site.work(), site.work()])
  await site.webhooksTo(services[1] as Service)
}, 120_000)

afterAll(async () => {
  await site?.close()
  await rm(folder, { recursive: true, force: true })
})

const at = (index: number, role: Parameters<ProductionSite['client']>[1]) =>
  site.client(services[index] as Service, role)

async function makeToken(method: string): Promise<string> {
  const payer = await at(0, 'checkout').post('/v1/payers', { short_name: 'T. Bat' })
  expect(payer.status, payer.text).toBe(201)
  const token = await at(1, 'checkout').post('/v1/tokens', {
    payer: payer.json.id,
    payment_method: method,
    consent: { text_version: 'v1' },
  })
  expect(token.status, token.text).toBe(201)
  return token.json.id
}

it('walks from the first token to a payout without variance, over either service', async () => {
  const token = await makeToken('pm_card_bypassPending')
  const charge = await at(0, 'billing').post('/v1/charges', {
    token,
    amount: 4800,
    currency: 'usd',
    reference: 'walk-1',
  })
  expect(charge.status, charge.text).toBe(201)
  await until(async () => (await at(1, 'finance').get(`/v1/charges/${charge.json.id}`)).json.settled_at !== null)
  const refund = await at(1, 'billing').post('/v1/refunds', {
    charge: charge.json.id,
    amount: 800,
    reason: 'requested_by_customer',
  })
  expect(refund.status, refund.text).toBe(201)
  await site.control('POST', '/payouts', { account_key: SECRET_KEY, settle_pending: true })
  const reconciled = await site.command(['reconcile', '--json'])
  const report = JSON.parse(reconciled.stdout)
  expect(report.payouts.length).toBeGreaterThan(0)
  expect(
    report.payouts.every((payout: { tie_out: { balanced: boolean } }) => payout.tie_out.balanced),
    reconciled.stdout,
  ).toBe(true)
})

it('pays every charge once or not at all while Stripe fails and processes are killed', async () => {
  const tokens = [
    await makeToken('pm_card_visa'),
    await makeToken('pm_card_mastercard'),
    await makeToken('pm_card_chargeCustomerFail'),
  ]
  await site.control('POST', '/faults', {
    account_key: SECRET_KEY,
    rules: [
      { method: 'POST', path: '/v1/payment_intents', probability: 0.1, when: 'after', kind: 'drop' },
      { method: 'POST', path: '/v1/payment_intents', probability: 0.1, when: 'after', kind: 'cut_body' },
      { method: 'POST', path: '/v1/payment_intents', probability: 0.1, when: 'after', kind: 'status', status: 500 },
    ],
  })
  let killed = false
  let turn = 0
  const sent = await storm({
    client: () => at(turn++ % 2, 'billing'),
    tokens,
    count: CHARGES,
    inFlight: 12,
    onAnswered: done => {
      if (killed || done < CHARGES / 2) return
      killed = true
      void (services[0] as Service).kill().then(async () => {
        services[0] = await site.serve()
      })
    },
  })
  expect(killed).toBe(true)
  await site.control('DELETE', '/faults')
  await until(
    async () =>
      (
        await at(0, 'billing')
          .get('/healthz')
          .catch(() => null)
      )?.status === 200,
  )
  const { default: postgres } = await import('postgres')
  const sql = postgres(site.database.superuserUrl, { max: 1 })
  await sql`update charge_attempts set lease_until = now() - interval '1 second' where lease_until is not null`
  await sql.end()
  const resolved = await site.command(['charges', 'resolve', '--due-now', '--json'])
  expect(resolved.code, resolved.stderr).toBe(0)
  const verdict = judge(
    sent,
    await shownCharges(at(1, 'billing')),
    (await allIntents(site.intents)).filter(intent => intent.amount >= 1_000 && intent.amount < 1_000 + CHARGES),
  )
  expect(verdict.faults).toEqual([])
  expect(verdict.undecided).toEqual([])
}, 180_000)

it('stops when told to, with exit code 0', async () => {
  for (const service of services) expect(await service.stop()).toBe(0)
})
