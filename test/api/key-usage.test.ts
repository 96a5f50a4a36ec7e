// How much each key has encrypted is counted without being waited for, and bounded: a key that is used up seals nothing more.
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createEncryptionLeases, ENCRYPTIONS_MAX } from '../../src/domain/keys/encryption-leases.ts'
import { LEASE_SIZE } from '../../src/keyring/encryption-count.ts'
import { asSuperuser } from '../support/database-contents.ts'
import { startWorld, type World } from '../support/world.ts'

let world: World
beforeAll(async () => {
  world = await startWorld({ webhooks: false })
})
afterAll(() => world.close())

const reserved = async (use: string): Promise<number> =>
  asSuperuser(world.database, async sql => {
    const [row] = await sql`select reserved::int as reserved from key_usage where version = 1 and use = ${use}`
    return row?.reserved ?? 0
  })

const newPayer = () => world.as('checkout').post('/v1/payers', { short_name: `P. ${randomUUID().slice(0, 6)}` })

test('encryptions are reserved by the thousand, and a lease that is renewed reserves no more than was used', async () => {
  for (let index = 0; index < 20; index++) expect((await newPayer()).status).toBe(201)
  for (const use of ['wrap', 'tenant-secrets']) {
    expect(await reserved(use)).toBeGreaterThanOrEqual(LEASE_SIZE)
    expect(await reserved(use)).toBeLessThanOrEqual(LEASE_SIZE + 20)
  }
})

test('a key that has encrypted as much as it may seals nothing more, says so, and opens what it sealed', async () => {
  const payer = (await newPayer()).json.id
  await asSuperuser(world.database, sql => sql`update key_usage set reserved = ${ENCRYPTIONS_MAX}`)
  // What this process reserved before is its own; a process that starts now gets nothing.
  world.dependencies.keyring.countBy(createEncryptionLeases(world.dependencies))
  const refused = await newPayer()
  expect(refused).toMatchObject({ status: 503, json: { code: 'sealing_unavailable' } })
  expect(world.logs.join('\n')).toContain('run panless keys rotate')
  const metrics = await (await fetch(world.metricsUrl)).text()
  expect(metrics).toMatch(/panless_alerts_total\{name="key_used_up"\} [1-9]/)
  expect((await world.as('checkout').get(`/v1/payers/${payer}`)).status).toBe(200)
  await asSuperuser(world.database, sql => sql`update key_usage set reserved = 0`)
  expect((await newPayer()).status).toBe(201)
})

test('a version that is being retired gets no leases any more', async () => {
  await asSuperuser(world.database, sql => sql`update key_versions set retiring_at = now()`)
  const leases = createEncryptionLeases(world.dependencies)
  await expect(leases.grant(1, 'wrap', 1)).rejects.toMatchObject({ code: 'key_version_retired' })
  world.dependencies.keyring.countBy(leases)
  expect(await newPayer()).toMatchObject({ status: 503, json: { code: 'sealing_unavailable' } })
  expect(world.logs.join('\n')).toContain('key_version_retired')
  await asSuperuser(world.database, sql => sql`update key_versions set retiring_at = null`)
  await expect(leases.grant(1, 'wrap', 1)).resolves.toBeUndefined()
  expect((await newPayer()).status).toBe(201)
})

test('a row under a version that this process does not have is no fault of the request, and is logged', async () => {
  const payer = (await newPayer()).json.id
  await asSuperuser(world.database, sql => sql`update payers set key_version = 7 where id = ${payer}`)
  world.dependencies.dataKeys.forget('demo', payer)
  expect(await world.as('checkout').get(`/v1/payers/${payer}`)).toMatchObject({
    status: 503,
    json: { code: 'sealing_unavailable' },
  })
  expect(world.logs.join('\n')).toContain('unknown_key_version')
})
