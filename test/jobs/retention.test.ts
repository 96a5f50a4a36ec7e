// What is no longer kept goes, by the days of the register in force; what the law keeps stays.
import { randomUUID } from 'node:crypto'
import type postgres from 'postgres'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { applyRetention, previewRetention } from '../../src/domain/privacy/apply-retention.ts'
import { RETENTION_RECORD_NAMES, recordOf } from '../../src/domain/privacy/retention-records.ts'
import { RETENTION_RULES } from '../../src/domain/privacy/retention-rules.ts'
import { workerContext } from '../../src/domain/tenants/operator-context.ts'
import { TASKS } from '../../src/jobs/tasks.ts'
import { asSuperuser } from '../support/database-contents.ts'
import { chargeOf, payerWithCard } from '../support/payer-with-card.ts'
import { changing, publishChanged } from '../support/registers.ts'
import { ask, personWithPayment, post } from '../support/rights.ts'
import { startWorld, type World } from '../support/world.ts'

let world: World

beforeAll(async () => {
  world = await startWorld({ webhooks: false })
})
afterAll(() => world?.close())

const owner = <Row extends object>(work: (sql: postgres.Sql) => Promise<readonly Row[]>) =>
  asSuperuser(world.database, work)
const run = () => TASKS['apply-retention'](world.dependencies, { data: { tenantId: 'demo' }, last: false })
const preview = async () => {
  const counts = await previewRetention(workerContext(world.dependencies, 'demo'))
  return Object.fromEntries(counts.map(({ rule, rows }) => [rule, rows]))
}
beforeEach(run)

describe('the table of rules', () => {
  it('has a rule for each record that expires, and none for what the law keeps or what goes with the person', () => {
    const ruled = new Set(Object.values(RETENTION_RULES).map(({ record }) => record))
    for (const name of RETENTION_RECORD_NAMES) expect(ruled.has(name), name).toBe(recordOf(name).kind === 'expires')
  })

  it('says nothing of money and the audit log', () => {
    const tables = Object.values(RETENTION_RULES).map(({ table }) => table)
    for (const kept of [
      'charges',
      'charge_attempts',
      'refunds',
      'disputes',
      'balance_transactions',
      'payouts',
      'audit_log',
    ])
      expect(tables).not.toContain(kept)
  })

  it('is SQL that holds on every table that it names', async () => {
    expect(Object.keys(await preview())).toEqual(Object.keys(RETENTION_RULES))
  })
})

