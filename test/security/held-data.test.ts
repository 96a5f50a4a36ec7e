// Every column of every table is classed: as something held about a person, as workings, or in a table without persons.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { accessPackagePage } from '../../src/checkout/access-package-page.ts'
import { labelOf } from '../../src/checkout/access-package-texts.ts'
import { erasedInWords, reasonInWords } from '../../src/domain/erasures/erased-in-words.ts'
import { REASONS_TO_KEEP } from '../../src/domain/erasures/reasons-to-keep.ts'
import { WHAT_GOES } from '../../src/domain/erasures/what-goes.ts'
import { WHAT_STAYS } from '../../src/domain/erasures/what-stays.ts'
import { LANGUAGES } from '../../src/domain/languages.ts'
import type { AccessPackage } from '../../src/domain/privacy/build-access-package.ts'
import { BUILT_IN_REGISTER } from '../../src/domain/privacy/built-in-register.ts'
import { columnsOf, HELD_DATA, TABLES_WITHOUT_PERSONS } from '../../src/domain/privacy/held-data.ts'
import { HELD_TITLES, titleOfSection } from '../../src/domain/privacy/held-titles.ts'
import { PERSONAL_FIELD_NAMES } from '../../src/domain/privacy/personal-fields.ts'
import { coveredFields } from '../../src/domain/privacy/register.ts'
import { RETENTION_RULES } from '../../src/domain/privacy/retention-rules.ts'
import { createSuiteDatabase, type SuiteDatabase } from '../support/database.ts'
import { asSuperuser } from '../support/database-contents.ts'

let database: SuiteDatabase
let tables: Map<string, string[]>
/** Tables with rows that may be no payer's. */
let nobodys: Set<string>

beforeAll(async () => {
  database = await createSuiteDatabase()
  const columns = await asSuperuser(
    database,
    sql => sql<{ table: string; name: string; optional: boolean }[]>`
      select c.relname as table, a.attname as name, not a.attnotnull as optional
        from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
       where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
       order by 1, a.attnum`,
  )
  tables = new Map()
  nobodys = new Set(columns.filter(({ name, optional }) => name === 'payer_id' && optional).map(({ table }) => table))
  for (const { table, name } of columns) tables.set(table, [...(tables.get(table) ?? []), name])
})
afterAll(() => database?.drop())

/** In every table, and said nowhere. */
const UNSAID = ['tenant_id', 'payer_id']

test('every table is in one list, and no list names a table that is not there', () => {
  expect([...tables.keys()].filter(name => !(name in HELD_DATA) && !TABLES_WITHOUT_PERSONS.includes(name))).toEqual([])
  expect([...Object.keys(HELD_DATA), ...TABLES_WITHOUT_PERSONS].filter(name => !tables.has(name))).toEqual([])
  expect(TABLES_WITHOUT_PERSONS.filter(name => name in HELD_DATA)).toEqual([])
})

test('every column of a table about persons is in one class, and is what its class says', () => {
  for (const [name, held] of Object.entries(HELD_DATA)) {
    const classed = [held.sealed, held.hashed, held.facts, held.workings].flatMap(columnsOf)
    expect(classed.toSorted(), name).toEqual(
      (tables.get(name) ?? []).filter(column => !UNSAID.includes(column)).toSorted(),
    )
    for (const column of columnsOf(held.sealed)) expect(column, name).toMatch(/_sealed$/)
    for (const column of columnsOf(held.hashed)) expect(column, name).toMatch(/_hash$/)
    expect(`${held.facts} ${held.workings}`, name).not.toMatch(/_sealed\b/)
    expect(held.section === null, name).toBe(held.because !== undefined)
  }
})

test('every personal field is held somewhere, and a purpose of the built-in register covers whatever is held', () => {
  const held = new Set(Object.values(HELD_DATA).flatMap(({ fields }) => fields))
  expect([...held].toSorted()).toEqual(PERSONAL_FIELD_NAMES.toSorted())
  const covered = coveredFields(BUILT_IN_REGISTER)
  expect([...held].filter(field => !covered.has(field))).toEqual([])
  for (const [name, { fields }] of Object.entries(HELD_DATA)) expect(fields, name).not.toEqual([])
})

