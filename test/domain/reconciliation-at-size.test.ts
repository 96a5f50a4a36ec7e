// Thirty thousand charges against as many balance lines, with a few faults among them: every fault is found, once,
// with its cause, and nothing else; and quickly enough for every night.
import fc from 'fast-check'
import postgres from 'postgres'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Finding } from '../../src/domain/reconciliation/exception.ts'
import { findExceptions } from '../../src/domain/reconciliation/find-exceptions.ts'
import { isExplained } from '../../src/domain/reconciliation/find-payout-exceptions.ts'
import { matchLines } from '../../src/domain/reconciliation/match.ts'
import { prepareToCompare } from '../../src/domain/reconciliation/run-reconciliation.ts'
import { storeExceptions } from '../../src/domain/reconciliation/store-exceptions.ts'
import { workerContext } from '../../src/domain/tenants/operator-context.ts'
import { payerWithCard } from '../support/payer-with-card.ts'
import { startWorld, type World } from '../support/world.ts'

const CHARGES = 30_000
const PER_PAYOUT = 5_000
/** One sweep over all of it, on a busy machine: what is wrong with a plan shows as minutes. */
const SWEEP_MAX_MS = 20_000

const FROM = new Date('2026-10-01T00:00:00Z')
const TO = new Date('2026-11-01T00:00:00Z')

let world: World
let owner: postgres.Sql

beforeAll(async () => {
  world = await startWorld({ webhooks: false })
  owner = postgres(world.database.superuserUrl, { max: 1, onnotice: () => {} })
  const { token, payer } = await payerWithCard(world)
  // Without triggers and foreign keys: the rows are many, and right by construction.
  await owner`set session_replication_role = replica`
  await seedVault(token, payer)
  await seedStripe()
  await owner`set session_replication_role = origin`
}, 120_000)
afterAll(async () => {
  await owner?.end()
  await world?.close()
})

const charge = (n: number) => `chrg_seed${n}`
const line = (n: number) => `txn_seed${n}`
const payout = (n: number) => `po_seed${n}`

/** A third are matched by source, a third by payment intent, a third by our own id in the metadata. */
async function seedVault(token: string, payer: string) {
  await owner`
    insert into charges (tenant_id, id, payer_id, token_id, status, amount, amount_captured, currency, capture_method,
                         reference_hash, details_sealed, created_by, stripe_payment_intent_id, stripe_charge_id,
                         created_at, settled_at, updated_at)
    select 'demo', 'chrg_seed' || n, ${payer}, ${token}, 'succeeded', 100 + n % 9000, 100 + n % 9000, 'usd', 'automatic',
           sha256(n::text::bytea), '\\x00', 'seed', case when n % 3 <> 2 then 'pi_seed' || n end,
           case when n % 3 = 0 then 'ch_seed' || n end, at, at, at
      from (select n, ${FROM}::timestamptz + n * interval '20 seconds' as at from generate_series(1, ${CHARGES}) n) g`
  await owner`
    insert into charge_attempts (tenant_id, id, charge_id, kind, status, amount, stripe_idempotency_key, created_at)
    select 'demo', 'attm_seed' || n, 'chrg_seed' || n, 'charge', 'succeeded', 100 + n % 9000, 'seed' || n, now()
      from generate_series(1, ${CHARGES}) n`
}

