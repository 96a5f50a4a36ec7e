// The port to the keys that stand above all data keys. They come from a file, whose keys a key service may have wrapped;
// either way they are held here while the process runs, and no wrapping key is ever shown.
import type { KeyObject } from 'node:crypto'

/** Where a wrapped data key is stored; it unwraps nowhere else. */
export type KeyPlace = { tenantId: string; table: string; row: string }

export type WrappedKey = { wrapped: Buffer; keyVersion: number }

/**
 * What a derived key is for, and which root it comes from. `fixed` purposes hash what is looked up for ever, so their
 * root never changes with a rotation. `sealing` and `signing` ones follow a wrapping key's version; what a `sealing` key
 * sealed is sealed anew by a rotation (src/domain/keys/sealed-columns.ts).
 */
export const KEY_PURPOSES = {
  'lookup-hash': 'fixed',
  'address-hash': 'fixed',
  idempotency: 'fixed',
  'keyring-identity': 'fixed',
  'idempotency-replies': 'sealing',
  'tenant-secrets': 'sealing',
  'session-token': 'signing',
  'action-links': 'signing',
  'console-sign-in': 'signing',
  'form-stamps': 'signing',
  'statement-signing': 'signing',
  'version-check': 'signing',
} as const satisfies Record<string, 'fixed' | 'sealing' | 'signing'>

export type KeyPurpose = keyof typeof KEY_PURPOSES
export type SealingPurpose = {
  [Purpose in KeyPurpose]: (typeof KEY_PURPOSES)[Purpose] extends 'sealing' ? Purpose : never
}[KeyPurpose]

/** `pending` opens and does not seal yet: every process learns it before one of them uses it. */
export type KeyState = 'active' | 'pending' | 'retired'
export type KeyVersion = { version: number; state: KeyState; createdAt: Date }

/** What encryptions are counted by: each wrapping key, and each derived key that seals. */
export type CountedUse = 'wrap' | SealingPurpose

/** Grants encryptions in advance, so that counting them costs nothing where they are made. */
export interface EncryptionLeases {
  /**
   * Reserves `count` more encryptions of one key for this process, and its use for `LEASE_MS`.
   * Rejects with `key_used_up` or `key_version_retired`.
   */
  grant(version: number, use: CountedUse, count: number): Promise<void>
}

export interface Keyring {
  /** The version that new data keys are wrapped with. */
  readonly currentVersion: number
  /** Grows whenever other keys were read than before. */
  readonly revision: number
  /** The versions that still unwrap, oldest first; a retired version is not among them. */
  versions(): number[]
  /** All versions that the keyring names, oldest first. */
  states(): KeyVersion[]
  /** Wraps a 32-byte data key under the current version. */
  wrap(dataKey: Buffer, place: KeyPlace): Promise<WrappedKey>
  /** Throws `unknown_key_version`, `key_version_retired` or `not_unwrapped` (tampered, or from another place). */
  unwrap(wrapped: Buffer, keyVersion: number, place: KeyPlace): Promise<Buffer>
  /** A 32-byte key for one purpose; `version` (default: the current one) does not count for fixed purposes. */
  derive(purpose: KeyPurpose, version?: number): KeyObject
  /** The key to seal one value with, counted. */
  sealingKey(purpose: SealingPurpose): Promise<{ key: KeyObject; version: number }>
  /** The key that opens what `version` sealed; a version not met before is looked for in the keyring as it is now. */
  openingKey(purpose: SealingPurpose, version: number): Promise<KeyObject>
  /** Reads the keyring anew when it does not know `version`; whether it knows it then. */
  meet(version: number): Promise<boolean>
  /** Reads the keyring anew. */
  reload(): Promise<void>
  /** From now on encryptions are counted by these leases. */
  countBy(leases: EncryptionLeases): void
  /** Rejects when the keys cannot be used. */
  ready(): Promise<void>
  /** Stops watching for changes. */
  close(): void
}

export type KeyringErrorCode =
  | 'keyring_missing'
  | 'keyring_exists'
  | 'keyring_changed'
  | 'keyring_unreadable'
  | 'keyring_unwritable'
  | 'keyring_readable_by_others'
  | 'keyring_malformed'
  | 'keyring_key_damaged'
  | 'keyring_not_working'
  | 'keyring_is_another'
  | 'keyring_is_older'
  | 'keyring_service_differs'
  | 'key_service_away'
  | 'key_service_denied'
  | 'key_service_refused'
  | 'key_service_not_installed'
  | 'bad_data_key_length'
  | 'unknown_key_version'
  | 'key_version_retired'
  | 'key_version_in_use'
  | 'key_used_up'
  | 'not_unwrapped'

/** Thrown by every keyring; its message says what to do and never holds key material. */
export class KeyringError extends Error {
  readonly code: KeyringErrorCode
  constructor(code: KeyringErrorCode, message: string, options: { cause?: unknown } = {}) {
    super(message, options)
    this.name = 'KeyringError'
    this.code = code
  }
}
