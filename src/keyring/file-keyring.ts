// A keyring in one JSON file that only its owner can read, made by `keys init`. It is read at start, and again when it
// changes or when something names a version that was not met before: a rotation needs no restart.
import { type KeyObject, timingSafeEqual } from 'node:crypto'
import { EncryptionCount } from './encryption-count.ts'
import type { KeyService } from './key-service.ts'
import {
  type CountedUse,
  type EncryptionLeases,
  type KeyPlace,
  type KeyPurpose,
  type Keyring,
  KeyringError,
  type KeyVersion,
  type SealingPurpose,
} from './keyring.ts'
import { documentText, newKeyringDocument, openKeyringDocument } from './keyring-document.ts'
import { fileStamp, makePrivateFile, readPrivateFile } from './keyring-file.ts'
import { RootKeys } from './root-keys.ts'
import { WRAPPED_KEY_BYTES } from './wrapped-key.ts'

/** How often a running process looks whether the file was replaced. */
const WATCH_MS = 1_000
/** Whoever names versions that do not exist makes the file be read this often at most. */
const MEET_MS = 250
/** A file that could not be taken is left alone for so long: its key service may be away. */
const AFTER_TROUBLE_MS = 10_000

export type FileKeyringOptions = {
  service?: KeyService | null
  /** Look for changes of the file by itself. */
  watch?: boolean
  /** A file that changed could not be taken; the keys that were read before stay in use. */
  onTrouble?: (error: unknown) => void
  /** Other keys were read than before. */
  onChange?: () => void
}

/** Makes a keyring file (mode 0600) with fresh keys; throws `keyring_exists` rather than overwrite one. */
export async function createKeyringFile(
  path: string,
  createdAt: Date = new Date(),
  service: KeyService | null = null,
): Promise<void> {
  await makePrivateFile(path, documentText(await newKeyringDocument(createdAt, service)))
}

/** Opens a keyring file. Throws KeyringError, whose message says what to do. */
export async function openFileKeyring(path: string, options: FileKeyringOptions = {}): Promise<Keyring> {
  const stamp = await fileStamp(path)
  const text = await readPrivateFile(path)
  const roots = new RootKeys(await openKeyringDocument(text, options.service ?? null))
  return new FileKeyring(path, options, { text, stamp, roots })
}

class FileKeyring implements Keyring {
  readonly #path: string
  readonly #options: FileKeyringOptions
  #roots: RootKeys
  #text: string
  #stamp: string | null
  #revision = 1
  #count: EncryptionCount | null = null
  #reading: Promise<void> | null = null
  /** Monotonic times before which nobody's question makes the file be read. */
  #notBefore = 0
  readonly #timer: NodeJS.Timeout | null

  constructor(
    path: string,
    options: FileKeyringOptions,
    read: { text: string; stamp: string | null; roots: RootKeys },
  ) {
    this.#path = path
    this.#options = options
    this.#roots = read.roots
    this.#text = read.text
    this.#stamp = read.stamp
    this.#timer = options.watch ? setInterval(() => void this.#look(), WATCH_MS).unref() : null
  }

  get currentVersion(): number {
    return this.#roots.currentVersion
  }

  get revision(): number {
    return this.#revision
  }

  versions(): number[] {
    return this.#roots.versions()
  }

  states(): KeyVersion[] {
    return [...this.#roots.states]
  }

  async wrap(dataKey: Buffer, place: KeyPlace) {
    const keyVersion = await this.#counted('wrap')
    return { wrapped: this.#roots.wrap(keyVersion, dataKey, place), keyVersion }
  }

  async unwrap(wrapped: Buffer, keyVersion: number, place: KeyPlace): Promise<Buffer> {
    await this.meet(keyVersion)
    return this.#roots.unwrap(keyVersion, wrapped, place)
  }

  derive(purpose: KeyPurpose, version: number = this.currentVersion): KeyObject {
    return this.#roots.derive(purpose, version)
  }

  async sealingKey(purpose: SealingPurpose) {
    const version = await this.#counted(purpose)
    return { key: this.derive(purpose, version), version }
  }

  async openingKey(purpose: SealingPurpose, version: number): Promise<KeyObject> {
    await this.meet(version)
    return this.derive(purpose, version)
  }

  async meet(version: number): Promise<boolean> {
    if (!this.#roots.knows(version)) {
      // Who reads it tells what is wrong with it.
      if (this.#reading) await this.#reading.catch(() => {})
      else await this.#tryReload()
    }
    return this.#roots.knows(version)
  }

  reload(): Promise<void> {
    this.#reading ??= this.#read().finally(() => {
      this.#reading = null
    })
    return this.#reading
  }

  countBy(leases: EncryptionLeases): void {
    this.#count = new EncryptionCount(leases)
  }

  async ready(): Promise<void> {
    const roots = this.#roots
    const sample = Buffer.alloc(WRAPPED_KEY_BYTES, 0x5a)
    const place = { tenantId: 'self-test', table: 'self-test', row: 'self-test' }
    const wrapped = roots.wrap(roots.currentVersion, sample, place)
    const back = roots.unwrap(roots.currentVersion, wrapped, place)
    if (!timingSafeEqual(back, sample)) throw new KeyringError('keyring_not_working', 'the keyring fails its self-test')
  }

  close(): void {
    if (this.#timer) clearInterval(this.#timer)
    this.#options.service?.close()
  }

  /** The version to encrypt with, after one encryption of it was counted. */
  async #counted(use: CountedUse): Promise<number> {
    const version = this.currentVersion
    await this.#count?.take(version, use)
    return version
  }

  async #look(): Promise<void> {
    if (this.#reading || (await fileStamp(this.#path)) === this.#stamp) return
    await this.#tryReload()
  }

  async #tryReload(): Promise<void> {
    if (performance.now() < this.#notBefore) return
    try {
      await this.reload()
      this.#notBefore = performance.now() + MEET_MS
    } catch (error) {
      this.#notBefore = performance.now() + AFTER_TROUBLE_MS
      this.#options.onTrouble?.(error)
    }
  }

  async #read(): Promise<void> {
    const stamp = await fileStamp(this.#path)
    const text = await readPrivateFile(this.#path)
    if (text !== this.#text) {
      const roots = new RootKeys(await openKeyringDocument(text, this.#options.service ?? null))
      if (!this.#roots.isContinuedBy(roots)) {
        throw new KeyringError('keyring_is_another', 'another keyring was put in the place of the one in use')
      }
      this.#roots = roots
      this.#text = text
      this.#revision++
      this.#options.onChange?.()
    }
    // Last, so that what could not be taken is tried again.
    this.#stamp = stamp
  }
}
