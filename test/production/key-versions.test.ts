// Two processes on two versions of the keys, as there are while a new keyring file is on its way: each opens what the other
// sealed and verifies what the other signed, and both take the newer version up without a restart.
import { copyFile, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import postgres from 'postgres'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openProductionSite, type ProductionSite, type Service, until } from '../support/production-site.ts'

let site: ProductionSite
/** Reads the site's own keyring file. */
let first: Service
/** Reads a copy, which gets the new version later. */
let second: Service
let copy: string

beforeAll(async () => {
  site = await openProductionSite()
  copy = join(site.folder, 'copy.json')
  await copyFile(site.keyringFile, copy)
  ;[first, second] = await Promise.all([site.serve(), site.serve({ KEYRING_FILE: copy })])
}, 120_000)
afterAll(() => site?.close())

const newPayer = async (service: Service, name: string): Promise<string> => {
  const made = await site.client(service, 'checkout').post('/v1/payers', { short_name: name })
  expect(made.status, made.text).toBe(201)
  return made.json.id
}
const nameOf = async (service: Service, payer: string) => {
  const answer = await site.client(service, 'checkout').get(`/v1/payers/${payer}`)
  return answer.json?.short_name ?? `${answer.status} ${answer.text}`
}
const keySet = async (service: Service) => (await site.client(service, 'checkout').get('/.well-known/jwks.json')).json
const versionOf = async (payer: string): Promise<number> => {
  const sql = postgres(site.database.superuserUrl, { max: 1 })
  const [row] = await sql`select key_version from payers where id = ${payer}`
  await sql.end()
  return row?.key_version
}

/** As a copy that is put in place by a machine's configuration. */
async function giveCopy(): Promise<void> {
  await writeFile(`${copy}.new`, await readFile(site.keyringFile), { mode: 0o600 })
  await rename(`${copy}.new`, copy)
}

test('a prepared version is learned by all, then one seals with it while the other still uses the old one', async () => {
  const old = await newPayer(first, 'Old')
  const prepared = await site.command(['keys', 'rotate', '--prepare', '--json'])
  expect(prepared.code, prepared.stderr).toBe(0)
  await giveCopy()
  const rotated = site.begin(['keys', 'rotate', '--share', '100'])
  let young = ''
  await until(async () => {
    young = await newPayer(first, 'Young')
    return (await versionOf(young)) === 2
  })
  // The copy still says that version 2 waits.
  const between = await newPayer(second, 'Between')
  expect(await versionOf(between)).toBe(1)
  for (const service of [first, second]) {
    expect([await nameOf(service, old), await nameOf(service, young), await nameOf(service, between)]).toEqual([
      'Old',
      'Young',
      'Between',
    ])
  }

  // A session's token that one signed lets in at the other, both ways.
  for (const [signer, reader] of [
    [first, second],
    [second, first],
  ] as const) {
    const session = await site.client(signer, 'checkout').post('/v1/checkout-sessions', {
      payer: old,
      usage: 'off_session',
      consent: { text_version: 'v1', locale: 'en' },
    })
    expect(session.status, session.text).toBe(201)
    const own = await site.withToken(reader, session.json.session_token).get(`/v1/checkout-sessions/${session.json.id}`)
    expect(own.status, own.text).toBe(200)
  }

  await giveCopy()
  await until(async () => (await versionOf(await newPayer(second, 'Later'))) === 2)
  await site.leasesEnd()
  await new Promise(resolve => rotated.once('exit', resolve))
  expect(rotated.exitCode).toBe(0)
  expect(await versionOf(between)).toBe(2)
}, 180_000)

test('the key set lists every key that ever signed, also after its private key is gone', async () => {
  const before = await keySet(first)
  expect(before.keys.map(({ kid }: { kid: string }) => kid).sort()).toEqual([
    'session-1',
    'session-2',
    'statement-1',
    'statement-2',
  ])
  expect(JSON.stringify(before)).not.toContain('"d"')
  const retired = await site.command(['keys', 'retire', '1', '--json'])
  expect(retired.code, retired.stderr + retired.stdout).toBe(0)
  await giveCopy()
  const fresh = await site.serve()
  for (const service of [first, second, fresh]) {
    expect((await keySet(service)).keys).toEqual(expect.arrayContaining(before.keys))
  }
  await fresh.stop()
}, 120_000)
