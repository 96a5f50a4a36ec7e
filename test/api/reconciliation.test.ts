// Reconciliation through the door: clean books balance to nothing, and each planted fault is listed once with its cause
// and nothing else, until it is mended.
import postgres from 'postgres'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type BookedCharge, book, openExceptions, payOut, reconcileAll, settled } from '../support/books.ts'
import { chargeOf, payerWithCard } from '../support/payer-with-card.ts'
import { startWorld, type World } from '../support/world.ts'

let world: World
let owner: postgres.Sql
let plain: BookedCharge
let other: BookedCharge
let payout: string

beforeAll(async () => {
  world = await startWorld()
  owner = postgres(world.database.superuserUrl, { max: 1, onnotice: () => {} })
  plain = await book(world, { amount: 4_200 })
  other = await book(world, { amount: 9_900 })
  const refunded = await book(world, { amount: 2_500 })
  await world.as('billing').post('/v1/refunds', { charge: refunded.id, amount: 700, reason: 'requested_by_customer' })
  const held = await payerWithCard(world)
  const manual = await world
    .as('billing')
    .post('/v1/charges', chargeOf(held.token, { amount: 3_000, capture: 'manual' }))
  await world.as('billing').post(`/v1/charges/${manual.json.id}/capture`, { amount: 2_000 })
  await book(world, { amount: 5_100 }, 'pm_card_createDispute')
  await book(world, { amount: 800 }, 'pm_card_refundFail').then(({ id }) =>
    world.as('billing').post('/v1/refunds', { charge: id, reason: 'requested_by_customer' }),
  )
  await world.advance(3)
  await settled(world)
  const [first] = await payOut(world)
  payout = first as string
  await book(world, { amount: 6_600 })
  await world.advance(3_600)
}, 60_000)
afterAll(async () => {
  await owner?.end()
  await world?.close()
})

const finance = () => world.as('finance')
const tamper = (kind: string, more: Record<string, unknown> = {}) =>
  world.control('POST', '/tamper', { account_key: world.stripe.secretKeys.demo, kind, ...more }) as Promise<{
    id: string
  }>
const causes = async () => (await openExceptions(world)).map(({ cause, subject }) => `${cause} ${subject.id}`)

describe('clean books', () => {
  it('have a variance of 0 in every payout, and no exceptions', async () => {
    const run = await reconcileAll(world)
    expect(run.summary).toMatchObject({
      truncated: false,
      exceptions: { opened: 0, still_open: 0, closed: 0, by_cause: {} },
    })
    expect(run.summary.balanced_payouts).toBe(run.summary.payouts)
    expect(await causes()).toEqual([])
    const { json } = await finance().get(`/v1/payouts/${payout}`)
    expect(json).toMatchObject({
      id: payout,
      status: 'paid',
      automatic: true,
      reconciliation_status: 'completed',
      differences: [],
    })
    expect(json.tie_out).toMatchObject({
      variance: 0,
      variance_vault: 0,
      variance_payout: 0,
      balanced: true,
      computed_net: json.amount,
    })
    const headings = json.tie_out.stripe.map(
      ({ reporting_category }: { reporting_category: string }) => reporting_category,
    )
    expect(headings).toEqual(['charge', 'dispute', 'partial_capture_reversal', 'refund', 'refund_failure'])
    expect(json.tie_out.vault).toEqual({
      charges: 4_200 + 9_900 + 2_500 + 2_000 + 5_100 + 800,
      refunds: -700,
      disputes: -5_100,
      total: 4_200 + 9_900 + 2_500 + 2_000 + 800 - 700,
    })
  })

  it('are covered: every line is classed and every settled charge has its line', async () => {
    const now = world.dependencies.clock.now().getTime()
    const query = `from=${new Date(now - 60 * 86_400_000).toISOString()}&to=${new Date(now - 60_000).toISOString()}`
    const { json } = await finance().get(`/v1/coverage?${query}`)
    expect(json).toMatchObject({
      complete: true,
      balance_transactions: { listed: 0, unaccounted: 0 },
      charges: { settled: 7, matched: 7, listed: 0, unaccounted: 0 },
      refunds: { settled: 1, matched: 1, unaccounted: 0 },
    })
    expect(json.balance_transactions.total).toBe(
      json.balance_transactions.matched + json.balance_transactions.by_itself,
    )
  })

  it('give the same when they are reconciled again, by two at once', async () => {
    await Promise.all([reconcileAll(world), reconcileAll(world)])
    expect(await causes()).toEqual([])
  })
})

