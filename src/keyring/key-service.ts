// A key service that wraps the keys of a keyring file, so that the file alone opens nothing. It is asked when the file is
// made, opened or given another key; never while a value is sealed.
import { KeyringError } from './keyring.ts'

export const KEY_SERVICE_KINDS = ['aws-kms', 'gcp-kms', 'vault-transit'] as const
export type KeyServiceKind = (typeof KEY_SERVICE_KINDS)[number]

export interface KeyService {
  readonly kind: KeyServiceKind
  /** The name of the key at the service. */
  readonly key: string
  /** `label` names the key that is wrapped and is authenticated with it: it unwraps under no other label. */
  wrap(key: Buffer, label: string): Promise<string>
  /** Throws `key_service_away`, `key_service_denied`, `key_service_refused` or `keyring_key_damaged`. */
  unwrap(wrapped: string, label: string): Promise<Buffer>
  close(): void
}

/** The whole of one call with its retries: a start waits for this at most, for each key. */
export const KEY_SERVICE_TIMEOUT_MS = 10_000
export const KEY_SERVICE_ATTEMPTS = 3

export const serviceAway = (kind: KeyServiceKind, cause?: unknown): KeyringError =>
  new KeyringError('key_service_away', `the key service ${kind} does not answer; see whether this machine reaches it`, {
    cause,
  })

export const serviceDenied = (kind: KeyServiceKind, cause?: unknown): KeyringError =>
  new KeyringError('key_service_denied', `the key service ${kind} denies the use of the key; see who may use it`, {
    cause,
  })

export const serviceRefused = (kind: KeyServiceKind, why: string, cause?: unknown): KeyringError =>
  new KeyringError('key_service_refused', `the key service ${kind} refuses: ${why}; see KEYRING_KEY`, { cause })

export const notOfThisKey = (kind: KeyServiceKind, cause?: unknown): KeyringError =>
  new KeyringError(
    'keyring_key_damaged',
    `the key service ${kind} does not open a key of the keyring: it was changed, or wrapped by another key`,
    { cause },
  )