async function seedStripe() {
  await owner`
    insert into balance_transactions (tenant_id, id, type, reporting_category, amount, fee, net, currency, status, source_id,
                                      source_charge_id, source_payment_intent_id, source_attempt_id, source_status,
                                      presentment_amount, presentment_currency, created_at, available_on, raw, mirrored_at)
    select 'demo', 'txn_seed' || n, 'charge', 'charge', a, 30, a - 30, 'usd', 'available', 'ch_seed' || n, 'ch_seed' || n,
           case when n % 3 <> 2 then 'pi_seed' || n end, 'attm_seed' || n, 'succeeded', a, 'usd', at, at, '{}', now()
      from (select n, 100 + n % 9000 as a, ${FROM}::timestamptz + n * interval '20 seconds' as at
              from generate_series(1, ${CHARGES}) n) g`
  await owner`
    insert into payouts (tenant_id, id, amount, currency, status, automatic, reconciliation_status, arrival_date, created_at,
                         raw, rows_listed_at, mirrored_at)
    select 'demo', 'po_seed' || p, (select sum(100 + n % 9000 - 30) from generate_series(p * ${PER_PAYOUT} + 1, (p + 1) * ${PER_PAYOUT}) n),
           'usd', 'paid', true, 'completed', ${TO}, ${FROM}::timestamptz + p * interval '1 day' + interval '12 hours', '{}', now(), now()
      from generate_series(0, ${CHARGES / PER_PAYOUT - 1}) p`
  await owner`
    insert into payout_rows (tenant_id, payout_id, balance_transaction_id)
    select 'demo', 'po_seed' || ((n - 1) / ${PER_PAYOUT}), 'txn_seed' || n from generate_series(1, ${CHARGES}) n`
  for (const table of ['charges', 'charge_attempts', 'balance_transactions', 'payouts', 'payout_rows']) {
    await owner.unsafe(`analyze ${table}`)
  }
}

function find(): Promise<{ found: Finding[]; truncated: boolean }> {
  const ctx = workerContext(world.dependencies, 'demo')
  return ctx.db.transaction('demo', async tx => {
    await prepareToCompare(tx)
    const findings = await findExceptions(ctx, tx, { from: FROM, to: TO })
    await storeExceptions(ctx, tx, { from: FROM, to: TO }, findings)
    return findings
  })
}

const named = (found: readonly Finding[]) => found.map(({ cause, subject_id }) => `${cause} ${subject_id}`).sort()