/** Plants a fault; answers what is expected to be listed, and how the fault is taken back. */
type Fault = { name: string; plant: () => Promise<{ expected: string[]; mend: () => Promise<unknown> }> }

const rowOfCharge = async (charge: string): Promise<string> =>
  (await world.stripeApi('GET', `/v1/charges/${charge}`)).json.balance_transaction

const faults: Fault[] = [
  {
    name: 'a balance line too low',
    async plant() {
      await tamper('change_amount', { id: await rowOfCharge(plain.charge), by: -100 })
      return {
        expected: [`AMOUNT_UNDER ${plain.id}`],
        mend: async () => tamper('change_amount', { id: await rowOfCharge(plain.charge), by: 100 }),
      }
    },
  },
  {
    name: 'a balance line too high',
    async plant() {
      await tamper('change_amount', { id: await rowOfCharge(other.charge), by: 51 })
      return {
        expected: [`AMOUNT_OVER ${other.id}`],
        mend: async () => tamper('change_amount', { id: await rowOfCharge(other.charge), by: -51 }),
      }
    },
  },
  {
    name: 'a balance line in another currency',
    async plant() {
      await tamper('change_currency', { id: await rowOfCharge(plain.charge), currency: 'eur' })
      return {
        expected: [`CURRENCY_MISMATCH ${plain.id}`],
        mend: async () => tamper('change_currency', { id: await rowOfCharge(plain.charge), currency: 'usd' }),
      }
    },
  },
  {
    name: 'another fee on a row that was paid out',
    async plant() {
      await tamper('change_fee', { id: await rowOfCharge(plain.charge), by: 7 })
      return {
        expected: [`PAYOUT_SUM_MISMATCH ${payout}`],
        mend: async () => tamper('change_fee', { id: await rowOfCharge(plain.charge), by: -7 }),
      }
    },
  },
  {
    name: 'another amount of a payout',
    async plant() {
      await tamper('payout_sum', { id: payout, by: -100 })
      return { expected: [`PAYOUT_SUM_MISMATCH ${payout}`], mend: () => tamper('payout_sum', { id: payout, by: 100 }) }
    },
  },
  {
    name: 'a charge that Stripe calls failed',
    async plant() {
      await tamper('charge_status', { id: plain.charge, status: 'failed' })
      return {
        expected: [`STATUS_MISMATCH ${plain.id}`],
        mend: () => tamper('charge_status', { id: plain.charge, status: 'succeeded' }),
      }
    },
  },
]

describe('a planted fault is listed once with its cause, and nothing else', () => {
  for (const { name, plant } of faults) {
    it(`${name}, and is closed when it is mended`, async () => {
      const { expected, mend } = await plant()
      const run = await reconcileAll(world)
      expect(await causes()).toEqual(expected)
      expect(run.summary.exceptions.opened).toBe(1)
      const again = await reconcileAll(world)
      expect(again.summary.exceptions).toMatchObject({ opened: 0, still_open: 1 })
      await mend()
      const mended = await reconcileAll(world)
      expect(mended.summary.exceptions).toMatchObject({ opened: 0, still_open: 0, closed: 1 })
      expect(await causes()).toEqual([])
    }, 60_000)
  }

  afterEach(async () => {
    await owner`update exceptions set status = 'closed', closed_at = now() where status = 'open'`
  })

  it('a balance line that is not there any more, paid out or not', async () => {
    const fresh = await book(world, { amount: 1_111 })
    await reconcileAll(world)
    await tamper('missing_balance_transaction', { id: await rowOfCharge(fresh.charge) })
    await reconcileAll(world)
    expect(await causes()).toEqual([`MISSING_IN_STRIPE ${fresh.id}`])
    await tamper('missing_balance_transaction', { id: await rowOfCharge(other.charge) })
    await reconcileAll(world)
    expect((await causes()).sort()).toEqual([`MISSING_IN_STRIPE ${other.id}`, `MISSING_IN_STRIPE ${fresh.id}`].sort())
    const { json } = await finance().get(`/v1/payouts/${payout}`)
    expect(json.tie_out.balanced).toBe(false)
    expect(json.differences).toMatchObject([
      { reason: 'missing_in_stripe', charge: other.id, difference: -other.amount },
    ])
  }, 60_000)

  it('a line that was gone before it was ever seen, though its payout is short of it', async () => {
    const lost = await book(world, { amount: 7_300 })
    await world.advance(4 * 86_400)
    await settled(world)
    const row = await rowOfCharge(lost.charge)
    await owner`delete from payout_rows where balance_transaction_id = ${row}`
    await owner`delete from balance_transactions where id = ${row}`
    await tamper('missing_balance_transaction', { id: row })
    await reconcileAll(world)
    expect(await causes()).toContain(`MISSING_IN_STRIPE ${lost.id}`)
    expect((await causes()).filter(cause => cause.startsWith('PAYOUT_SUM'))).toEqual([])
  }, 60_000)
})