/** What is kept, though it is sealed or a hash of something, and why. */
const KEPT: Record<string, string> = {
  'charges.reference_hash': 'a reference is unique for ever',
  'idempotency_keys.key_hash': 'the key of a request that moved money is never forgotten',
  'idempotency_keys.request_hash': 'as its key',
  'disclosures.details_sealed': 'of a cohort, the recipient: as long as the log of disclosures',
  'disclosures.recipient_hash': 'as long as the log of disclosures',
  'mail_outbox.data_sealed': 'goes as soon as the mail was sent or given up',
  'audit_log.address_hash': 'as long as the audit log',
}

test('whatever is sealed or hashed goes in time, or with its payer where it is always a payer’s', () => {
  const emptied = (by: { table: string; set: string | null }[], table: string, column: string) =>
    by.some(one => one.table === table && (one.set === null || new RegExp(`\\b${column} = (null|'')`).test(one.set)))
  const rules = Object.values(RETENTION_RULES).map(({ table, empty }) => ({ table, set: empty }))
  const left = Object.entries(HELD_DATA).flatMap(([name, held]) =>
    columnsOf(`${held.sealed} ${held.hashed}`)
      .filter(column => {
        if (emptied(rules, name, column) || KEPT[`${name}.${column}`] !== undefined) return false
        const ofPayer = name === 'payers' || emptied([...WHAT_GOES], name, column)
        return !ofPayer || nobodys.has(name)
      })
      .map(column => `${name}.${column}`),
  )
  expect(left).toEqual([])
})

test('every table about persons is removed whole by an erasure, or is named among what stays', () => {
  const removed: string[] = WHAT_GOES.filter(({ set, holds }) => set === null && holds === 'true').map(
    ({ table }) => table,
  )
  const stays: string[] = WHAT_STAYS.map(({ table }) => table)
  expect(Object.keys(HELD_DATA).filter(table => !removed.includes(table) && !stays.includes(table))).toEqual([])
  expect(removed.filter(table => stays.includes(table))).toEqual([])
})

test('what an erasure names, a section of the package, and every reason has words in each language', () => {
  for (const name of Object.keys(HELD_DATA)) expect(Object.keys(HELD_TITLES)).toContain(name)
  const sections = Object.values(HELD_DATA).flatMap(({ section }) => section ?? [])
  for (const language of LANGUAGES) {
    for (const section of [...sections, 'log_of_disclosures']) {
      expect(titleOfSection(section, language)).not.toBe(section)
    }
    for (const { name } of [...WHAT_GOES, ...WHAT_STAYS, { name: 'payer' }]) {
      expect(erasedInWords(name, language)).not.toBe(name)
    }
    for (const { name, why } of WHAT_STAYS) expect(reasonInWords(name, language)).toBe(why[language])
  }
  const texts = [...Object.values(HELD_TITLES), ...Object.values(REASONS_TO_KEEP)]
  for (const text of texts) expect(new Set(Object.values(text)).size, text.en).toBe(LANGUAGES.length)
})

test('every member of the access package has a name, and the notes that people wrote keep their own words', () => {
  const shown = Object.values(HELD_DATA).filter(({ section }) => section !== null)
  const members = shown.flatMap(({ facts, sealed }) => columnsOf(`${facts} ${sealed}`))
  for (const name of members.map(column => column.replace(/_sealed$/, ''))) {
    expect(labelOf(name, 'mn'), name).toMatch(/[А-Яа-яӨөҮү]/)
  }
  const metadata = { status: 'active', purpose: 'marketing' }
  const held = { tokens: { rows: [{ status: 'active', metadata }], complete: true } }
  const none = { purposes: [], automated_decisions: [], made_at: '2026-11-27T17:10:56.578Z', region: '', company: '' }
  const page = String(accessPackagePage({ ...none, held } as unknown as AccessPackage, 'mn'))
  expect(page).toContain('<dt>Төлөв</dt><dd>Идэвхтэй</dd>')
  expect(page).toContain('<dt>status</dt><dd>active</dd>')
})

test('a table without persons holds no payer and nothing that is sealed with a payer’s key', () => {
  for (const name of TABLES_WITHOUT_PERSONS) expect(tables.get(name), name).not.toContain('payer_id')
})
