// The keys of a keyring as they were read at one time: immutable, and the only holder of root keys.
import { createSecretKey, hkdfSync, type KeyObject } from 'node:crypto'
import { KEY_PURPOSES, type KeyPlace, type KeyPurpose, KeyringError, type KeyVersion } from './keyring.ts'
import type { KeyringContent } from './keyring-document.ts'
import { unwrapKey, wrapKey } from './wrapped-key.ts'

const DERIVED_KEY_BYTES = 32

export class RootKeys {
  readonly currentVersion: number
  readonly states: readonly KeyVersion[]
  readonly #roots = new Map<number, KeyObject>()
  readonly #hashRoot: KeyObject
  readonly #derived = new Map<string, KeyObject>()

  /** Takes the bytes over and clears them. */
  constructor({ wrappingKeys, hashKey }: KeyringContent) {
    const entries = wrappingKeys.toSorted((a, b) => a.version - b.version)
    this.states = entries.map(({ version, state, createdAt }) => ({ version, state, createdAt }))
    for (const { version, state, bytes } of entries) {
      if (bytes !== null && state !== 'retired') this.#roots.set(version, createSecretKey(bytes))
      bytes?.fill(0)
    }
    this.currentVersion = Math.max(...entries.filter(entry => entry.state === 'active').map(entry => entry.version))
    this.#hashRoot = createSecretKey(hashKey)
    hashKey.fill(0)
  }

  versions(): number[] {
    return [...this.#roots.keys()]
  }

  wrap(version: number, dataKey: Buffer, place: KeyPlace): Buffer {
    return wrapKey(this.#subKey(this.#root(version), `wrap ${version}`), version, dataKey, place)
  }

  unwrap(version: number, wrapped: Buffer, place: KeyPlace): Buffer {
    return unwrapKey(this.#subKey(this.#root(version), `wrap ${version}`), version, wrapped, place)
  }

  derive(purpose: KeyPurpose, version: number): KeyObject {
    if (KEY_PURPOSES[purpose] === 'fixed') return this.#subKey(this.#hashRoot, `derive ${purpose}`)
    return this.#subKey(this.#root(version), `derive ${purpose} ${version}`)
  }

  knows(version: number): boolean {
    return this.states.some(entry => entry.version === version)
  }

  /** Whether `later` is this keyring at a later time: the same hash key, no version lost and none exchanged. */
  isContinuedBy(later: RootKeys): boolean {
    return (
      this.#hashRoot.equals(later.#hashRoot) &&
      this.states.every(({ version }) => later.knows(version)) &&
      [...this.#roots].every(([version, root]) => later.#roots.get(version)?.equals(root) ?? true)
    )
  }

  #root(version: number): KeyObject {
    const root = this.#roots.get(version)
    if (root) return root
    if (this.knows(version)) {
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