describe('one fault of every cause, planted together', () => {
  it('gives one exception for each, and nothing else', async () => {
    await owner`update exceptions set status = 'closed' where status = 'open'`
    const [low, high, foreign, lost, doubled, failing, dear] = [
      await book(world, { amount: 2_001 }),
      await book(world, { amount: 2_002 }),
      await book(world, { amount: 2_003 }),
      await book(world, { amount: 2_004 }),
      await book(world, { amount: 2_005 }),
      await book(world, { amount: 2_006 }),
      await book(world, { amount: 2_007 }),
    ] as const
    const [paidOut] = await payOut(world)
    const later = await book(world, { amount: 3_001 })
    await reconcileAll(world)
    const before = new Set(await causes())
    const declined = await declinedCharge()
    const unknown = await unknownCharge()
    await tamper('change_amount', { id: await rowOfCharge(low.charge), by: -1 })
    await tamper('change_amount', { id: await rowOfCharge(high.charge), by: 1 })
    await tamper('change_currency', { id: await rowOfCharge(foreign.charge) })
    await tamper('missing_balance_transaction', { id: await rowOfCharge(lost.charge) })
    await tamper('double_balance_transaction', { id: await rowOfCharge(doubled.charge) })
    await tamper('double_balance_transaction', { id: await rowOfCharge(later.charge) })
    await tamper('charge_status', { id: failing.charge, status: 'failed' })
    await tamper('charge_status', { id: declined.intent, status: 'succeeded' })
    const outside = await tamper('charge_outside', { amount: 4_321 })
    const strange = await tamper('unknown_category')
    await tamper('payout_sum', { id: payout, by: -3 })
    await tamper('missing_balance_transaction', { id: await rowOfCharge(dear.charge) })
    await world.advance(5)
    await settled(world)
    await world.stripeApi('POST', '/v1/refunds', { payment_intent: outside.id, amount: '1000' })
    await world.control('POST', '/payouts', { account_key: world.stripe.secretKeys.demo, settle_pending: true })
    const bypass = await book(world, { amount: 80_000 }, 'pm_card_bypassPending')
    const manual = await tamper('manual_payout', { amount: 1_000 })
    expect(bypass.id).toEqual(expect.any(String))
    await settled(world)
    await reconcileAll(world)
    const outsideCharge = (await world.stripeApi('GET', `/v1/payment_intents/${outside.id}`)).json.latest_charge
    const listed = (await causes()).filter(cause => !before.has(cause))
    expect(listed.sort()).toEqual(
      [
        `AMOUNT_UNDER ${low.id}`,
        `AMOUNT_OVER ${high.id}`,
        `CURRENCY_MISMATCH ${foreign.id}`,
        `MISSING_IN_STRIPE ${lost.id}`,
        `MISSING_IN_STRIPE ${dear.id}`,
        `DUPLICATE ${doubled.id}`,
        `DUPLICATE ${later.id}`,
        `STATUS_MISMATCH ${failing.id}`,
        `STATUS_MISMATCH ${declined.id}`,
        `MISSING_IN_VAULT ${outsideCharge}`,
        `UNKNOWN_CATEGORY ${strange.id}`,
        `PAYOUT_SUM_MISMATCH ${payout}`,
        `PAYOUT_UNATTRIBUTABLE ${manual.id}`,
        `UNKNOWN_OUTCOME ${unknown}`,
      ].sort(),
    )
    const { json } = await finance().get(`/v1/payouts/${paidOut}`)
    expect(json.tie_out.balanced).toBe(false)
    const reasons = json.differences.map(
      ({ reason, charge }: { reason: string; charge: string }) => `${reason} ${charge}`,
    )
    expect(reasons.sort()).toEqual(
      [
        `amount ${low.id}`,
        `amount ${high.id}`,
        `currency ${foreign.id}`,
        `duplicate ${doubled.id}`,
        `missing_in_stripe ${lost.id}`,
        `missing_in_stripe ${dear.id}`,
      ].sort(),
    )
  }, 120_000)

  it('can be listed by cause, age and payout', async () => {
    const list = async (query: string) => (await finance().get(`/v1/exceptions?${query}`)).json.data
    expect(await list('cause=UNKNOWN_CATEGORY&status=open')).toHaveLength(1)
    expect(await list(`payout=${payout}&status=open`)).toMatchObject([{ cause: 'PAYOUT_SUM_MISMATCH' }])
    expect((await list('age=under_24h&limit=100')).length).toBeGreaterThan(10)
    expect(await list('age=over_7d')).toEqual([])
    const first = (await finance().get('/v1/exceptions?limit=3')).json
    const next = (await finance().get(`/v1/exceptions?limit=3&cursor=${first.next_cursor}`)).json
    expect(new Set([...first.data, ...next.data].map(({ id }: { id: string }) => id)).size).toBe(6)
    expect((await finance().get('/v1/exceptions?cause=NO_SUCH')).json).toMatchObject({
      status: 422,
      code: 'validation_failed',
    })
  })
})