describe('a run', () => {
  it('empties the evidence of consents so long after they were withdrawn, and leaves living ones', async () => {
    const { payer } = await payerWithCard(world)
    const privacy = world.as('privacy')
    const agree = (purpose: string) =>
      privacy.post(`/v1/payers/${payer}/consents`, { purpose, text_version: 'v1', ip: '192.0.2.7' })
    const [consent, living] = [(await agree('surveys')).json.id as string, await agree('gifts')]
    await privacy.post(`/v1/payers/${payer}/consents/${consent}/withdraw`)
    const evidence = (id: string) =>
      owner(
        sql => sql<{ there: boolean }[]>`select evidence_sealed is not null as there from consents where id = ${id}`,
      )
    await owner(sql => sql`update consents set withdrawn_at = now() - interval '1095 days' where id = ${consent}`)
    await run()
    expect(await evidence(consent)).toEqual([{ there: true }])
    await owner(sql => sql`update consents set withdrawn_at = now() - interval '1097 days' where id = ${consent}`)
    await run()
    expect(await evidence(consent)).toEqual([{ there: false }])
    expect(await evidence(living.json.id)).toEqual([{ there: true }])
  })

  it('follows the register when it says another number of days', async () => {
    const payer = (await world.as('checkout').post('/v1/payers', { short_name: 'R' })).json.id
    const wish = { fields: ['real_name'], purpose: 'legal_request', reason: 'a letter' }
    await world.as('privacy').post(`/v1/payers/${payer}/reveal`, wish, { key: null })
    await owner(sql => sql`update reveals set created_at = now() - interval '500 days' where payer_id = ${payer}`)
    const looks = () => owner(sql => sql`select 1 as one from reveals where payer_id = ${payer}`)
    await run()
    expect(await looks()).toHaveLength(1)
    await publishChanged(
      world,
      changing('rights_request', one => ({
        ...one,
        retention: one.retention.map(kept => (kept.record === 'reveal_records' ? { ...kept, days: 400 } : kept)),
      })),
    )
    expect((await preview())['looks at a name']).toBe(1)
    await run()
    expect(await looks()).toHaveLength(0)
  })

  it('lets go of sessions that led to no card, facts of events and notes of removed cards, and of no money', async () => {
    const { payer, token } = await payerWithCard(world)
    const admin = world.as('admin')
    expect((await admin.patch(`/v1/tokens/${token}`, { metadata: { seat: '12' } })).status).toBe(200)
    await world.as('billing').post('/v1/charges', chargeOf(token, { description: 'old', reference: randomUUID() }))
    const session = await world.as('checkout').post('/v1/checkout-sessions', {
      payer,
      usage: 'off_session',
      consent: { text_version: 'v1', locale: 'mn' },
    })
    expect(session.status, session.text).toBe(201)
    await admin.del(`/v1/tokens/${token}`)
    const money = () =>
      owner(
        sql =>
          sql`select (select count(*)::int from charges) as charges, (select count(*)::int from charge_attempts) as attempts`,
      )
    const before = await money()
    await owner(async sql => {
      await sql`update checkout_sessions set expires_at = now() - interval '31 days' where id = ${session.json.id}`
      await sql`update tokens set detached_at = now() - interval '31 days' where id = ${token}`
      await sql`update charges set created_at = created_at - interval '4000 days'`
      return sql`insert into stripe_events (tenant_id, id, stripe_event_id, type, livemode, stripe_created_at, facts, payload_hash, source, status, next_attempt_at, received_at)
                 values ('demo', 'vevt_old', 'evt_old', 'charge.updated', false, now(), '{"amount":1}', '\\x00', 'webhook', 'done', now(), now() - interval '91 days')`
    })
    expect(await preview()).toMatchObject({
      'checkout sessions without a card': 1,
      'notes on removed cards': 1,
      "facts of Stripe's events": 1,
    })
    await run()
    expect(Object.values(await preview()).every(rows => rows === 0)).toBe(true)
    expect(await owner(sql => sql`select facts from stripe_events where id = 'vevt_old'`)).toEqual([{ facts: {} }])
    expect(await money()).toEqual(before)
  })

  it('lets go of the words of requests, of values before a correction, and of the hashes of identity checks', async () => {
    const person = await personWithPayment(world)
    const request = await ask(world, person, 'rectify', {
      message: 'It is spelled otherwise',
      changes: { phone: null },
    })
    expect((await post(world, request, 'identity-checks')).status).toBe(201)
    expect((await post(world, request, 'cancel', { reason: 'made twice' })).status).toBe(200)
    await owner(
      sql => sql`insert into payer_history (tenant_id, id, payer_id, request_id, fields, old_sealed, changed_by, created_at)
                 values ('demo', 'hist_old', ${person.payer}, ${request}, array['phone'], '\\x00', 'somebody', now())`,
    )
    const held = async () => {
      const [row] = await owner(
        sql => sql<Record<string, boolean>[]>`
          select num_nonnulls(r.details_sealed, r.notes_sealed, r.contact_hash) as request,
                 num_nonnulls(c.code_hash, c.contact_hash) as "check", num_nonnulls(h.old_sealed) as history
            from privacy_requests r join identity_checks c on c.request_id = r.id join payer_history h on h.request_id = r.id
           where r.id = ${request}`,
      )
      return row
    }
    const aged = (days: number) =>
      owner(async sql => {
        const at = sql`now() - ${`${days} days`}::interval`
        await sql`update privacy_requests set finished_at = ${at} where id = ${request}`
        await sql`update payer_history set created_at = ${at} where id = 'hist_old'`
        return sql`update identity_checks set created_at = ${at} where request_id = ${request}`
      })
    await aged(29)
    await run()
    expect(await held()).toEqual({ request: 3, check: 2, history: 1 })
    await aged(31)
    await run()
    expect(await held()).toEqual({ request: 3, check: 0, history: 1 })
    await aged(1_097)
    await run()
    expect(await held()).toEqual({ request: 0, check: 0, history: 0 })
  })

  it('lets go of sessions at the console a month after they ended, whichever way they did', async () => {
    await owner(
      sql => sql`
        insert into staff_sessions (tenant_id, id, secret_hash, subject, roles, created_at, last_seen_at, expires_at, ended_at)
        select 'demo', 'sess_' || n, decode(n, 'hex'), 'somebody', '{}', now(), now(), now() + expires, now() + ended
          from (values ('01', interval '-31 days', null), ('02', interval '1 day', interval '-31 days'),
                       ('03', interval '-29 days', null), ('04', interval '-31 days', interval '-29 days')) v (n, expires, ended)`,
    )
    await run()
    const left = await owner(sql => sql`select id from staff_sessions order by id`)
    expect([...left]).toEqual([{ id: 'sess_03' }, { id: 'sess_04' }])
  })

  it('records what went, and nothing when nothing did', async () => {
    const entries = async () =>
      (await world.as('admin').get('/v1/audit-log?action=retention.apply&limit=100')).json.data as {
        details: Record<string, unknown>
      }[]
    const before = await entries()
    expect(await applyRetention(workerContext(world.dependencies, 'demo'))).toEqual([])
    expect(await entries()).toEqual(before)
    await owner(
      sql =>
        sql`insert into tokenize_failures (tenant_id, id, code, failed_at) values ('demo', 'tkfl_audit', 'card_declined', now() - interval '9 days')`,
    )
    await run()
    expect((await entries())[0]?.details).toEqual({
      rule: 'failures to save a card',
      table: 'tokenize_failures',
      days: 2,
      rows: 1,
    })
  })
})
