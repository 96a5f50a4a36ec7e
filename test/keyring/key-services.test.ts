// The key services that may wrap a keyring: each at a real HTTP server that does what the service does, and fails as it may.
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createAwsKms } from '../../src/keyring/aws-kms.ts'
import { keyringEditor, protectKeyringFile } from '../../src/keyring/edit-keyring.ts'
import { createKeyringFile, openFileKeyring } from '../../src/keyring/file-keyring.ts'
import { createGcpKms } from '../../src/keyring/gcp-kms.ts'
import type { KeyService } from '../../src/keyring/key-service.ts'
import { KeyringError } from '../../src/keyring/keyring.ts'
import type { KeyringDocument } from '../../src/keyring/keyring-document.ts'
import { createVaultTransit } from '../../src/keyring/vault-transit.ts'
import { createPostJson } from '../../src/outbound/post-json.ts'
import {
  AWS_KEY,
  GCP_KEY,
  type KeyServiceDouble,
  startKeyServiceDouble,
  VAULT_KEY,
  VAULT_TOKEN,
} from '../support/key-service-double.ts'

const AT = new Date('2026-11-27T00:00:00Z')
const place = { tenantId: 'demo', table: 'payers', row: 'payer_1' }
/** Longer than any answer here takes, and short enough to wait for. */
const TIMEOUT_MS = 3_000

let double: KeyServiceDouble
let folder: string
let path: string
let files = 0

beforeAll(async () => {
  double = await startKeyServiceDouble()
  folder = await mkdtemp(join(tmpdir(), 'key-services-'))
  const credentials = join(folder, 'google.json')
  await writeFile(credentials, double.googleCredentials)
  Object.assign(process.env, {
    AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
    AWS_SECRET_ACCESS_KEY: 'canary',
    GOOGLE_APPLICATION_CREDENTIALS: credentials,
  })
})
afterAll(async () => {
  await double.close()
  await rm(folder, { recursive: true })
})
beforeEach(() => {
  double.fail(null)
  double.calls.length = 0
  path = join(folder, `keyring-${++files}.json`)
})

const vault = (timeoutMs: number, key = VAULT_KEY, token = VAULT_TOKEN) =>
  createVaultTransit({
    post: createPostJson({ base: double.url, timeoutMs, attempts: 3 }),
    key,
    mount: 'transit',
    token: () => token,
  })

const KINDS: Record<string, { make: (timeoutMs?: number) => KeyService; withoutKey: () => KeyService }> = {
  aws: {
    make: (timeoutMs = TIMEOUT_MS) => createAwsKms({ key: AWS_KEY, endpoint: double.url, timeoutMs }),
    withoutKey: () => createAwsKms({ key: AWS_KEY.replace('1234', '9999'), endpoint: double.url }),
  },
  gcp: {
    make: (timeoutMs = TIMEOUT_MS) => createGcpKms({ key: GCP_KEY, endpoint: double.url, timeoutMs }),
    withoutKey: () => createGcpKms({ key: `${GCP_KEY}-other`, endpoint: double.url }),
  },
  vault: { make: (timeoutMs = TIMEOUT_MS) => vault(timeoutMs), withoutKey: () => vault(TIMEOUT_MS, 'other') },
}

async function failureOf(run: () => Promise<unknown>): Promise<KeyringError> {
  const error = await run().then(
    () => new Error('it succeeded'),
    (reason: unknown) => reason,
  )
  if (error instanceof KeyringError) return error
  throw error
}
const codeOf = async (run: () => Promise<unknown>) => (await failureOf(run)).code

async function edit(change: (document: KeyringDocument) => void): Promise<void> {
  const document = JSON.parse(await readFile(path, 'utf8')) as KeyringDocument
  change(document)
  await writeFile(path, JSON.stringify(document))
}

