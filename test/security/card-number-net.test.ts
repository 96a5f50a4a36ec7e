// The second net, in the database: it catches what is plainly a card number, and is never stricter than the door.
import fc from 'fast-check'
import postgres from 'postgres'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { containsCardNumber } from '../../src/crypto/pan.ts'
import { findInJson } from '../../src/http/pan-firewall-json.ts'
import { createSuiteDatabase, type SuiteDatabase } from '../support/database.ts'
import { inScript, NEAR_MISSES, PUBLISHED_NUMBERS, printedGroups, SAMPLE_CLASSES } from '../support/pan-samples.ts'

let database: SuiteDatabase
let sql: postgres.Sql

beforeAll(async () => {
  database = await createSuiteDatabase()
  sql = postgres(database.superuserUrl, { max: 1 })
})
afterAll(async () => {
  await sql.end()
  await database.drop()
})

async function caughtByNet(texts: string[]): Promise<string[]> {
  const rows = await sql<{ text: string }[]>`
    select text from unnest(${texts}::text[]) as text where panless_holds_card_number(text)`
  return rows.map(row => row.text)
}

const isPrintedInFours = (number: string) => [14, 15, 16, 19].includes(number.length)

describe('the net in the database', () => {
  it('catches every published number, plain, in groups, in other digits and inside a sentence', async () => {
    const plain = PUBLISHED_NUMBERS.flatMap(number => [
      number,
      `paid by ${number}.`,
      inScript(number, 0xff10),
      inScript(number, 0x660),
    ])
    const grouped = PUBLISHED_NUMBERS.filter(isPrintedInFours).flatMap(number =>
      [' ', '-', '\u00a0', '\u2013'].map(gap => `card ${printedGroups(number).join(gap)} 12/27`),
    )
    expect(new Set(await caughtByNet([...plain, ...grouped]))).toEqual(new Set([...plain, ...grouped]))
  })

  it('lets pass what passes every day', async () => {
    const harmless = SAMPLE_CLASSES.filter(({ maxRate }) => maxRate === 0)
    const samples = harmless.flatMap(({ sample }) => Array.from({ length: 1_000 }, sample))
    expect(await caughtByNet([...NEAR_MISSES, ...samples])).toEqual([])
  })

  it('never refuses a text that the door lets pass', async () => {
    const pieces = fc.constantFrom(
      ...[
        '4242',
        '4000',
        '5678',
        '1',
        '12',
        '123456',
        '30569309',
        '025904',
        '371449',
        '635398',
        '431',
        '63040000',
        '00000000',
      ],
      ...['4242424242424242', '378282246310005', '30569309025904', 'DE89', '550e8400-e29b-41d4-a716-'],
      ...[
        '+',
        '+4',
        ' ',
        ' ',
        '-',
        '-',
        '.',
        'a',
        'Z',
        'é',
        '%',
        '/',
        '_',
        '"',
        '\u200b',
        '\u00a0',
        '４',
        '２４２４',
        '\n',
      ],
    )
    const texts = fc.array(pieces, { minLength: 1, maxLength: 12 }).map(parts => parts.join(''))
    await fc.assert(
      fc.asyncProperty(fc.array(texts, { minLength: 500, maxLength: 500 }), async batch => {
        expect((await caughtByNet(batch)).filter(text => !containsCardNumber(text))).toEqual([])
      }),
      { numRuns: 40 },
    )
  })

  it('looks at every string, name and number of JSON, as the door does', async () => {
    const holding = [
      '{"a":"4242424242424242"}',
      '{"4242424242424242":1}',
      '{"a":[4242424242424242]}',
      '{"a":"\\n4242424242424242"}',
      '{"a":{"b":[4.242424242424242e15]}}',
      '"4242 4242 4242 4242"',
    ]
    const free = [
      '{"a":"x4242424242424242"}',
      '{"a":4242,"b":[4242,4242,4242]}',
      '{}',
      'null',
      '{"a":"+4222222222222"}',
    ]
    for (const json of [...holding, ...free]) {
      const [row] = await sql`select panless_holds_card_number(${json}::text::jsonb) as held`
      expect([json, row?.held]).toEqual([json, holding.includes(json)])
      expect(findInJson(json, JSON.parse(json)) !== null).toBe(holding.includes(json))
    }
  })
})
