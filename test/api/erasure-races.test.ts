// An erasure begins while others are at the payer's cards: what was before it is finished, and nothing comes after it.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { asSuperuser } from '../support/database-contents.ts'
import { beginErasure } from '../support/erasing.ts'
import { chargeOf, payerWithCard } from '../support/payer-with-card.ts'
import { startWorld, type World } from '../support/world.ts'

let world: World
beforeAll(async () => {
  world = await startWorld({ webhooks: false })
})
afterAll(() => world.close())

const GONE = { status: 410, json: { code: 'payer_erased' } }

test('no charge of 200 parallel ones is reserved once it has been answered', async () => {
  const { payer, token } = await payerWithCard(world)
  const billing = world.as('billing')
  const wave = (count: number) =>
    Array.from({ length: count }, () => billing.post('/v1/charges', chargeOf(token, { amount: 100 })))
  const before = wave(120)
  await Promise.race(before)
  const beginning = beginErasure(world, payer)
  const during = wave(40)
  const id = await beginning
  for (const answer of await Promise.all(wave(40))) expect(answer).toMatchObject(GONE)
  const answers = await Promise.all([...before, ...during])
  for (const { status } of answers) expect([201, 202, 410]).toContain(status)
  const reserved = answers.filter(({ status }) => status !== 410).length
  expect(reserved).toBeGreaterThan(0)
  // The audit rows are numbered under the locks on the token that the reserves and the beginning take.
  const [row] = await asSuperuser(
    world.database,
    sql => sql<{ reserved: number; late: number }[]>`
      select count(*)::int as reserved,
             (count(*) filter (where sequence > (select sequence from audit_log where object_id = ${id}
                                                    and action = 'erasure.start')))::int as late
        from audit_log where payer_id = ${payer} and action = 'charge.create'`,
  )
  expect(row).toEqual({ reserved, late: 0 })
})

test('begun twice at once, it is one erasure', async () => {
  const { payer } = await payerWithCard(world)
  const ids = await Promise.all([beginErasure(world, payer), beginErasure(world, payer), beginErasure(world, payer)])
  expect(new Set(ids).size).toBe(1)
})

test('a card that is being saved meanwhile is not saved', async () => {
  const checkout = world.as('checkout')
  const payer = (await checkout.post('/v1/payers', { short_name: 'Racing' })).json.id
  const saving = Array.from({ length: 12 }, () =>
    checkout.post('/v1/tokens', { payer, payment_method: 'pm_card_visa', consent: { text_version: 'v1' } }),
  )
  await Promise.race(saving)
  await beginErasure(world, payer)
  await Promise.all(saving)
  const living = await checkout.get(`/v1/tokens?payer=${payer}`)
  for (const { status } of living.json.data) expect(status).toBe('detached')
})
