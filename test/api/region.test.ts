// Deployment, database and tenants are of one region: at start, while running, and in what leaves.
import { afterAll, describe, expect, test } from 'vitest'
import { asSuperuser } from '../support/database-contents.ts'
import { chargeOf, payerWithCard } from '../support/payer-with-card.ts'
import { startWorld, type World } from '../support/world.ts'

const worlds: World[] = []
afterAll(() => Promise.all(worlds.map(world => world.close())))

async function start(): Promise<World> {
  const world = await startWorld({ webhooks: false })
  worlds.push(world)
  return world
}

/** The guard looks every few seconds: a poll in place of its clock. */
const eventually = (world: World, status: number) =>
  expect
    .poll(async () => (await world.withToken(null).get('/readyz')).status, { timeout: 10_000, interval: 200 })
    .toBe(status)

const change = (world: World, statement: string) => asSuperuser(world.database, sql => sql.unsafe(statement))

describe('while it runs', () => {
  // At once, since each waits twice for the guard.
  test.concurrent.each([
    ['the marker names another region', "update deployment_region set region = 'mars'"],
    ['the marker is taken away', 'delete from deployment_region'],
    ['a tenant of another region appears', "update tenants set region = 'mars' where id = 'other'"],
  ])('when %s, it is not ready and changes nothing, until that is put right', async (_, statement) => {
    const world = await start()
    const { payer, token } = await payerWithCard(world)
    const kept = await asSuperuser(world.database, sql => sql`select * from deployment_region`)
    await change(world, statement)
    await eventually(world, 503)
    const ready = await world.withToken(null).get('/readyz')
    expect(ready.json.checks).toMatchObject({ region: 'failed', database: 'ok' })
    for (const answer of [
      await world.as('checkout').post('/v1/payers', { short_name: 'A' }),
      await world.as('checkout').patch(`/v1/payers/${payer}`, { short_name: 'A' }),
      await world.as('billing').post('/v1/charges', chargeOf(token)),
    ]) {
      expect(answer).toMatchObject({ status: 503, json: { code: 'region_mismatch' } })
      expect(answer.text).not.toContain('mars')
    }
    expect((await world.as('checkout').get(`/v1/payers/${payer}`)).status).toBe(200)
    const tasks = () => asSuperuser(world.database, sql => sql`select * from scheduled_tasks`)
    const before = await tasks()
    await world.work()
    expect(await tasks()).toEqual(before)
    const [row] = kept as unknown as { region: string; statement: string; set_at: Date }[]
    await asSuperuser(world.database, async sql => {
      await sql`update tenants set region = 'test-region'`
      await sql`delete from deployment_region`
      await sql`insert into deployment_region ${sql(row as { region: string; statement: string; set_at: Date }, 'region', 'statement', 'set_at')}`
    })
    await eventually(world, 200)
    expect((await world.as('checkout').post('/v1/payers', { short_name: 'A' })).status).toBe(201)
  })
})

test('every export says of which region it is', async () => {
  const world = await start()
  const range = 'from=2026-11-01T00:00:00Z&to=2026-11-02T00:00:00Z'
  for (const name of ['charges', 'balance-lines', 'payouts']) {
    const file = await world.as('finance').get(`/v1/exports/${name}.csv?${range}`)
    expect(file).toMatchObject({ status: 200, headers: { 'x-panless-region': 'test-region' } })
  }
})
