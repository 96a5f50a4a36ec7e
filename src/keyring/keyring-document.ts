// The content of a keyring file: versioned wrapping keys, a hash key of its own, and a check value beside each key, so
// that a damaged or hand-edited key is refused at start and not found out by data that no longer opens.
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { z } from 'zod'
import { KeyringError } from './keyring.ts'

const FORMAT = 'panless-keyring/1'
const KEY_BYTES = 32
const CHECK_BYTES = 16
// A rotation a month for 80 years.
const MAX_WRAPPING_KEYS = 1000

const keyFields = { created_at: z.iso.datetime(), key: z.base64(), check: z.hex() }
const documentSchema = z.strictObject({
  format: z.literal(FORMAT),
  wrapping_keys: z
    .array(z.strictObject({ version: z.int().min(1).max(65_535), state: z.enum(['active', 'retired']), ...keyFields }))
    .min(1)
    .max(MAX_WRAPPING_KEYS),
  hash_key: z.strictObject(keyFields),
})

export type KeyringDocument = z.infer<typeof documentSchema>
export type KeyringContent = {
  wrappingKeys: { version: number; state: 'active' | 'retired'; bytes: Buffer }[]
  hashKey: Buffer
}

/** A new keyring with one active wrapping key, as the text of its file. */
export function newKeyringDocument(createdAt: Date): string {
  const created_at = createdAt.toISOString()
  const wrapping = randomBytes(KEY_BYTES)
  const hash = randomBytes(KEY_BYTES)
  const document: KeyringDocument = {
    format: FORMAT,
    wrapping_keys: [
      {
        version: 1,
        state: 'active',
        created_at,
        key: wrapping.toString('base64'),
        check: keyCheck(wrapping, 'wrap 1'),
      },
    ],
    hash_key: { created_at, key: hash.toString('base64'), check: keyCheck(hash, 'hash') },
  }
  return `${JSON.stringify(document, null, 2)}\n`
}

/** Reads and checks the text of a keyring file; throws `keyring_malformed` or `keyring_key_damaged`. */
export function parseKeyringDocument(text: string): KeyringContent {
  const document = parseShape(text)
  const wrappingKeys = document.wrapping_keys.map(entry => ({
    version: entry.version,
    state: entry.state,
    bytes: checkedKey(entry, `wrap ${entry.version}`, `wrapping key ${entry.version}`),
  }))
  const hashKey = checkedKey(document.hash_key, 'hash', 'hash key')
  if (new Set(wrappingKeys.map(entry => entry.version)).size !== wrappingKeys.length) {
    throw new KeyringError('keyring_malformed', 'the keyring names a version twice')
  }
  const all = [...wrappingKeys.map(entry => entry.bytes), hashKey]
  if (new Set(all.map(bytes => bytes.toString('base64'))).size !== all.length) {
    throw new KeyringError('keyring_malformed', 'the keyring holds one key twice')
  }
  if (!wrappingKeys.some(entry => entry.state === 'active')) {
    throw new KeyringError('keyring_malformed', 'the keyring has no active wrapping key')
  }
  return { wrappingKeys, hashKey }
}

/** The integrity check value of a key: 16 bytes of an HMAC under the key itself, in hex. */
export function keyCheck(key: Buffer, label: string): string {
  return createHmac('sha256', key).update(`${FORMAT} ${label}`).digest().subarray(0, CHECK_BYTES).toString('hex')
}

function parseShape(text: string): KeyringDocument {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new KeyringError('keyring_malformed', 'the keyring file is not JSON; restore it from its backup')
  }
  const parsed = documentSchema.safeParse(value)
  if (parsed.success) return parsed.data
  const places = parsed.error.issues.map(issue => issue.path.join('.') || 'top level')
  throw new KeyringError(
    'keyring_malformed',
    `the keyring file has not the form of ${FORMAT}: see ${places.join(', ')}`,
  )
}

function checkedKey(entry: { key: string; check: string }, label: string, name: string): Buffer {
  const bytes = Buffer.from(entry.key, 'base64')
  if (bytes.length !== KEY_BYTES || bytes.toString('base64') !== entry.key) {
    throw new KeyringError('keyring_malformed', `the ${name} has not ${KEY_BYTES} bytes of base64`)
  }
  const given = Buffer.from(entry.check, 'hex')
  const expected = Buffer.from(keyCheck(bytes, label), 'hex')
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) {
    throw new KeyringError('keyring_key_damaged', `the ${name} does not match its check value; restore its backup`)
  }
  return bytes
}
