// A pool whose connections are all taken: those who wait are told to come back, and what they wanted is not done later.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Database, openDatabase } from '../../src/db/client.ts'
import { refusalOfDatabase } from '../../src/domain/database-refusals.ts'
import { createSuiteDatabase, type SuiteDatabase } from '../support/database.ts'

const POOL_WAIT_MS = 200

let database: SuiteDatabase
let db: Database
beforeAll(async () => {
  database = await createSuiteDatabase()
  db = openDatabase({ url: database.appUrl, poolMax: 1, poolWaitMs: POOL_WAIT_MS })
})
afterAll(async () => {
  await db.close()
  await database.drop()
})

test('a transaction that gets no connection in time fails as busy, and does nothing once there is one', async () => {
  const held = Promise.withResolvers<void>()
  const taken = Promise.withResolvers<void>()
  const first = db.transaction('demo', async () => {
    taken.resolve()
    await held.promise
    return 'first'
  })
  await taken.promise
  let begun = false
  const late = db.transaction('demo', async () => {
    begun = true
  })
  const failure = await late.catch(error => error)
  expect(failure).toMatchObject({ code: 'POOL_WAIT' })
  expect(refusalOfDatabase(failure)).toMatchObject({ code: 'database_busy', retryAfterSeconds: 1 })
  held.resolve()
  expect(await first).toBe('first')
  expect(await db.transaction('demo', async tx => (await tx.sql`select 1 as one`)[0]?.one)).toBe(1)
  expect(begun).toBe(false)
})

test('a transaction that has its connection may take longer than others wait', async () => {
  const slow = await db.transaction('demo', async tx => {
    await tx.sql`select pg_sleep(${(POOL_WAIT_MS * 2) / 1000})`
    return 'done'
  })
  expect(slow).toBe('done')
})
