// Seals one value with AES-256-GCM and binds it to the place where it is stored, so that a ciphertext that is moved to
// another tenant, table, column or row, or to another key version, does not open.
import { createCipheriv, createDecipheriv, type KeyObject, randomFillSync } from 'node:crypto'
import { lengthPrefixed } from './length-prefixed.ts'

/** Where a sealed value stands; `keyVersion` is the version of the key it is sealed with (1 … 2^32 − 1). */
export type Place = { tenantId: string; table: string; column: string; row: string; keyVersion: number }

export type EnvelopeErrorCode =
  | 'bad_key'
  | 'bad_place'
  | 'plaintext_too_long'
  | 'sealed_malformed'
  | 'sealed_under_other_key_version'
  | 'sealed_not_authentic'

/** Thrown by `seal` and `open`; it never carries a value, a key or a place. */
export class EnvelopeError extends Error {
  readonly code: EnvelopeErrorCode
  constructor(code: EnvelopeErrorCode) {
    super(`envelope: ${code}`)
    this.name = 'EnvelopeError'
    this.code = code
  }
}

const FORMAT_VERSION = 1
const FORMAT_LABEL = 'panless/envelope/1'
const KEY_BYTES = 32
const IV_BYTES = 12
const TAG_BYTES = 16
const IV_AT = 5
const TEXT_AT = IV_AT + IV_BYTES
const MAX_KEY_VERSION = 0xffffffff
// The largest request body is 64 KiB; a sealed reply or Stripe object stays far below this.
const MAX_PLAINTEXT_BYTES = 4 * 1024 * 1024

// One random draw fills 512 IVs: a draw for each IV costs more than the rest of the seal.
const ivPool = Buffer.alloc(512 * IV_BYTES)
let nextIv = ivPool.length

/** Seals `plaintext`: version byte, key version (4 bytes), IV (12), ciphertext, tag (16). */
export function seal(key: KeyObject, place: Place, plaintext: Buffer | string): Buffer {
  checkKey(key)
  const text = typeof plaintext === 'string' ? Buffer.from(plaintext) : plaintext
  if (text.length > MAX_PLAINTEXT_BYTES) throw new EnvelopeError('plaintext_too_long')
  const aad = associatedData(place)
  const sealed = Buffer.allocUnsafe(TEXT_AT + text.length + TAG_BYTES)
  sealed[0] = FORMAT_VERSION
  sealed.writeUInt32BE(place.keyVersion, 1)
  takeIv(sealed, IV_AT)
  const cipher = createCipheriv('aes-256-gcm', key, sealed.subarray(IV_AT, TEXT_AT), { authTagLength: TAG_BYTES })
  cipher.setAAD(aad)
  cipher.update(text).copy(sealed, TEXT_AT)
  cipher.final()
  cipher.getAuthTag().copy(sealed, TEXT_AT + text.length)
  return sealed
}

/** Opens what `seal` made for the same key and place; throws `EnvelopeError` for anything else. */
export function open(key: KeyObject, place: Place, sealed: Buffer): Buffer {
  checkKey(key)
  if (sealedKeyVersion(sealed) !== place.keyVersion) throw new EnvelopeError('sealed_under_other_key_version')
  const aad = associatedData(place)
  const iv = sealed.subarray(IV_AT, TEXT_AT)
  const tagAt = sealed.length - TAG_BYTES
  const decipher = createDecipheriv('aes-256-gcm', key, iv, { authTagLength: TAG_BYTES })
  decipher.setAAD(aad)
  decipher.setAuthTag(sealed.subarray(tagAt))
  const text = decipher.update(sealed.subarray(TEXT_AT, tagAt))
  try {
    decipher.final()
  } catch {
    throw new EnvelopeError('sealed_not_authentic')
  }
  return text
}

/** Reads the key version from a sealed value's head, before it is opened; throws `sealed_malformed`. */
export function sealedKeyVersion(sealed: Buffer): number {
  if (sealed.length < TEXT_AT + TAG_BYTES || sealed[0] !== FORMAT_VERSION) throw new EnvelopeError('sealed_malformed')
  return sealed.readUInt32BE(1)
}

function checkKey(key: KeyObject): void {
  if (key.type !== 'secret' || key.symmetricKeySize !== KEY_BYTES) throw new EnvelopeError('bad_key')
}

function associatedData(place: Place): Buffer {
  const { tenantId, table, column, row, keyVersion } = place
  if (!tenantId || !table || !column || !row) throw new EnvelopeError('bad_place')
  if (!Number.isInteger(keyVersion) || keyVersion < 1 || keyVersion > MAX_KEY_VERSION) {
    throw new EnvelopeError('bad_place')
  }
  return lengthPrefixed([FORMAT_LABEL, tenantId, table, column, row, String(keyVersion)])
}

function takeIv(target: Buffer, at: number): void {
  if (nextIv === ivPool.length) {
    randomFillSync(ivPool)
    nextIv = 0
  }
  ivPool.copy(target, at, nextIv, nextIv + IV_BYTES)
  nextIv += IV_BYTES
}
