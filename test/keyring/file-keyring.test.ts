import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createKeyringFile, openFileKeyring } from '../../src/keyring/file-keyring.ts'
import { KEY_PURPOSES, type KeyPurpose, KeyringError } from '../../src/keyring/keyring.ts'
import { type KeyringDocument, keyCheck, openKeyringDocument } from '../../src/keyring/keyring-document.ts'

const place = { tenantId: 'demo', table: 'data_keys', row: 'payer_1' }
const dataKey = Buffer.alloc(32, 9)
let folder: string
let path: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'keyring-'))
  path = join(folder, 'keyring.json')
})

afterEach(() => rm(folder, { recursive: true }))

async function failureOf(run: () => Promise<unknown>): Promise<KeyringError> {
  const error = await run().then(
    () => new Error('it succeeded'),
    (reason: unknown) => reason,
  )
  if (error instanceof KeyringError) return error
  throw error
}

const codeOf = async (run: () => Promise<unknown>) => (await failureOf(run)).code

async function edit(change: (document: KeyringDocument) => unknown): Promise<void> {
  const document = JSON.parse(await readFile(path, 'utf8')) as KeyringDocument
  const changed = change(document)
  await writeFile(path, typeof changed === 'string' ? changed : JSON.stringify(document))
}

function addVersion(document: KeyringDocument, version: number, fill: number): void {
  const key = Buffer.alloc(32, fill)
  document.wrapping_keys.push({
    version,
    state: 'active',
    created_at: '2026-11-01T00:00:00.000Z',
    key: key.toString('base64'),
    check: keyCheck(key, `wrap ${version}`),
  })
}

describe('a keyring file', () => {
  test('is made with mode 0600 and never overwritten', async () => {
    await createKeyringFile(path)
    expect((await stat(path)).mode & 0o777).toBe(0o600)
    const before = await readFile(path, 'utf8')
    expect(await codeOf(() => createKeyringFile(path))).toBe('keyring_exists')
    expect(await readFile(path, 'utf8')).toBe(before)
  })

  test.each([0o640, 0o604, 0o660, 0o666, 0o610])('that others may touch (mode %i) is refused', async mode => {
    await createKeyringFile(path)
    await chmod(path, mode)
    const failure = await failureOf(() => openFileKeyring(path))
    expect(failure.code).toBe('keyring_readable_by_others')
    expect(failure.message).toContain('set it to 0600')
  })

  test('that is missing or a folder is refused with what to do', async () => {
    expect((await failureOf(() => openFileKeyring(path))).message).toContain('panless keys init')
    expect(await codeOf(() => openFileKeyring(folder))).toBe('keyring_unreadable')
    expect(await codeOf(() => createKeyringFile(join(folder, 'no', 'such', 'folder')))).toBe('keyring_unreadable')
  })

  test.each<[string, (document: KeyringDocument) => unknown, string]>([
    ['cut', document => JSON.stringify(document).slice(0, 100), 'keyring_malformed'],
    ['empty', () => ' ', 'keyring_malformed'],
    ['of another format', document => Object.assign(document, { format: 'panless-keyring/9' }), 'keyring_malformed'],
    ['with an unknown member', document => Object.assign(document, { extra: 1 }), 'keyring_malformed'],
    ['without a wrapping key', document => Object.assign(document, { wrapping_keys: [] }), 'keyring_malformed'],
    [
      'without an active key',
      document => Object.assign(document.wrapping_keys[0]!, { state: 'retired' }),
      'keyring_malformed',
    ],
    [
      'with a short key',
      document => Object.assign(document.hash_key, { key: Buffer.alloc(31, 1).toString('base64') }),
      'keyring_malformed',
    ],
    [
      'with another key',
      document => Object.assign(document.hash_key, { key: Buffer.alloc(32, 1).toString('base64') }),
      'keyring_key_damaged',
    ],
    [
      'with a renamed version',
      document => Object.assign(document.wrapping_keys[0]!, { version: 2 }),
      'keyring_key_damaged',
    ],
    ['with a version twice', document => addVersion(document, 1, 2), 'keyring_malformed'],
    [
      'with one key twice',
      document => {
        const key = Buffer.from(document.hash_key.key as string, 'base64')
        addVersion(document, 2, 0)
        Object.assign(document.wrapping_keys[1]!, { key: key.toString('base64'), check: keyCheck(key, 'wrap 2') })
      },
      'keyring_malformed',
    ],
  ])('that is %s is refused, and the message holds no key', async (_name, change, code) => {
    await createKeyringFile(path)
    const keys = (JSON.parse(await readFile(path, 'utf8')) as KeyringDocument).wrapping_keys.map(
      entry => entry.key as string,
    )
    await edit(change)
    const failure = await failureOf(() => openFileKeyring(path))
    expect(failure.code).toBe(code)
    for (const key of keys) expect(failure.message).not.toContain(key)
  })

  test('with any byte changed is refused, or means the same', async () => {
    await createKeyringFile(path)
    const text = await readFile(path, 'utf8')
    // The day a key was made is told and protects nothing.
    const keysOf = async (of: string) => {
      const { wrappingKeys, hashKey } = await openKeyringDocument(of, null)
      return { hashKey, wrappingKeys: wrappingKeys.map(({ createdAt: _, ...key }) => key) }
    }
    const original = await keysOf(text)
    await fc.assert(
      fc.asyncProperty(fc.nat(text.length - 1), fc.integer({ min: 32, max: 126 }), async (at, character) => {
        const changed = text.slice(0, at) + String.fromCharCode(character) + text.slice(at + 1)
        try {
          expect(await keysOf(changed)).toEqual(original)
        } catch (error) {
          expect(error).toBeInstanceOf(KeyringError)
        }
      }),
      { numRuns: 500 },
    )
  })
})

