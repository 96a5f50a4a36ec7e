// Processes of another region than their database do not start, and an operator moves a database on purpose only.

import postgres from 'postgres'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { asSuperuser } from '../support/database-contents.ts'
import { type OperatorSite, openOperatorSite } from '../support/operator-site.ts'

let site: OperatorSite

beforeAll(async () => {
  site = await openOperatorSite()
  await site.run(['tenants', 'add', 'acme'])
})
afterAll(() => site?.close())

async function asOwner<Value>(work: (sql: postgres.Sql) => Promise<Value>): Promise<Value> {
  const sql = postgres(site.database.ownerUrl, { max: 1 })
  try {
    return await work(sql)
  } finally {
    await sql.end()
  }
}

const show = async (env = {}) => site.run(['region', 'show', '--json'], { env })

test('the first start marks the database with the region', async () => {
  const { code, stdout } = await show()
  expect(code).toBe(0)
  expect(JSON.parse(stdout)).toEqual({ deployment: 'test-region', database: 'test-region', agrees: true })
})

test('a process of another region does not start, and says what does not agree', async () => {
  for (const command of [['serve'], ['worker'], ['tenants', 'list']]) {
    const { code, stderr } = await site.run(command, { env: { REGION: 'mars' } })
    expect(code, command.join(' ')).toBe(78)
    expect(stderr).toContain('This deployment is of the region mars, its database of test-region.')
  }
  const shown = await show({ REGION: 'mars' })
  expect(shown.code).toBe(1)
  expect(JSON.parse(shown.stdout)).toMatchObject({ database: 'test-region', agrees: false })
})

test('a marker that was rewritten by hand, and a tenant of another region, keep it from starting', async () => {
  await asOwner(sql => sql`update deployment_region set region = 'mars'`)
  const forged = await site.run(['serve'], { env: { REGION: 'mars' } })
  expect(forged).toMatchObject({ code: 78, stderr: expect.stringContaining('not signed by this keyring') })
  await asOwner(sql => sql`update deployment_region set region = 'test-region'`)
  await asOwner(sql => sql`update tenants set region = 'mars' where id = 'acme'`)
  const stranger = await site.run(['worker'])
  expect(stranger).toMatchObject({ code: 78, stderr: expect.stringContaining('The tenant acme is of the region mars') })
  await asOwner(sql => sql`update tenants set region = 'test-region'`)
})

test('a move names both regions, is recorded, and is finished by running it again', async () => {
  const move = (from: string, env: Record<string, string>) =>
    site.run(['region', 'set', 'mars', '--from', from], { env })
  expect((await move('test-region', {})).code).toBe(2)
  expect((await move('venus', { REGION: 'mars' })).code).toBe(1)
  expect((await show()).code).toBe(0)
  const moved = await move('test-region', { REGION: 'mars' })
  expect(moved).toMatchObject({ code: 0, stdout: 'The database and 1 tenants were moved to mars.\n' })
  expect((await show({ REGION: 'mars' })).code).toBe(0)
  expect((await site.run(['tenants', 'list'])).code).toBe(78)
  // Row security holds the owner too.
  const recorded = await asSuperuser(
    site.database,
    sql =>
      sql`select action, details from audit_log where action in ('region.set', 'tenant.set-region') order by action`,
  )
  expect(recorded.map(row => [row.action, row.details])).toEqual([
    ['region.set', { from: 'test-region', to: 'mars' }],
    ['tenant.set-region', { from: 'test-region', to: 'mars' }],
  ])
  expect((await move('mars', { REGION: 'mars' })).code).toBe(0)
  await site.run(['region', 'set', 'test-region', '--from', 'mars'])
})
