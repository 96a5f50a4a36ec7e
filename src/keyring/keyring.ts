// The port to the keys that stand above all data keys. A file holds them today; a key service may hold them tomorrow,
// which is why wrapping is asynchronous and never shows a wrapping key.
import type { KeyObject } from 'node:crypto'

/** Where a wrapped data key is stored; it unwraps nowhere else. */
export type KeyPlace = { tenantId: string; table: string; row: string }

export type WrappedKey = { wrapped: Buffer; keyVersion: number }

/**
 * What a derived key is for, and which root it comes from. `fixed` purposes hash what is looked up for ever, so their
 * root never changes with a rotation; `rotating` ones follow a wrapping key's version.
 */
export const KEY_PURPOSES = {
  'lookup-hash': 'fixed',
  'address-hash': 'fixed',
  idempotency: 'fixed',
  'idempotency-replies': 'rotating',
  'session-token': 'rotating',
  'tenant-secrets': 'rotating',
  'action-links': 'rotating',
  'statement-signing': 'rotating',
} as const satisfies Record<string, 'fixed' | 'rotating'>

export type KeyPurpose = keyof typeof KEY_PURPOSES

export interface Keyring {
  /** The version that new data keys are wrapped with. */
  readonly currentVersion: number
  /** The versions that still unwrap, oldest first; a retired version is not among them. */
  versions(): number[]
  /** Wraps a 32-byte data key under the current version. */
  wrap(dataKey: Buffer, place: KeyPlace): Promise<WrappedKey>
  /** Throws `unknown_key_version`, `key_version_retired` or `not_unwrapped` (tampered, or from another place). */
  unwrap(wrapped: Buffer, keyVersion: number, place: KeyPlace): Promise<Buffer>
  /** A 32-byte key for one purpose; `version` (default: the current one) counts for rotating purposes alone. */
  derive(purpose: KeyPurpose, version?: number): KeyObject
  /** Rejects when the keys cannot be used. */
  ready(): Promise<void>
}

export type KeyringErrorCode =
  | 'keyring_missing'
  | 'keyring_exists'
  | 'keyring_unreadable'
  | 'keyring_readable_by_others'
  | 'keyring_malformed'
  | 'keyring_key_damaged'
  | 'keyring_not_working'
  | 'bad_data_key_length'
  | 'unknown_key_version'
  | 'key_version_retired'
  | 'not_unwrapped'

/** Thrown by every keyring; its message says what to do and never holds key material. */
export class KeyringError extends Error {
  readonly code: KeyringErrorCode
  constructor(code: KeyringErrorCode, message: string) {
    super(message)
    this.name = 'KeyringError'
    this.code = code
  }
}