describe('a keyring', () => {
  test('wraps so that a key opens at its own place only', async () => {
    await createKeyringFile(path)
    const keyring = await openFileKeyring(path)
    await keyring.ready()
    const { wrapped, keyVersion } = await keyring.wrap(dataKey, place)
    expect(keyVersion).toBe(1)
    expect(wrapped.includes(dataKey)).toBe(false)
    expect(await (await openFileKeyring(path)).unwrap(wrapped, 1, place)).toEqual(dataKey)
    for (const change of [{ tenantId: 'other' }, { table: 'payers' }, { row: 'payer_2' }]) {
      expect(await codeOf(() => keyring.unwrap(wrapped, 1, { ...place, ...change }))).toBe('not_unwrapped')
    }
    expect(await codeOf(() => keyring.unwrap(wrapped, 2, place))).toBe('unknown_key_version')
    expect(await codeOf(() => keyring.wrap(Buffer.alloc(16), place))).toBe('bad_data_key_length')
  })

  test('opens no wrapped key that was changed or cut', async () => {
    await createKeyringFile(path)
    const keyring = await openFileKeyring(path)
    const { wrapped } = await keyring.wrap(dataKey, place)
    for (let at = 0; at < wrapped.length; at += 1) {
      const changed = Buffer.from(wrapped)
      changed[at] = changed[at]! ^ 1
      expect(await codeOf(() => keyring.unwrap(changed, 1, place))).toBe('not_unwrapped')
      expect(await codeOf(() => keyring.unwrap(wrapped.subarray(0, at), 1, place))).toBe('not_unwrapped')
    }
  })

  test('keeps opening after a rotation, keeps its hashes, and opens nothing with a retired version', async () => {
    await createKeyringFile(path)
    const before = await openFileKeyring(path)
    const old = await before.wrap(dataKey, place)
    await edit(document => addVersion(document, 2, 5))
    const after = await openFileKeyring(path)
    expect([after.currentVersion, after.versions()]).toEqual([2, [1, 2]])
    expect(await after.unwrap(old.wrapped, old.keyVersion, place)).toEqual(dataKey)
    expect((await after.wrap(dataKey, place)).keyVersion).toBe(2)

    for (const [purpose, kind] of Object.entries(KEY_PURPOSES) as [KeyPurpose, string][]) {
      expect(after.derive(purpose).equals(before.derive(purpose)), purpose).toBe(kind === 'fixed')
      expect(after.derive(purpose, 1).equals(before.derive(purpose, 1)), purpose).toBe(true)
    }

    await edit(document => Object.assign(document.wrapping_keys[0]!, { state: 'retired' }))
    const retired = await openFileKeyring(path)
    expect(retired.versions()).toEqual([2])
    expect(await codeOf(() => retired.unwrap(old.wrapped, 1, place))).toBe('key_version_retired')
    expect(() => retired.derive('tenant-secrets', 1)).toThrow('retired')
  })

  test('that cannot be read anew says of a version only that it does not know it, to all who ask', async () => {
    await createKeyringFile(path)
    const keyring = await openFileKeyring(path)
    await writeFile(path, 'broken')
    const reading = failureOf(() => keyring.reload())
    expect(await Promise.all([keyring.meet(2), keyring.meet(2)])).toEqual([false, false])
    expect((await reading).code).toBe('keyring_malformed')
  })

  test('gives each purpose a key of its own, the same in every process', async () => {
    await createKeyringFile(path)
    const [one, two] = [await openFileKeyring(path), await openFileKeyring(path)]
    const purposes = Object.keys(KEY_PURPOSES) as KeyPurpose[]
    for (const purpose of purposes) expect(one.derive(purpose).equals(two.derive(purpose))).toBe(true)
    expect(new Set(purposes.map(purpose => one.derive(purpose).export().toString('hex'))).size).toBe(purposes.length)
  })
})
