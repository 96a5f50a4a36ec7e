// A keyring in one JSON file that only its owner can read: made by `keys init`, opened once at start.
import { createSecretKey, hkdfSync, type KeyObject, timingSafeEqual } from 'node:crypto'
import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { dirname } from 'node:path'
import { KEY_PURPOSES, type KeyPlace, type KeyPurpose, type Keyring, KeyringError } from './keyring.ts'
import { type KeyringContent, newKeyringDocument, parseKeyringDocument } from './keyring-document.ts'
import { unwrapKey, WRAPPED_KEY_BYTES, wrapKey } from './wrapped-key.ts'

const OWNER_ONLY = 0o600
const GROUP_AND_OTHERS = 0o077
// A thousand keys take 250 KiB.
const MAX_FILE_BYTES = 1024 * 1024
const DERIVED_KEY_BYTES = 32

/** Makes a keyring file (mode 0600) with fresh keys; throws `keyring_exists` rather than overwrite one. */
export async function createKeyringFile(path: string, createdAt: Date = new Date()): Promise<void> {
  let file: FileHandle
  try {
    file = await open(path, 'wx', OWNER_ONLY)
  } catch (error) {
    if (codeOf(error) === 'EEXIST') {
      throw new KeyringError(
        'keyring_exists',
        'the keyring file exists already; what it sealed would be lost without it',
      )
    }
    throw new KeyringError('keyring_unreadable', `the keyring file cannot be made (${codeOf(error)})`)
  }
  try {
    await file.chmod(OWNER_ONLY)
    await file.writeFile(newKeyringDocument(createdAt))
    await file.sync()
  } finally {
    await file.close()
  }
  await syncDirectory(dirname(path))
}

/**
 * Opens a keyring file. Throws `keyring_missing`, `keyring_unreadable`, `keyring_readable_by_others`,
 * `keyring_malformed` or `keyring_key_damaged`; the message says what to do.
 */
export async function openFileKeyring(path: string): Promise<Keyring> {
  const text = await readPrivateFile(path)
  return new FileKeyring(parseKeyringDocument(text))
}

class FileKeyring implements Keyring {
  readonly currentVersion: number
  readonly #roots = new Map<number, KeyObject>()
  readonly #retired: ReadonlySet<number>
  readonly #hashRoot: KeyObject
  readonly #derived = new Map<string, KeyObject>()

  constructor(content: KeyringContent) {
    const active = content.wrappingKeys.filter(entry => entry.state === 'active')
    for (const entry of active.sort((a, b) => a.version - b.version)) {
      this.#roots.set(entry.version, createSecretKey(entry.bytes))
    }
    this.#retired = new Set(content.wrappingKeys.filter(entry => entry.state === 'retired').map(entry => entry.version))
    this.#hashRoot = createSecretKey(content.hashKey)
    this.currentVersion = Math.max(...this.#roots.keys())
    for (const entry of content.wrappingKeys) entry.bytes.fill(0)
    content.hashKey.fill(0)
  }

  versions(): number[] {
    return [...this.#roots.keys()]
  }

  async wrap(dataKey: Buffer, place: KeyPlace) {
    const keyVersion = this.currentVersion
    const wrapped = wrapKey(this.#subKey(this.#root(keyVersion), `wrap ${keyVersion}`), keyVersion, dataKey, place)
    return { wrapped, keyVersion }
  }

  async unwrap(wrapped: Buffer, keyVersion: number, place: KeyPlace): Promise<Buffer> {
    return unwrapKey(this.#subKey(this.#root(keyVersion), `wrap ${keyVersion}`), keyVersion, wrapped, place)
  }

  derive(purpose: KeyPurpose, version: number = this.currentVersion): KeyObject {
    if (KEY_PURPOSES[purpose] === 'fixed') return this.#subKey(this.#hashRoot, `derive ${purpose}`)
    return this.#subKey(this.#root(version), `derive ${purpose} ${version}`)
  }

  async ready(): Promise<void> {
    const sample = Buffer.alloc(WRAPPED_KEY_BYTES, 0x5a)
    const place = { tenantId: 'self-test', table: 'self-test', row: 'self-test' }
    const { wrapped, keyVersion } = await this.wrap(sample, place)
    const back = await this.unwrap(wrapped, keyVersion, place)
    if (!timingSafeEqual(back, sample)) throw new KeyringError('keyring_not_working', 'the keyring fails its self-test')
  }

  #root(version: number): KeyObject {
    const root = this.#roots.get(version)
    if (root) return root
    if (this.#retired.has(version)) {
      throw new KeyringError('key_version_retired', `key version ${version} is retired: nothing is opened with it`)
    }
    throw new KeyringError('unknown_key_version', `the keyring has no key version ${version}`)
  }

  // The label holds the version, so one name means one key.
  #subKey(root: KeyObject, label: string): KeyObject {
    const known = this.#derived.get(label)
    if (known) return known
    const bytes = Buffer.from(
      hkdfSync('sha256', root, Buffer.alloc(0), `panless/keyring/1 ${label}`, DERIVED_KEY_BYTES),
    )
    const key = createSecretKey(bytes)
    bytes.fill(0)
    this.#derived.set(label, key)
    return key
  }
}

async function readPrivateFile(path: string): Promise<string> {
  let file: FileHandle
  try {
    file = await open(path, constants.O_RDONLY)
  } catch (error) {
    if (codeOf(error) === 'ENOENT') {
      throw new KeyringError('keyring_missing', 'the keyring file does not exist; make one with `panless keys init`')
    }
    throw new KeyringError('keyring_unreadable', `the keyring file cannot be opened (${codeOf(error)})`)
  }
  try {
    // The open file is judged, not its name, so that it cannot be exchanged between the check and the read.
    const stat = await file.stat()
    if (!stat.isFile()) throw new KeyringError('keyring_unreadable', 'the keyring is not a regular file')
    if ((stat.mode & GROUP_AND_OTHERS) !== 0) {
      const mode = (stat.mode & 0o777).toString(8).padStart(4, '0')
      throw new KeyringError('keyring_readable_by_others', `the keyring file has mode ${mode}; set it to 0600`)
    }
    if (stat.size > MAX_FILE_BYTES) throw new KeyringError('keyring_malformed', 'the keyring file is too large')
    return await file.readFile('utf8')
  } finally {
    await file.close()
  }
}

async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, constants.O_RDONLY)
  try {
    await directory.sync()
  } finally {
    await directory.close()
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown error'
}
