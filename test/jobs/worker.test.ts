// The worker: does what is due by itself, shares it with other workers, follows business time, and stops cleanly.
import postgres from 'postgres'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { workerContext } from '../../src/domain/tenants/operator-context.ts'
import { ROW_WORK } from '../../src/jobs/row-work.ts'
import { enqueueDue, SCHEDULE } from '../../src/jobs/schedule.ts'
import { startWorker } from '../../src/jobs/worker.ts'
import { book, settled } from '../support/books.ts'
import { chargeOf, payerWithCard } from '../support/payer-with-card.ts'
import { deliver, eventsAbout } from '../support/stripe-deliveries.ts'
import { startWorld, type World } from '../support/world.ts'

const PATIENCE_MS = 15_000

let world: World
let owner: postgres.Sql

beforeAll(async () => {
  world = await startWorld()
  owner = postgres(world.database.superuserUrl, { max: 1, onnotice: () => {} })
})
afterAll(async () => {
  await owner?.end()
  await world?.close()
})

async function until<Value>(look: () => Promise<Value | undefined | null | false>): Promise<Value> {
  const end = performance.now() + PATIENCE_MS
  for (;;) {
    const value = await look()
    if (value) return value
    if (performance.now() > end) throw new Error('it did not happen')
    await new Promise(resolve => setTimeout(resolve, 50))
  }
}

async function charged(at: World) {
  const { token } = await payerWithCard(at)
  return (await at.as('billing').post('/v1/charges', chargeOf(token))).json
}

describe('two workers', () => {
  it('settle charges from their events, run the jobs, and stop when they are told', async () => {
    const workers = [await startWorker(world.dependencies), await startWorker(world.dependencies)]
    try {
      const charges = await Promise.all(Array.from({ length: 5 }, () => charged(world)))
      for (const { id } of charges) {
        await until(async () => (await world.as('billing').get(`/v1/charges/${id}`)).json.settled_at)
      }
      const now = world.dependencies.clock.now()
      const stretch = { from: new Date(now.getTime() - 86_400_000).toISOString(), to: now.toISOString() }
      const run = await world.as('finance').post('/v1/reconciliations', stretch)
      await until(
        async () => (await world.as('finance').get(`/v1/reconciliations/${run.json.id}`)).json.status === 'completed',
      )
    } finally {
      await Promise.all(workers.map(worker => worker.stop()))
    }
    const leased = await owner`select 1 from stripe_events where lease_until is not null`
    expect(leased).toHaveLength(0)
    const twice = await owner`select charge_id from charge_attempts group by charge_id having count(*) > 1`
    expect(twice).toHaveLength(0)
  }, 60_000)
})

describe('several workers', () => {
  let quiet: World
  let quietOwner: postgres.Sql

  beforeAll(async () => {
    quiet = await startWorld({ webhooks: false })
    quietOwner = postgres(quiet.database.superuserUrl, { max: 1, onnotice: () => {} })
  })
  afterAll(async () => {
    await quietOwner?.end()
    await quiet?.close()
  })

  it('share the events of a tenant without taking one twice', async () => {
    const made = await Promise.all(Array.from({ length: 12 }, () => charged(quiet)))
    await quiet.advance(3)
    for (const { stripe } of made) {
      for (const event of await eventsAbout(quiet, stripe.payment_intent)) await deliver(quiet, event)
    }
    const work = ROW_WORK['stripe-events']
    const drain = async () => {
      let did = 0
      for (
        let batch = await work?.run(quiet.dependencies, 'demo');
        batch;
        batch = await work?.run(quiet.dependencies, 'demo')
      )
        did += batch
      return did
    }
    const [waiting] = await quietOwner`select count(*)::int as events from stripe_events where status = 'received'`
    const shares = await Promise.all([drain(), drain(), drain()])
    expect(shares.reduce((sum, share) => sum + share, 0)).toBe(waiting?.events)
    const attempts =
      await quietOwner`select distinct attempts from stripe_events where type like 'payment_intent.succeeded'`
    expect(attempts.map(row => row.attempts)).toEqual([1])
  }, 60_000)
})

describe('the schedule', () => {
  it('is due after one interval of business time, once, whoever looks', async () => {
    await owner`delete from scheduled_tasks`
    expect(await enqueueDue(world.dependencies, 'demo')).toBe(0)
    const rows = await owner`select task from scheduled_tasks where tenant_id = 'demo' order by task`
    expect(rows.map(({ task }) => task)).toEqual(Object.keys(SCHEDULE).sort())
    await world.advance(301)
    const looks = await Promise.all([1, 2, 3].map(() => enqueueDue(world.dependencies, 'demo')))
    expect(looks.reduce((sum, due) => sum + due, 0)).toBe(1)
    await world.advance(86_400)
    expect(await enqueueDue(world.dependencies, 'demo')).toBe(Object.keys(SCHEDULE).length)
    await world.work()
    const daily = await world.as('finance').get('/v1/reconciliations?limit=1')
    expect(daily.json.data[0]).toMatchObject({ status: 'completed' })
  }, 60_000)

  it('is taken up again when the clock was set back', async () => {
    await owner`update scheduled_tasks set due_at = now() + interval '10 years' where task = 'scan-event-gap'`
    expect(await enqueueDue(world.dependencies, 'demo')).toBe(1)
    await world.work()
  })

  it('mirrors what a payout brings as soon as Stripe tells of it', async () => {
    const { charge } = await book(world)
    await world.control('POST', '/payouts', { account_key: world.stripe.secretKeys.demo, settle_pending: true })
    await settled(world)
    const lines = await owner`
      select pr.payout_id, b.matched_id from balance_transactions b
        join payout_rows pr on pr.tenant_id = b.tenant_id and pr.balance_transaction_id = b.id
       where b.source_id = ${charge}`
    expect(lines).toMatchObject([
      { payout_id: expect.stringMatching(/^po_/), matched_id: expect.stringMatching(/^chrg_/) },
    ])
  })
})