describe.each(Object.entries(KINDS))('a keyring wrapped by %s', (name, { make, withoutKey }) => {
  test('holds no key in the clear, opens by the service, and then asks it nothing more', async () => {
    await createKeyringFile(path, AT, make())
    const { wrapping_keys, hash_key } = JSON.parse(await readFile(path, 'utf8'))
    for (const entry of [...wrapping_keys, hash_key]) expect(Object.keys(entry)).not.toContain('key')
    double.calls.length = 0
    const keyring = await openFileKeyring(path, { service: make() })
    expect(double.calls.map(call => call.toLowerCase())).toEqual([`${name} decrypt`, `${name} decrypt`])
    const dataKey = Buffer.alloc(32, 7)
    for (let round = 0; round < 20; round++) {
      const { wrapped, keyVersion } = await keyring.wrap(dataKey, place)
      expect(await keyring.unwrap(wrapped, keyVersion, place)).toEqual(dataKey)
      await keyring.sealingKey('tenant-secrets')
    }
    expect(double.calls).toHaveLength(2)
  })

  test('gets another version, opens with both, and loses the first for good', async () => {
    await createKeyringFile(path, AT, make())
    const keyring = await openFileKeyring(path, { service: make() })
    const old = await keyring.wrap(Buffer.alloc(32, 7), place)
    const editor = keyringEditor(path, make())
    await editor.advance(AT)
    await keyring.reload()
    expect(keyring.versions()).toEqual([1, 2])
    expect(await keyring.unwrap(old.wrapped, 1, place)).toEqual(Buffer.alloc(32, 7))
    await editor.retire(1, AT)
    const later = await openFileKeyring(path, { service: make() })
    expect(later.versions()).toEqual([2])
    expect(await codeOf(() => later.unwrap(old.wrapped, 1, place))).toBe('key_version_retired')
    expect(JSON.parse(await readFile(path, 'utf8')).wrapping_keys[0]).not.toHaveProperty('wrapped_key')
  })

  test('is not made nor opened while the service is away, denies, or has the key disabled', async () => {
    await createKeyringFile(path, AT, make())
    const other = `${path}.other`
    for (const [how, code] of [
      ['away', 'key_service_away'],
      ['denied', 'key_service_denied'],
      ['disabled', 'key_service_refused'],
    ] as const) {
      double.fail(how)
      expect(await codeOf(() => openFileKeyring(path, { service: make() })), how).toBe(code)
      expect(await codeOf(() => createKeyringFile(other, AT, make())), how).toBe(code)
    }
    await expect(readFile(other)).rejects.toThrow('ENOENT')
  })

  test('waits no longer than its time for a service that does not answer', async () => {
    await createKeyringFile(path, AT, make())
    double.fail('slow')
    const began = performance.now()
    expect(await codeOf(() => openFileKeyring(path, { service: make(400) }))).toBe('key_service_away')
    expect(performance.now() - began).toBeLessThan(5_000)
  })

  test('is opened in spite of one answer that says busy', async () => {
    await createKeyringFile(path, AT, make())
    double.fail('busy', 1)
    expect((await openFileKeyring(path, { service: make() })).versions()).toEqual([1])
    double.fail('busy')
    expect(await codeOf(() => openFileKeyring(path, { service: make() }))).toBe('key_service_away')
  })

  test('is refused when what was wrapped was changed, moved to another entry, or is of another key', async () => {
    await createKeyringFile(path, AT, make())
    const before = await readFile(path, 'utf8')
    await edit(document => {
      const entry = document.wrapping_keys[0] as { wrapped_key?: string }
      const text = entry.wrapped_key as string
      entry.wrapped_key = `${text.slice(0, -8)}${text.at(-8) === 'A' ? 'B' : 'A'}${text.slice(-7)}`
    })
    expect(await codeOf(() => openFileKeyring(path, { service: make() }))).toBe('keyring_key_damaged')
    await writeFile(path, before)
    await edit(document => {
      const first = document.wrapping_keys[0] as { wrapped_key?: string }
      const swapped = first.wrapped_key
      first.wrapped_key = document.hash_key.wrapped_key
      document.hash_key.wrapped_key = swapped
    })
    expect(await codeOf(() => openFileKeyring(path, { service: make() }))).toBe('keyring_key_damaged')
    await writeFile(path, before)
    double.exchangeKey()
    expect(await codeOf(() => openFileKeyring(path, { service: make() }))).toBe('keyring_key_damaged')
  })

  test('is opened with no other settings than it was made with, and the message says which', async () => {
    await createKeyringFile(path, AT, make())
    for (const service of [null, withoutKey()]) {
      const failure = await failureOf(() => openFileKeyring(path, { service }))
      expect(failure.code).toBe('keyring_service_differs')
      expect(failure.message).toContain(make().key)
    }
    expect(await codeOf(() => keyringEditor(path, null).advance(AT))).toBe('keyring_service_differs')
    await createKeyringFile(`${path}.plain`, AT)
    expect(await codeOf(() => openFileKeyring(`${path}.plain`, { service: make() }))).toBe('keyring_service_differs')
  })

  test('is made of a file in the clear without another key, once', async () => {
    await createKeyringFile(path, AT)
    await keyringEditor(path, null).advance(AT)
    const before = await openFileKeyring(path)
    const sealed = await before.wrap(Buffer.alloc(32, 7), place)
    const clear = JSON.parse(await readFile(path, 'utf8')) as KeyringDocument
    await protectKeyringFile(path, make())
    const text = await readFile(path, 'utf8')
    for (const { key } of [...clear.wrapping_keys, clear.hash_key]) expect(text).not.toContain(key)
    const after = await openFileKeyring(path, { service: make() })
    expect(await after.unwrap(sealed.wrapped, sealed.keyVersion, place)).toEqual(Buffer.alloc(32, 7))
    expect(after.derive('lookup-hash').equals(before.derive('lookup-hash'))).toBe(true)
    expect(await codeOf(() => protectKeyringFile(path, make()))).toBe('keyring_service_differs')
    // Whoever has the keys in memory goes on with them.
    expect(await codeOf(() => before.reload())).toBe('keyring_service_differs')
    expect(before.versions()).toEqual([1, 2])
  })

  test('is not put in the place of a file that a rotation changed meanwhile', async () => {
    await createKeyringFile(path, AT)
    const service = make()
    let rotated = ''
    const slow: KeyService = {
      ...service,
      async wrap(key, label) {
        if (rotated === '') {
          await keyringEditor(path, null).advance(AT)
          rotated = await readFile(path, 'utf8')
        }
        return service.wrap(key, label)
      },
    }
    expect(await codeOf(() => protectKeyringFile(path, slow))).toBe('keyring_changed')
    expect(await readFile(path, 'utf8')).toBe(rotated)
    expect(existsSync(`${path}.new`)).toBe(false)
  })

  test('is not made with a key that the service has not', async () => {
    expect(await codeOf(() => createKeyringFile(path, AT, withoutKey()))).toBe('key_service_refused')
  })
})

test('no message of a failure holds a token, a credential or a key', async () => {
  await createKeyringFile(path, AT, vault(TIMEOUT_MS))
  double.fail('denied')
  const { message } = await failureOf(() => openFileKeyring(path, { service: vault(TIMEOUT_MS) }))
  expect(message).not.toContain(VAULT_TOKEN)
  double.fail(null)
  expect(await codeOf(() => openFileKeyring(path, { service: vault(TIMEOUT_MS, VAULT_KEY, 'wrong') }))).toBe(
    'key_service_denied',
  )
})
