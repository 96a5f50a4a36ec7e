// The form of a wrapped data key: AES-256-GCM under a wrapping key, bound to the place where it is stored.
import { createCipheriv, createDecipheriv, type KeyObject, randomBytes } from 'node:crypto'
import { type KeyPlace, KeyringError } from './keyring.ts'

export const WRAPPED_KEY_BYTES = 32
const FORMAT_VERSION = 1
const FORMAT_LABEL = 'panless/wrapped-key/1'
const IV_BYTES = 12
const TAG_BYTES = 16
const WRAPPED_BYTES = 1 + IV_BYTES + WRAPPED_KEY_BYTES + TAG_BYTES

/** Wraps a 32-byte key: format byte, IV (12), ciphertext (32), tag (16). */
export function wrapKey(wrappingKey: KeyObject, keyVersion: number, dataKey: Buffer, place: KeyPlace): Buffer {
  if (dataKey.length !== WRAPPED_KEY_BYTES) {
    throw new KeyringError('bad_data_key_length', `a data key has ${WRAPPED_KEY_BYTES} bytes`)
  }
  const iv = randomBytes(IV_BYTES)
  const cipher = createCipheriv('aes-256-gcm', wrappingKey, iv, { authTagLength: TAG_BYTES })
  cipher.setAAD(associatedData(keyVersion, place))
  const text = Buffer.concat([cipher.update(dataKey), cipher.final()])
  return Buffer.concat([Buffer.from([FORMAT_VERSION]), iv, text, cipher.getAuthTag()])
}

/** Unwraps what `wrapKey` made; throws `not_unwrapped` for anything else. */
export function unwrapKey(wrappingKey: KeyObject, keyVersion: number, wrapped: Buffer, place: KeyPlace): Buffer {
  if (wrapped.length !== WRAPPED_BYTES || wrapped[0] !== FORMAT_VERSION) throw notUnwrapped()
  const iv = wrapped.subarray(1, 1 + IV_BYTES)
  const decipher = createDecipheriv('aes-256-gcm', wrappingKey, iv, { authTagLength: TAG_BYTES })
  decipher.setAAD(associatedData(keyVersion, place))
  decipher.setAuthTag(wrapped.subarray(WRAPPED_BYTES - TAG_BYTES))
  try {
    const text = decipher.update(wrapped.subarray(1 + IV_BYTES, WRAPPED_BYTES - TAG_BYTES))
    decipher.final()
    return text
  } catch {
    throw notUnwrapped()
  }
}

function notUnwrapped(): KeyringError {
  return new KeyringError('not_unwrapped', 'a wrapped key does not open: it was changed, moved, or has another key')
}

// JSON of a list of texts is unambiguous, and rare enough here that its cost does not matter.
function associatedData(keyVersion: number, place: KeyPlace): Buffer {
  return Buffer.from(JSON.stringify([FORMAT_LABEL, keyVersion, place.tenantId, place.table, place.row]))
}
