// The moves of each life stand twice: as a table in the code, and as a trigger that refuses every other move.
import { readdir, readFile } from 'node:fs/promises'
import fc from 'fast-check'
import postgres from 'postgres'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ATTEMPT_MOVES, CHARGE_MOVES, isFinal, isUndecided } from '../../src/domain/charges/state.ts'
import { DISCLOSURE_MOVES } from '../../src/domain/disclosures/state.ts'
import { INQUIRY_MOVES } from '../../src/domain/inquiries/state.ts'
import { MAIL_MOVES } from '../../src/domain/mail/state.ts'
import { REFUND_MOVES } from '../../src/domain/refunds/state.ts'
import { REQUEST_MOVES } from '../../src/domain/rights/state.ts'
import { TOKEN_MOVES } from '../../src/domain/tokens/state.ts'
import { createSuiteDatabase, type SuiteDatabase } from '../support/database.ts'

const LIVES = {
  charges: CHARGE_MOVES,
  charge_attempts: ATTEMPT_MOVES,
  refunds: REFUND_MOVES,
  tokens: TOKEN_MOVES,
  mail_outbox: MAIL_MOVES,
  privacy_requests: REQUEST_MOVES,
  disclosures: DISCLOSURE_MOVES,
  inquiries: INQUIRY_MOVES,
} as const

/** All migrations in their order: the last word on a trigger is the one in force. */
async function migrationsText(): Promise<string> {
  const folder = new URL('../../drizzle/', import.meta.url)
  const names = (await readdir(folder)).filter(name => name.endsWith('.sql')).sort()
  return (await Promise.all(names.map(name => readFile(new URL(name, folder), 'utf8')))).join('\n')
}

const movesOf = (table: Readonly<Record<string, readonly string[]>>): string[] =>
  Object.entries(table).flatMap(([from, list]) => list.map(to => `${from}>${to}`))

describe('the trigger of each table', () => {
  it.each(Object.entries(LIVES))('of %s allows the same moves as the code', async (name, table) => {
    const guards = await migrationsText()
    const start = guards.lastIndexOf(`create trigger ${name}_moves`)
    const listed = [...guards.slice(start, guards.indexOf(');', start)).matchAll(/'([a-z_]+>[a-z_]+)'/g)]
    expect(listed.map(match => match[1]).sort()).toEqual(movesOf(table).sort())
  })
})

describe('the database', () => {
  let database: SuiteDatabase
  let sql: postgres.Sql
  beforeAll(async () => {
    database = await createSuiteDatabase()
    sql = postgres(database.superuserUrl, { max: 1, onnotice: () => {} })
  })
  afterAll(async () => {
    await sql?.end()
    await database?.drop()
  })

  it('refuses every other move', async () => {
    // A table with the same trigger and nothing else, so that no foreign key has to be satisfied.
    for (const [name, table] of Object.entries(LIVES)) {
      const [trigger] =
        await sql`select pg_get_triggerdef(oid) as text from pg_trigger where tgname = ${`${name}_moves`}`
      await sql.unsafe(`create table life_of_${name} (status text)`)
      await sql.unsafe(String(trigger?.text).replace(/ON public\.\w+/, `ON public.life_of_${name}`))
      for (const from of Object.keys(table)) {
        for (const to of Object.keys(table)) {
          await sql.unsafe(`truncate life_of_${name}; insert into life_of_${name} values ('${from}')`)
          const moved = sql.unsafe(`update life_of_${name} set status = '${to}'`).then(
            () => true,
            error => (error.code === 'PL002' ? false : Promise.reject(error)),
          )
          const allowed = from === to || (table as Record<string, readonly string[]>)[from]?.includes(to) === true
          expect(await moved, `${name}: ${from} to ${to}`).toBe(allowed)
        }
      }
    }
  })
})

describe('the tables', () => {
  it('leave no final state, and reach one from everywhere', () => {
    for (const table of [CHARGE_MOVES, ATTEMPT_MOVES]) {
      for (const from of Object.keys(table) as (keyof typeof table)[]) {
        expect(isFinal(from)).toBe(table[from].length === 0)
        expect(reachable(table, from).some(state => isFinal(state as never))).toBe(true)
      }
    }
  })

  it('never forget an outcome: whatever is walked, money that succeeded stays', () => {
    const states = Object.keys(CHARGE_MOVES) as (keyof typeof CHARGE_MOVES)[]
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...states), { maxLength: 30 }), walk => {
        let at: (typeof states)[number] = 'sending'
        let paid = false
        for (const next of walk) {
          if (CHARGE_MOVES[at].includes(next)) at = next
          paid ||= at === 'succeeded'
        }
        return !paid || (at === 'succeeded' && !isUndecided(at))
      }),
    )
  })
})

function reachable(table: Readonly<Record<string, readonly string[]>>, from: string): string[] {
  const seen = new Set([from])
  for (const state of seen) for (const next of table[state] ?? []) seen.add(next)
  return [...seen]
}
