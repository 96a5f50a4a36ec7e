// The service is killed in the middle of charges through a bad Stripe, and again. Goal: no money moves twice, nothing
// acknowledged is lost, and once Stripe is well and the resolver has run, nothing is undecided. Stripe's own count judges.
import { afterAll, beforeAll, expect, it } from 'vitest'
import { allIntents, judge, shownCharges, storm } from '../support/charge-storm.ts'
import { openProductionSite, type ProductionSite, SECRET_KEY, type Service, until } from '../support/production-site.ts'

const CHARGES = Number(process.env.PANLESS_STORM_CHARGES ?? 90)
const KILLS = 2

let site: ProductionSite
let service: Service

beforeAll(async () => {
  site = await openProductionSite()
  service = await site.serve()
})
afterAll(() => site?.close())

it('kill -9 in the middle of charges, and every charge is paid once or not at all', async () => {
  const tokens = await makeTokens(8)
  await site.control('POST', '/faults', {
    account_key: SECRET_KEY,
    rules: [
      { method: 'POST', path: '/v1/payment_intents', probability: 0.1, when: 'after', kind: 'drop' },
      { method: 'POST', path: '/v1/payment_intents', probability: 0.1, when: 'after', kind: 'cut_body' },
      { method: 'POST', path: '/v1/payment_intents', probability: 0.1, when: 'after', kind: 'status', status: 500 },
      { method: 'POST', path: '/v1/payment_intents', probability: 1, when: 'before', kind: 'delay', delay_ms: 20 },
    ],
  })
  let killed = 0
  let replacing: Promise<void> | null = null
  const sent = await storm({
    client: () => site.client(service, 'billing'),
    tokens,
    count: CHARGES,
    inFlight: 12,
    onAnswered: done => {
      if (killed === KILLS || replacing !== null || done < ((killed + 1) * CHARGES) / (KILLS + 1)) return
      killed++
      replacing = service.kill().then(async () => {
        service = await site.serve()
        replacing = null
      })
    },
  })
  await replacing
  expect(killed).toBe(KILLS)
  await site.control('DELETE', '/faults')
  await endLeases()
  const resolved = await site.command(['charges', 'resolve', '--due-now', '--tenant', 'school', '--json'])
  expect(resolved.code, resolved.stderr).toBe(0)
  const verdict = judge(sent, await shownCharges(site.client(service, 'billing')), await allIntents(site.intents))
  expect(verdict.faults).toEqual([])
  expect(verdict.undecided).toEqual([])
  expect(verdict.succeeded + verdict.failed + verdict.absent).toBe(CHARGES)
  expect(verdict.succeeded).toBeGreaterThan(CHARGES / 2)
}, 180_000)

async function makeTokens(count: number): Promise<string[]> {
  const checkout = site.client(service, 'checkout')
  const tokens: string[] = []
  for (let index = 0; index < count; index++) {
    const payer = await checkout.post('/v1/payers', { short_name: `Storm ${index}` })
    const method = index % 4 === 3 ? 'pm_card_chargeCustomerFail' : 'pm_card_visa'
    const token = await checkout.post('/v1/tokens', {
      payer: payer.json.id,
      payment_method: method,
      consent: { text_version: 'v1' },
    })
    expect(token.status, token.text).toBe(201)
    tokens.push(token.json.id)
  }
  return tokens
}

/** What a minute's wait would do: the leases of the killed end. */
async function endLeases(): Promise<void> {
  const { default: postgres } = await import('postgres')
  const sql = postgres(site.database.superuserUrl, { max: 1 })
  await until(async () => {
    await sql`update charge_attempts set lease_until = now() - interval '1 second' where lease_until is not null`
    return true
  })
  await sql.end()
}
