// The scan for card numbers: a seeded number is found wherever it is, its place is told, and its value never.
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import postgres from 'postgres'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type OperatorSite, openOperatorSite } from '../support/operator-site.ts'

const NUMBER = '5555 5555 5555 4444'
const DIGITS = NUMBER.replaceAll(' ', '')

let site: OperatorSite
const said: string[] = []

beforeAll(async () => {
  site = await openOperatorSite()
  await site.run(['tenants', 'add', 'acme'])
})

afterAll(async () => {
  await site?.close()
})

async function scan(paths: string[], options: Parameters<OperatorSite['run']>[1] = {}) {
  const { code, stdout, output } = await site.run(['pan-scan', '--json', ...paths], options)
  said.push(output)
  return { code, result: stdout === '' ? null : JSON.parse(stdout) }
}

/** Past the second net of the database, as a restored backup or a hand-written statement would come in. */
async function plant(work: (sql: postgres.TransactionSql) => Promise<unknown>) {
  const sql = postgres(site.database.superuserUrl, { max: 1, onnotice: () => {} })
  await sql.begin(async tx => {
    await tx`set local session_replication_role = replica`
    await work(tx)
  })
  await sql.end()
}

test('a clean database is clean, and each tenant has it in its audit log that it was searched', async () => {
  const { code, result } = await scan([])
  expect(code).toBe(0)
  expect(result.database).toMatchObject({ places: 0, hits: [], unread: [] })
  expect(result.database.tables).toBeGreaterThan(15)
  const { stdout } = await site.run(['audit', 'tail', '--tenant', 'acme', '--json'])
  expect(stdout).toContain('"action":"pan-scan.run"')
})

test('a number in text, in JSON, in bytes, of any tenant and of none, is found by table, column and row', async () => {
  await plant(async tx => {
    await tx`insert into tenants (id, name, region, livemode, created_at, updated_at) values ('other', ${`x ${NUMBER}`}, 'test-region', false, now(), now())`
    await tx`
      insert into audit_log (tenant_id, id, at, actor_kind, actor_id, action, outcome, object_type, request_id, details, transaction_id, row_hash)
      values ('other', 'audt_1', now(), 'x', 'x', 'x', 'ok', 'x', 'x', ${tx.json({ deep: [{ note: DIGITS }] })}, '1', ''),
             ('acme', 'audt_2', now(), 'x', ${DIGITS}, 'x', 'ok', 'x', 'x', '{}', '2', ${Buffer.from(`bytes ${NUMBER} and ${NUMBER}`)})`
  })
  const { code, result } = await scan([])
  expect(code).toBe(1)
  const hits = result.database.hits.map((hit: Record<string, unknown>) => [hit.table, hit.column, hit.places])
  expect(hits).toEqual(
    expect.arrayContaining([
      ['public.tenants', 'name', 1],
      ['public.audit_log', 'details', 1],
      ['public.audit_log', 'actor_id', 1],
      ['public.audit_log', 'row_hash', 2],
    ]),
  )
  expect(hits).toHaveLength(4)
  expect(result.database.places).toBe(5)
  expect(result.database.hits.find((hit: { column: string }) => hit.column === 'details').row).toMatch(/^other\/\d+$/)
})

test('files, folders, compressed files and standard input are searched, and told by line', async () => {
  const folder = join(site.folder, 'logs')
  await mkdir(join(folder, 'old'), { recursive: true })
  await writeFile(join(folder, 'clean.log'), 'request took 1234567890123 ms\n')
  await writeFile(join(folder, 'dirty.log'), `one\ntwo\n{"message":"${NUMBER}"}\n`)
  await writeFile(join(folder, 'old', 'dump.gz'), gzipSync(`${'x'.repeat(300_000)}\n${DIGITS}\n`))
  await writeFile(join(folder, 'old', 'dump.zst'), zstdCompressSync(`${DIGITS}\n`))
  await writeFile(join(folder, 'old', 'dump.xz'), Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0, 1, 2]))
  await writeFile(join(folder, `${DIGITS}.txt`), '')
  const { code, result } = await scan([folder, '-'], { env: { DATABASE_URL: undefined }, input: `${DIGITS}\n` })
  expect(code).toBe(1)
  const found = result.files.map(
    (file: { file: string; places: number; lines: number[]; unreadable: string | null }) => [
      file.file.replace(`${folder}/`, ''),
      file.places,
      file.lines,
      file.unreadable,
    ],
  )
  expect(found.toSorted()).toEqual([
    ['-', 1, [1], null],
    ['[card number removed].txt', 1, [], null],
    ['dirty.log', 1, [3], null],
    ['old/dump.gz', 1, [2], null],
    ['old/dump.xz', 0, [], 'compressed as xz'],
    ['old/dump.zst', 1, [1], null],
  ])
})

test('clean files need no settings and end with 0', async () => {
  const file = join(site.folder, 'clean.txt')
  await writeFile(file, 'nothing here\n')
  const { code, stdout } = await site.run(['pan-scan', file], {
    env: { DATABASE_URL: undefined, KEYRING_FILE: undefined },
  })
  expect({ code, stdout }).toEqual({ code: 0, stdout: 'Searched 1 file, 13 bytes.\nNo card number was found.\n' })
})

test('a path that does not exist is wrong usage, not a clean scan', async () => {
  expect((await scan([join(site.folder, 'absent')])).code).toBe(2)
})

test('nothing that was said holds the number', () => {
  for (const text of said) expect(text.replace(/[ -]/g, '')).not.toContain(DIGITS)
})
