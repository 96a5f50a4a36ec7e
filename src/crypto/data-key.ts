// Makes data keys: 32 random bytes, held as a KeyObject while in use and wrapped by the keyring at rest.
import { createSecretKey, type KeyObject, randomBytes } from 'node:crypto'

export const DATA_KEY_BYTES = 32

/** Draws a new data key; the caller wraps the bytes, then lets `toDataKey` take them over. */
export function generateDataKey(): Buffer {
  return randomBytes(DATA_KEY_BYTES)
}

/** Turns the bytes of a data key into a KeyObject and overwrites the bytes, so that no second copy stays in memory. */
export function toDataKey(bytes: Buffer): KeyObject {
  if (bytes.length !== DATA_KEY_BYTES) throw new DataKeyError()
  const key = createSecretKey(bytes)
  bytes.fill(0)
  return key
}

/** Thrown for a data key of another length than 32 bytes; carries no key material. */
export class DataKeyError extends Error {
  readonly code = 'bad_data_key_length'
  constructor() {
    super(`a data key has ${DATA_KEY_BYTES} bytes`)
    this.name = 'DataKeyError'
  }
}
