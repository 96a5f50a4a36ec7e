// The worker is killed with -9 at every step of an erasure. Goal: another goes on to the end, the payer is never readable
// again, and the audit log shows both ends.
import type { ChildProcess } from 'node:child_process'
import postgres from 'postgres'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { loadConfig } from '../../src/config.ts'
import { ERASURE_STEPS } from '../../src/domain/erasures/state.ts'
import { openVault } from '../../src/vault.ts'
import type { ApiClient } from '../support/api-client.ts'
import { beginErasure, minutesPass } from '../support/erasing.ts'
import { openProductionSite, type ProductionSite, type Service, until } from '../support/production-site.ts'

/** Where the worker is stopped, and killed: at work in a step, and after a step whose end it has not recorded. */
const STOPS = [
  ...ERASURE_STEPS.slice(1).flatMap(step => [
    `step ${step}`,
    ...(step === 'destroy_key' ? ['payers'] : []),
    ...(step === 'empty_rows' ? ['tokens', 'charges', 'idempotency_keys'] : []),
  ]),
  'step done',
]
const LOCK = 4_711

let site: ProductionSite
let service: Service
let sql: postgres.Sql

beforeAll(async () => {
  site = await openProductionSite()
  sql = postgres(site.database.superuserUrl, { max: 1, onnotice: () => {} })
  await plantStops()
  service = await site.serve()
})
afterAll(async () => {
  await sql?.end()
  await site?.close()
})

it('kill -9 at any step, and the erasure is finished, and nothing comes back', async () => {
  const checkout = site.client(service, 'checkout')
  const { payer, token } = await payerWithCharges(checkout)
  await begin(payer)
  // Held by the test's one connection until it is given back.
  await sql`select pg_advisory_lock(${LOCK})`
  for (const stop of STOPS) {
    await sql`update stops set at = ${stop}`
    const worker = await site.work()
    await until(async () => (await waiting()).length > 0)
    await killNine(worker)
    for (const pid of await waiting()) await sql`select pg_terminate_backend(${pid})`
    await until(async () => (await waiting()).length === 0)
    await goneFor(checkout, payer, token, stop)
    await minutesPass(site)
  }
  await sql`update stops set at = ''`
  await sql`select pg_advisory_unlock(${LOCK})`
  const worker = await site.work()
  const privacy = site.client(service, 'privacy')
  await until(async () => {
    await minutesPass(site)
    return (await privacy.get(`/v1/erasures?payer=${payer}`)).json.data[0].status === 'done'
  })
  await killNine(worker)
  await goneFor(checkout, payer, token, 'the end')
  const audit = await sql<{ action: string; times: number }[]>`
    select action, count(*)::int as times from audit_log where payer_id = ${payer} and action like 'erasure.%' group by 1`
  const times = Object.fromEntries(audit.map(row => [row.action, row.times]))
  expect(times).toMatchObject({ 'erasure.start': 1, 'erasure.finish': 1 })
}, 240_000)

async function payerWithCharges(checkout: ApiClient): Promise<{ payer: string; token: string }> {
  const payer = (await checkout.post('/v1/payers', { short_name: 'Crash', email: 'crash@person.example' })).json.id
  const consent = { text_version: 'v1', ip: '203.0.113.9' }
  const token = (await checkout.post('/v1/tokens', { payer, payment_method: 'pm_card_visa', consent })).json.id
  for (const reference of ['crash 1', 'crash 2']) {
    const body = { token, amount: 900, currency: 'usd', reference, description: 'lessons' }
    expect((await site.client(service, 'billing').post('/v1/charges', body)).status).toBe(201)
  }
  return { payer, token }
}

async function begin(payer: string): Promise<void> {
  const vault = await openVault({ config: loadConfig(site.environment, 'cli'), process: 'cli' })
  await beginErasure(vault, payer, { tenant: 'school' })
  await vault.close()
}

/** Whatever was done of the erasure, nothing is readable, and what was destroyed stays so. */
let destroyed = false
async function goneFor(checkout: ApiClient, payer: string, token: string, stop: string): Promise<void> {
  for (const path of [`/v1/payers/${payer}`, `/v1/tokens/${token}`]) {
    expect((await checkout.get(path)).json, `${path} at ${stop}`).toMatchObject({ code: 'payer_erased' })
  }
  const [row] = await sql<{ status: string; key: number }[]>`
    select status, length(wrapped_key) as key from payers where id = ${payer}`
  expect(['erasing', 'erased']).toContain(row?.status)
  expect(row?.key === 0, stop).toBe(row?.status === 'erased')
  if (destroyed) expect(row?.status, stop).toBe('erased')
  destroyed = row?.status === 'erased'
}

/** Triggers that make the worker wait at a named place, for a lock that the test holds. */
async function plantStops(): Promise<void> {
  await sql.unsafe(`
    create table stops (at text not null);
    insert into stops values ('');
    grant select on stops to public;
    create function stop_here() returns trigger language plpgsql as $$
    declare
      place text := tg_table_name;
    begin
      if tg_table_name = 'erasures' then
        place := case when new.status <> old.status then 'step done' when new.step <> old.step then 'step ' || new.step else '' end;
      end if;
      if place = (select at from stops) then perform pg_advisory_xact_lock(${LOCK}); end if;
      return new;
    end $$;`)
  for (const table of ['erasures', 'payers', 'tokens', 'charges', 'idempotency_keys']) {
    await sql.unsafe(`create trigger zz_stop before update on ${table} for each row execute function stop_here()`)
  }
}

const waiting = async (): Promise<number[]> =>
  (
    await sql<
      { pid: number }[]
    >`select pid from pg_locks where locktype = 'advisory' and objid = ${LOCK} and not granted`
  ).map(({ pid }) => pid)

async function killNine(worker: ChildProcess): Promise<void> {
  const gone = new Promise(resolve => worker.once('exit', resolve))
  worker.kill('SIGKILL')
  await gone
}
