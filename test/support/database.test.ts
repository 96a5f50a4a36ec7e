// Every suite works on a clone of one migrated database, as the service's own role.
import postgres from 'postgres'
import { expect, test } from 'vitest'
import { createSuiteDatabase } from './database.ts'

const connect = (url: string) => postgres(url, { max: 1, onnotice: () => {} })

test('two suites write without seeing each other, and leave nothing', async () => {
  const [one, two] = await Promise.all([createSuiteDatabase(), createSuiteDatabase()])
  const first = connect(one.ownerUrl)
  const second = connect(two.ownerUrl)
  await first`create table mine (id int)`
  const [there] = await second`select to_regclass('mine') as name`
  expect(there?.name).toBeNull()
  await Promise.all([first.end(), second.end()])
  await Promise.all([one.drop(), two.drop()])
  await expect(connect(one.ownerUrl)`select 1`).rejects.toMatchObject({ code: '3D000' })
})

test('the service uses the migrated tables and owns none of them', async () => {
  const database = await createSuiteDatabase()
  const sql = connect(database.appUrl)
  const [owned] = await sql`select count(*)::int as tables from pg_tables where tableowner = current_user`
  expect(owned?.tables).toBe(0)
  const [usable] = await sql`select has_table_privilege('tenants', 'select') as readable`
  expect(usable?.readable).toBe(true)
  await sql.end()
  await database.drop()
})

test('a connection that a suite leaves open fails it', async () => {
  const database = await createSuiteDatabase()
  const sql = connect(database.appUrl)
  await sql`select 1`
  await expect(database.drop()).rejects.toThrow('connections left open: postgres.js (idle)')
  await sql.end()
})
