// The brake of a tenant: once pausing has answered, no charge is reserved; what was reserved before goes on.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { operatorContext } from '../../src/domain/tenants/operator-context.ts'
import { pauseCharging } from '../../src/domain/tenants/pause-charging.ts'
import { resumeCharging } from '../../src/domain/tenants/resume-charging.ts'
import { chargeOf, payerWithCard } from '../support/payer-with-card.ts'
import { startWorld, type World } from '../support/world.ts'

const PARALLEL = 60

let world: World

beforeAll(async () => {
  world = await startWorld({ webhooks: false })
})

afterAll(async () => {
  await world?.close()
})

const operator = () => operatorContext(world.dependencies, 'demo', 'test')

test('a paused tenant charges nothing, refunds go on, and another tenant is not touched', async () => {
  const { token } = await payerWithCard(world)
  const before = await world.as('billing').post('/v1/charges', chargeOf(token))
  await pauseCharging(operator())
  const refused = await world.as('billing').post('/v1/charges', chargeOf(token))
  expect(refused.json.code).toBe('charging_paused')
  const refund = await world
    .as('billing')
    .post('/v1/refunds', { charge: before.json.id, amount: 1, reason: 'requested_by_customer' })
  expect(refund.status, refund.text).toBe(201)
  const other = await payerWithCard(world, { tenant: 'other' })
  expect((await world.as('billing', 'other').post('/v1/charges', chargeOf(other.token))).status).toBe(201)
  await resumeCharging(operator())
  expect((await world.as('billing').post('/v1/charges', chargeOf(token))).status).toBe(201)
})

test('no charge is reserved after pausing has answered, however many are on their way', async () => {
  const { token } = await payerWithCard(world)
  const first = await world.as('billing').post('/v1/charges', chargeOf(token))
  expect(first.status).toBe(201)
  const sent = Array.from({ length: PARALLEL }, () => world.as('billing').post('/v1/charges', chargeOf(token)))
  await Promise.race(sent)
  await pauseCharging(operator())
  const count = () =>
    world.dependencies.db.transaction(
      'demo',
      ({ sql }) => sql<[{ count: number }]>`select count(*)::int as count from charges`,
    )
  const [held] = await count()
  const answers = await Promise.all(sent)
  const [later] = await count()
  expect(later.count).toBe(held.count)
  const codes = new Set(answers.map(answer => (answer.status === 201 ? 'made' : answer.json.code)))
  expect([...codes].every(code => code === 'made' || code === 'charging_paused')).toBe(true)
  await resumeCharging(operator())
})