describe('a large account', () => {
  it('is matched by exact keys alone, each line to one charge', async () => {
    const started = performance.now()
    const counts = await matchLines(workerContext(world.dependencies, 'demo'))
    const ms = performance.now() - started
    expect(counts).toEqual({ looked: CHARGES, matched: CHARGES })
    const rules = await owner`
      select match_rule, count(*)::int as lines, bool_and(matched_id = 'chrg_seed' || substr(id, 9)) as right
        from balance_transactions group by match_rule order by match_rule`
    expect(rules.map(({ match_rule, right }) => [match_rule, right])).toEqual([
      ['metadata', true],
      ['payment_intent', true],
      ['source', true],
    ])
    expect(ms).toBeLessThan(SWEEP_MAX_MS)
  }, 60_000)

  it('has no exceptions when nothing is wrong', async () => {
    const started = performance.now()
    expect(await find()).toEqual({ found: [], truncated: false })
    expect(performance.now() - started).toBeLessThan(SWEEP_MAX_MS)
  }, 60_000)

  it('takes a converted payment by what the payer saw, and not by the account’s currency', async () => {
    const convert = (n: number, seen: string) =>
      owner.unsafe(`update balance_transactions set currency = 'eur', amount = 37, fee = 37 - net, ${seen},
                           raw = '{"exchange_rate": 0.9}' where id = '${line(n)}'`)
    const back = (n: number) =>
      owner.unsafe(`update balance_transactions set currency = 'usd', amount = 100 + ${n}, fee = 30, presentment_amount = 100 + ${n},
                           presentment_currency = 'usd', raw = '{}' where id = '${line(n)}'`)
    await convert(11, 'presentment_amount = presentment_amount')
    expect(named((await find()).found)).toEqual([])
    await convert(12, 'presentment_amount = presentment_amount + 1')
    await convert(13, "presentment_currency = 'mnt'")
    expect(named((await find()).found)).toEqual([`AMOUNT_UNDER ${charge(12)}`, `CURRENCY_MISMATCH ${charge(13)}`])
    for (const n of [11, 12, 13]) await back(n)
    expect(named((await find()).found)).toEqual([])
  }, 60_000)

  it('gives each planted fault once and nothing else', async () => {
    const set = (n: number, change: string) =>
      owner.unsafe(`update balance_transactions set ${change} where id = '${line(n)}'`)
    await set(101, 'amount = amount - 7, net = net - 7')
    await set(202, 'amount = amount + 7, net = net + 7')
    await set(303, "currency = 'eur'")
    await set(404, 'missing_at = now()')
    await set(505, "reporting_category = 'tidal'")
    await set(606, 'fee = fee + 3, net = net - 3')
    await set(9_707, "source_status = 'failed'")
    await owner`update payouts set amount = amount + 11 where id = ${payout(3)}`
    const columns = (
      await owner`select column_name from information_schema.columns where table_name = 'balance_transactions' order by ordinal_position`
    ).map(({ column_name }) => column_name as string)
    const copied = (changes: Record<string, string>) => columns.map(name => changes[name] ?? `"${name}"`).join(', ')
    const copy = (n: number, changes: Record<string, string>) =>
      owner.unsafe(
        `insert into balance_transactions select ${copied(changes)} from balance_transactions where id = '${line(n)}'`,
      )
    await copy(10_808, { id: `'txn_twin'` })
    await owner`insert into payout_rows values ('demo', ${payout(2)}, 'txn_twin')`
    await copy(1, {
      id: `'txn_outside'`,
      source_id: `'ch_outside'`,
      source_charge_id: `'ch_outside'`,
      source_payment_intent_id: `'pi_outside'`,
      source_attempt_id: 'null',
      matched_id: 'null',
      matched_type: 'null',
      match_rule: 'null',
    })
    await owner`alter table charge_attempts disable trigger charge_attempts_moves`
    await owner`update charge_attempts set status = 'unknown' where id = 'attm_seed15909'`
    await owner`
      insert into payouts (tenant_id, id, amount, currency, status, automatic, reconciliation_status, arrival_date, created_at, raw, mirrored_at)
      values ('demo', 'po_hand', 500, 'usd', 'paid', false, 'not_applicable', ${TO}, ${FROM}, '{}', now())`
    const { found } = await find()
    expect(named(found)).toEqual(
      [
        `AMOUNT_UNDER ${charge(101)}`,
        `AMOUNT_OVER ${charge(202)}`,
        `CURRENCY_MISMATCH ${charge(303)}`,
        `MISSING_IN_STRIPE ${charge(404)}`,
        `UNKNOWN_CATEGORY ${line(505)}`,
        `PAYOUT_SUM_MISMATCH ${payout(0)}`,
        `STATUS_MISMATCH ${charge(9_707)}`,
        `PAYOUT_SUM_MISMATCH ${payout(3)}`,
        `DUPLICATE ${charge(10_808)}`,
        'MISSING_IN_VAULT ch_outside',
        `UNKNOWN_OUTCOME ${charge(15_909)}`,
        'PAYOUT_UNATTRIBUTABLE po_hand',
      ].sort(),
    )
  }, 60_000)
})

describe('the explanation of a payout’s variance', () => {
  const amount = fc.integer({ min: -100_000, max: 100_000 })

  it('is what rows that are exceptions themselves come to, all together, and nothing else', () => {
    fc.assert(
      fc.property(amount, amount, amount, (gone, changed, more) => {
        expect(isExplained(gone + changed, { gone, changed }, [])).toBe(true)
        expect(isExplained(gone, { gone, changed }, [])).toBe(true)
        const known = new Set([gone, gone + changed])
        expect(isExplained(gone + changed + more, { gone, changed }, [])).toBe(known.has(gone + changed + more))
      }),
    )
  })

  it('may be the net of a payment that left no line, and no more than its gross', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2_000, max: 1_000_000 }), fc.integer({ min: 0, max: 100 }), (gross, fee) => {
        const nothing = { gone: 0, changed: 0 }
        expect(isExplained(gross - fee, nothing, [gross])).toBe(true)
        expect(isExplained(gross + 1, nothing, [gross])).toBe(false)
        expect(isExplained(-(gross - fee), nothing, [gross])).toBe(false)
        expect(isExplained(Math.floor(gross / 2), nothing, [gross])).toBe(false)
      }),
    )
  })
})