describe('a reconciliation that breaks off', () => {
  it('goes on at the page that was missing, and gives up with a reason in the end', async () => {
    const now = world.dependencies.clock.now()
    const stretch = { from: new Date(now.getTime() - 86_400_000).toISOString(), to: now.toISOString() }
    const faulty = { rules: [{ method: 'GET', path: '/v1/payouts', kind: 'status', status: 500, when: 'before' }] }
    await world.control('POST', '/faults', faulty)
    const run = await world.as('finance').post('/v1/reconciliations', stretch)
    await world.work()
    expect((await world.as('finance').get(`/v1/reconciliations/${run.json.id}`)).json.status).toBe('running')
    const [job] =
      await owner`select state, retry_count from pgboss.job where name = 'run-reconciliation' and data ->> 'reconciliationId' = ${run.json.id}`
    expect(job?.state).toBe('retry')
    await world.control('DELETE', '/faults')
    await owner`update pgboss.job set start_after = now() where state = 'retry'`
    await world.work()
    expect((await world.as('finance').get(`/v1/reconciliations/${run.json.id}`)).json.status).toBe('completed')

    await world.control('POST', '/faults', faulty)
    const lost = await world.as('finance').post('/v1/reconciliations', stretch)
    for (let tries = 0; tries < 6; tries++) {
      await owner`update pgboss.job set start_after = now() where state = 'retry'`
      await world.work()
    }
    await world.control('DELETE', '/faults')
    expect((await world.as('finance').get(`/v1/reconciliations/${lost.json.id}`)).json).toMatchObject({
      status: 'failed',
      error: 'gave_up',
    })
  }, 120_000)
})

describe('what is old', () => {
  it('is forgotten after 30 days, but never that a key has moved money', async () => {
    const { token } = await payerWithCard(world)
    const body = chargeOf(token)
    const made = await world.as('billing').post('/v1/charges', body, { key: 'money-key' })
    const payer = await world.as('checkout').post('/v1/payers', { short_name: 'Old' }, { key: 'payer-key' })
    expect([made.status, payer.status]).toEqual([201, 201])
    await owner`update idempotency_keys set created_at = now() - interval '29 days'`
    const { TASKS } = await import('../../src/jobs/tasks.ts')
    const forget = () => TASKS['apply-retention'](world.dependencies, { data: { tenantId: 'demo' }, last: false })
    const keys = async () =>
      Number((await owner`select count(*) from idempotency_keys where tenant_id = 'demo'`)[0]?.count)
    const before = await keys()
    await forget()
    expect(await keys()).toBe(before)
    await owner`update idempotency_keys set created_at = now() - interval '31 days'`
    await owner`insert into tokenize_failures (tenant_id, id, code, failed_at) values ('demo', 'tkfl_old', 'card_declined', now() - interval '3 days'), ('demo', 'tkfl_new', 'card_declined', now())`
    await forget()
    const left = await owner`select moves_money, object_id, reply_sealed from idempotency_keys where tenant_id = 'demo'`
    expect(left.every(row => row.moves_money && row.object_id !== null && row.reply_sealed === null)).toBe(true)
    expect(left.length).toBeGreaterThan(0)
    expect((await owner`select id from tokenize_failures where id like 'tkfl%'`).map(({ id }) => id)).toEqual([
      'tkfl_new',
    ])
    const again = await world.as('billing').post('/v1/charges', body, { key: 'money-key' })
    expect(again.json.id).toBe(made.json.id)
    expect(
      (await world.as('billing').post('/v1/charges', { ...body, amount: 1 }, { key: 'money-key' })).json.code,
    ).toBe('idempotency_mismatch')
  })
})

describe('a failure', () => {
  it('of one kind of work is logged and leaves the others alone', async () => {
    await world.control('POST', '/faults', { rules: [{ path: '/v1/', kind: 'drop', when: 'before' }] })
    await world.advance(90_000)
    await world.work()
    expect(world.logs.some(line => line.includes('a job failed'))).toBe(true)
    await world.control('DELETE', '/faults')
    expect(workerContext(world.dependencies, 'demo').actor).toEqual({ kind: 'worker' })
    const { id } = await book(world)
    expect((await world.as('billing').get(`/v1/charges/${id}`)).json.settled_at).toEqual(expect.any(String))
  }, 60_000)
})
