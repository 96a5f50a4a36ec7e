// Every table that holds wrapped keys is one that a rotation finds, may change, and counts before a version is retired.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Database, openDatabase } from '../../src/db/client.ts'
import { SEALED_COLUMNS, tablesOfWrappedKeys } from '../../src/domain/keys/sealed-columns.ts'
import { createSuiteDatabase, type SuiteDatabase } from '../support/database.ts'

let suite: SuiteDatabase
let db: Database
beforeAll(async () => {
  suite = await createSuiteDatabase()
  db = openDatabase({ url: suite.appUrl, poolMax: 1 })
})
afterAll(async () => {
  await db.close()
  await suite.drop()
})

test('whatever holds a wrapped key is found, and has its version beside it', async () => {
  const rows = await db.sql<{ name: string }[]>`
    select distinct c.relname as name from pg_attribute a join pg_class c on c.oid = a.attrelid
     where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
       and a.attname = 'wrapped_key' order by 1`
  expect(await tablesOfWrappedKeys(db.sql)).toEqual(rows.map(({ name }) => name))
  expect(rows.map(({ name }) => name)).toContain('payers')
})

test('the service may write another wrapping, and another seal, of each', async () => {
  const columns = [
    ...(await tablesOfWrappedKeys(db.sql)).flatMap(table => [
      { table, column: 'wrapped_key' },
      { table, column: 'key_version' },
    ]),
    ...Object.values(SEALED_COLUMNS).flat(),
  ]
  for (const { table, column } of columns) {
    const [row] = await db.sql`select has_column_privilege(current_user, ${table}, ${column}, 'update') as may`
    expect({ table, column, may: row?.may }).toEqual({ table, column, may: true })
  }
})
