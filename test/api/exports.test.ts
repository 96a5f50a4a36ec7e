// The exports: what they hold, that they add up, that no cell is a formula, and that only short names leave.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type BookedCharge, book, payOut, reconcileAll } from '../support/books.ts'
import { parseCsv } from '../support/csv.ts'
import { chargeOf } from '../support/payer-with-card.ts'
import { startWorld, type World } from '../support/world.ts'

const FORMULA = '=HYPERLINK("https://evil.example";"x")'

let world: World
let plain: BookedCharge
let evil: string

beforeAll(async () => {
  world = await startWorld()
  plain = await book(world, { amount: 4_200 })
  await book(world, { amount: 1_000, currency: 'jpy' })
  const checkout = world.as('checkout')
  const payer = await checkout.post('/v1/payers', {
    short_name: FORMULA,
    real_name: 'Real Canary',
    email: 'canary@example.com',
  })
  const token = await checkout.post('/v1/tokens', {
    payer: payer.json.id,
    payment_method: 'pm_card_visa',
    consent: { text_version: '1' },
  })
  const made = await world
    .as('billing')
    .post('/v1/charges', chargeOf(token.json.id, { reference: '+1-2,"quoted"\n@line' }))
  evil = made.json.id
  await world.as('billing').post('/v1/refunds', { charge: plain.id, amount: 200, reason: 'requested_by_customer' })
  await world.advance(3)
  await payOut(world)
  await reconcileAll(world)
}, 60_000)
afterAll(() => world?.close())

function stretch(): string {
  const now = world.dependencies.clock.now().getTime()
  const at = (offset: number) => encodeURIComponent(new Date(now + offset).toISOString())
  return `from=${at(-30 * 86_400_000)}&to=${at(86_400_000)}`
}

async function fetched(name: string) {
  const answer = await world.as('finance').get(`/v1/exports/${name}.csv?${stretch()}`)
  expect(answer.status, answer.text).toBe(200)
  expect(answer.headers).toMatchObject({
    'content-type': 'text/csv; charset=utf-8',
    'content-disposition': `attachment; filename="${name}.csv"`,
    'cache-control': 'no-store',
  })
  const rows = parseCsv(answer.text)
  return {
    text: answer.text,
    rows: rows.filter(({ record }) => record === 'row'),
    totals: rows.filter(({ record }) => record === 'total'),
  }
}

describe('charges.csv', () => {
  it('has a row for each charge, with the short name, the reference and the matched line', async () => {
    const { rows, text } = await fetched('charges')
    expect(rows).toHaveLength(3)
    const row = rows.find(({ charge_id }) => charge_id === plain.id)
    expect(row).toMatchObject({
      status: 'succeeded',
      amount: '4200',
      amount_captured: '4200',
      amount_refunded: '200',
      currency: 'usd',
      currency_exponent: '2',
      stripe_charge: plain.charge,
      match_rule: 'source',
    })
    expect(row?.balance_transaction_id).toMatch(/^txn_/)
    expect(text).not.toMatch(/Real Canary|canary@example/)
  })

  it('guards cells that a spreadsheet would calculate', async () => {
    const { rows } = await fetched('charges')
    const row = rows.find(({ charge_id }) => charge_id === evil)
    expect(row?.payer).toBe(`'${FORMULA}`)
    expect(row?.reference).toBe(`'+1-2,"quoted"\n@line`)
  })

  it('ends with a total row for each currency, which adds up', async () => {
    const { rows, totals } = await fetched('charges')
    expect(totals.map(({ currency, charge_id }) => `${currency} ${charge_id}`)).toEqual(['jpy 1', 'usd 2'])
    for (const total of totals) {
      const sum = rows
        .filter(({ currency }) => currency === total.currency)
        .reduce((all, row) => all + Number(row.amount), 0)
      expect(Number(total.amount)).toBe(sum)
    }
  })
})

describe('balance-lines.csv and payouts.csv', () => {
  it('hold each line once, and the lines of a payout add up to it', async () => {
    const lines = await fetched('balance-lines')
    const payouts = await fetched('payouts')
    expect(payouts.rows).toHaveLength(2)
    for (const payout of payouts.rows) {
      expect(payout).toMatchObject({ variance: '0', balanced: 'yes', automatic: 'yes' })
      const own = lines.rows.filter(line => line.payout_id === payout.payout_id && line.reporting_category !== 'payout')
      expect(own.reduce((sum, line) => sum + Number(line.net), 0)).toBe(Number(payout.amount))
      const parts = ['charges', 'refunds', 'disputes', 'fees', 'adjustments', 'other'] as const
      expect(parts.reduce((sum, part) => sum + Number(payout[part]), 0)).toBe(Number(payout.computed_net))
    }
    expect(lines.rows.find(line => line.charge_id === plain.id && line.reporting_category === 'refund')).toMatchObject({
      gross: '-200',
      match_state: 'matched',
      matched_type: 'refund',
      difference: '0',
    })
    const usd = lines.totals.find(({ currency }) => currency === 'usd')
    const sum = lines.rows.filter(({ currency }) => currency === 'usd').reduce((all, line) => all + Number(line.net), 0)
    expect(Number(usd?.net)).toBe(sum)
  })
})

describe('an export', () => {
  it('of an empty time is a header and one total row of nothing', async () => {
    const answer = await world
      .as('finance')
      .get('/v1/exports/charges.csv?from=2001-01-01T00:00:00Z&to=2001-02-01T00:00:00Z')
    expect(parseCsv(answer.text)).toMatchObject([{ record: 'total', charge_id: '0', amount: '0', currency: '' }])
  })

  it('needs its scope and a whole stretch of time, and shows no other tenant', async () => {
    for (const name of ['charges', 'balance-lines', 'payouts']) {
      expect((await world.as('billing').get(`/v1/exports/${name}.csv?${stretch()}`)).status).toBe(403)
      expect((await world.as('finance').get(`/v1/exports/${name}.csv`)).json).toMatchObject({
        status: 422,
        code: 'validation_failed',
      })
      const other = await world.as('finance', 'other').get(`/v1/exports/${name}.csv?${stretch()}`)
      expect(parseCsv(other.text).filter(({ record }) => record === 'row')).toEqual([])
    }
  })
})
