// Signatures outlive the keys that made them: what a retired version signed still verifies, and it signs nothing more.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { TokenRefused } from '../../src/crypto/compact-jws.ts'
import { type Database, openDatabase } from '../../src/db/client.ts'
import { enrolKeyring } from '../../src/domain/keys/enrol-keyring.ts'
import { openLiveSigners } from '../../src/domain/keys/live-signers.ts'
import { keyringEditor } from '../../src/keyring/edit-keyring.ts'
import { createKeyringFile, openFileKeyring } from '../../src/keyring/file-keyring.ts'
import { SYSTEM_CLOCK } from '../../src/vault.ts'
import { createSuiteDatabase, type SuiteDatabase } from '../support/database.ts'

const AT = new Date('2026-11-27T00:00:00Z')
let folder: string
let path: string
let suite: SuiteDatabase
let db: Database

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'live-signers-'))
  path = join(folder, 'keyring.json')
  suite = await createSuiteDatabase()
  db = openDatabase({ url: suite.appUrl, poolMax: 2 })
  await createKeyringFile(path, AT)
})
afterAll(async () => {
  await db.close()
  await suite.drop()
  await rm(folder, { recursive: true })
})

const opened = async () => {
  const keyring = await openFileKeyring(path)
  await enrolKeyring({ db, keyring, clock: SYSTEM_CLOCK })
  return { keyring, ...(await openLiveSigners(db, keyring)) }
}
const session = { sessionId: 'csess_1', tenantId: 'demo', now: AT, lifetimeSeconds: 600 }
const kidOf = (jws: string) => JSON.parse(Buffer.from(jws.split('.')[0] as string, 'base64url').toString()).kid

test('a running signer follows the keyring, and one that starts later verifies what it signed before', async () => {
  const running = await opened()
  const statement = running.statements.sign('receipt', { id: 'r1' })
  const token = running.sessionTokens.sign(session)
  expect([kidOf(statement), kidOf(token)]).toEqual(['statement-1', 'session-1'])

  const editor = keyringEditor(path, null)
  await editor.advance(AT)
  await running.keyring.reload()
  await enrolKeyring({ db, keyring: running.keyring, clock: SYSTEM_CLOCK })
  expect(kidOf(running.statements.sign('receipt', { id: 'r2' }))).toBe('statement-2')

  await editor.retire(1, AT)
  await running.keyring.reload()
  // Fresh: it never held the private key of version 1. The database knows that version as retired.
  await db.sql`update key_versions set retired_at = now() where version = 1`
  const fresh = await opened()
  expect(() => fresh.keyring.derive('statement-signing', 1)).toThrow('retired')
  for (const { statements, sessionTokens } of [running, fresh]) {
    expect(statements.read('receipt', statement)).toEqual({ id: 'r1' })
    expect(statements.read('checkpoint', statement)).toBeNull()
    expect(sessionTokens.verify(token, AT).sessionId).toBe('csess_1')
    expect(
      statements
        .publicKeys()
        .map(({ kid }) => kid)
        .sort(),
    ).toEqual(['statement-1', 'statement-2'])
    expect(kidOf(sessionTokens.sign(session))).toBe('session-2')
  }
})

test('a token of a version that came just now is looked for in the keyring', async () => {
  const [slow, quick] = [await opened(), await opened()]
  await keyringEditor(path, null).advance(AT)
  await quick.keyring.reload()
  const token = quick.sessionTokens.sign(session)
  expect(() => slow.sessionTokens.verify(token, AT)).toThrow(TokenRefused)
  await slow.sessionTokens.meet(token)
  expect(slow.sessionTokens.verify(token, AT).sessionId).toBe('csess_1')
})

test('public keys are never changed nor removed', async () => {
  await expect(db.sql`delete from signing_keys`).rejects.toMatchObject({ code: '42501' })
  await expect(db.sql`update signing_keys set public_key = sha256('')`).rejects.toMatchObject({ code: '42501' })
  const owner = openDatabase({ url: suite.ownerUrl, poolMax: 1 })
  await expect(owner.sql`delete from signing_keys`).rejects.toMatchObject({ code: 'PL001' })
  await expect(owner.sql`update key_versions set retired_at = null`).rejects.toMatchObject({ code: 'PL001' })
  await owner.close()
})