describe('what is asked for', () => {
  it('must be a stretch of time with an end after its start', async () => {
    const from = '2026-11-01T00:00:00Z'
    for (const to of ['2026-11-01T00:00:00Z', '2026-10-01T00:00:00Z', '2028-11-01T00:00:00Z', 'soon']) {
      const answer = await finance().post('/v1/reconciliations', { from, to })
      expect(answer.json, to).toMatchObject({ status: 422, code: 'validation_failed', errors: [{ pointer: '/to' }] })
    }
  })

  it('is answered once for a key, and found in the list', async () => {
    const body = { from: '2026-11-01T00:00:00Z', to: '2026-11-02T00:00:00Z' }
    const first = await finance().post('/v1/reconciliations', body, { key: 'reconcile-1' })
    const again = await finance().post('/v1/reconciliations', body, { key: 'reconcile-1' })
    expect(again.headers['idempotency-replayed']).toBe('true')
    expect(again.text).toBe(first.text)
    const { json } = await finance().get('/v1/reconciliations?limit=1')
    expect(json.data[0].id).toBe(first.json.id)
    await world.work()
    expect((await finance().get('/v1/reconciliations?status=queued')).json.data).toEqual([])
  })

  it('is another tenant’s to nobody', async () => {
    const { json } = await world.as('finance', 'other').get('/v1/payouts')
    expect(json.data).toEqual([])
    expect((await world.as('finance', 'other').get(`/v1/payouts/${payout}`)).status).toBe(404)
    expect((await world.as('finance', 'other').get('/v1/exceptions')).json.data).toEqual([])
    expect((await world.as('billing').get('/v1/payouts')).status).toBe(403)
    expect((await finance().get('/v1/payouts/po_none')).status).toBe(404)
    expect((await finance().get('/v1/reconciliations/recn_none')).status).toBe(404)
  })
})

async function declinedCharge(): Promise<{ id: string; intent: string }> {
  const { token } = await payerWithCard(world, { paymentMethod: 'pm_card_chargeCustomerFail' })
  const answer = await world.as('billing').post('/v1/charges', chargeOf(token, { amount: 1_717 }))
  expect(answer.status).toBe(402)
  await settled(world)
  return { id: answer.json.charge.id, intent: answer.json.charge.stripe.payment_intent }
}

async function unknownCharge(): Promise<string> {
  const { token } = await payerWithCard(world)
  const rules = [{ method: 'POST', path: '/v1/payment_intents', kind: 'drop', when: 'before' }]
  await world.control('POST', '/faults', { rules })
  const answer = await world.as('billing').post('/v1/charges', chargeOf(token, { amount: 1_818 }))
  await world.control('DELETE', '/faults')
  expect(answer.status, answer.text).toBe(202)
  return answer.json.id
}
