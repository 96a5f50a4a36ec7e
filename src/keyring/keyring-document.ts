// The content of a keyring file: versioned wrapping keys, a hash key of its own, and a check value beside each key, so
// that a damaged or hand-edited key is refused at start and not found out by data that no longer opens.
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { z } from 'zod'
import { KEY_SERVICE_KINDS, type KeyService } from './key-service.ts'
import { KeyringError, type KeyState } from './keyring.ts'

const FORMAT = 'panless-keyring/1'
const KEY_BYTES = 32
const CHECK_BYTES = 16
// A rotation a month for 80 years.
const MAX_WRAPPING_KEYS = 1000
// What key services make of 32 bytes has a few hundred characters.
const MAX_WRAPPED_LENGTH = 4096

/** `key` in the clear, or `wrapped_key` as the key service gave it; neither once it is retired. */
const keyFields = {
  created_at: z.iso.datetime(),
  key: z.base64().optional(),
  wrapped_key: z.string().min(1).max(MAX_WRAPPED_LENGTH).optional(),
  check: z.hex(),
}
const documentSchema = z.strictObject({
  format: z.literal(FORMAT),
  service: z.strictObject({ kind: z.enum(KEY_SERVICE_KINDS), key: z.string().min(1).max(512) }).optional(),
  wrapping_keys: z
    .array(
      z.strictObject({
        version: z.int().min(1).max(65_535),
        state: z.enum(['active', 'pending', 'retired']),
        retired_at: z.iso.datetime().optional(),
        ...keyFields,
      }),
    )
    .min(1)
    .max(MAX_WRAPPING_KEYS),
  hash_key: z.strictObject(keyFields),
})

export type KeyringDocument = z.infer<typeof documentSchema>
type Entry = KeyringDocument['hash_key']
export type KeyringContent = {
  /** `bytes` is null for a retired version whose key is gone. */
  wrappingKeys: { version: number; state: KeyState; createdAt: Date; bytes: Buffer | null }[]
  hashKey: Buffer
}

/** A new keyring with one active wrapping key; with a service its keys are wrapped by it. */
export async function newKeyringDocument(createdAt: Date, service: KeyService | null): Promise<KeyringDocument> {
  const created_at = createdAt.toISOString()
  return {
    format: FORMAT,
    ...(service ? { service: { kind: service.kind, key: service.key } } : {}),
    wrapping_keys: [{ version: 1, state: 'active', created_at, ...(await newKey('wrap 1', service)) }],
    hash_key: { created_at, ...(await newKey('hash', service)) },
  }
}

/** The document with one version more. */
export async function withNewVersion(
  document: KeyringDocument,
  service: KeyService | null,
  of: { state: 'active' | 'pending'; createdAt: Date },
): Promise<KeyringDocument> {
  const version = Math.max(...document.wrapping_keys.map(entry => entry.version)) + 1
  const key = await newKey(`wrap ${version}`, service)
  const entry = { version, state: of.state, created_at: of.createdAt.toISOString(), ...key }
  return { ...document, wrapping_keys: [...document.wrapping_keys, entry] }
}

/** The document with a pending version made active. */
export function withActiveVersion(document: KeyringDocument, version: number): KeyringDocument {
  const wrapping_keys = document.wrapping_keys.map(entry =>
    entry.version === version && entry.state === 'pending' ? { ...entry, state: 'active' as const } : entry,
  )
  return { ...document, wrapping_keys }
}

/** The document with a version retired: its key is gone, its number is never used again. */
export function withoutVersion(document: KeyringDocument, version: number, retiredAt: Date): KeyringDocument {
  const wrapping_keys = document.wrapping_keys.map(entry => {
    if (entry.version !== version) return entry
    const { created_at, check } = entry
    return { version, state: 'retired' as const, created_at, retired_at: retiredAt.toISOString(), check }
  })
  return { ...document, wrapping_keys }
}

/** The document of a file whose keys are in the clear, with its keys wrapped by a service. */
export async function wrappedBy(document: KeyringDocument, service: KeyService): Promise<KeyringDocument> {
  refuseOtherService(document, null)
  const { wrappingKeys, hashKey } = contentOf(document)
  const wrapped = async <Of extends Entry>({ key: _, ...entry }: Of, bytes: Buffer | null, label: string) =>
    bytes === null ? entry : { ...entry, wrapped_key: await wrapKey(service, bytes, label) }
  return {
    format: document.format,
    service: { kind: service.kind, key: service.key },
    wrapping_keys: await Promise.all(
      document.wrapping_keys.map((entry, index) =>
        wrapped(entry, wrappingKeys[index]?.bytes ?? null, `wrap ${entry.version}`),
      ),
    ),
    hash_key: await wrapped(document.hash_key, hashKey, 'hash'),
  }
}

export const documentText = (document: KeyringDocument): string => `${JSON.stringify(document, null, 2)}\n`

/** Reads a keyring's keys, by its key service where they are wrapped; throws KeyringError. */
export async function openKeyringDocument(text: string, service: KeyService | null): Promise<KeyringContent> {
  const document = readKeyringDocument(text)
  refuseOtherService(document, service)
  if (service === null) return contentOf(document)
  const opened = async <Of extends Entry>(entry: Of, label: string): Promise<Of> =>
    entry.wrapped_key === undefined
      ? entry
      : { ...entry, key: (await service.unwrap(entry.wrapped_key, label)).toString('base64') }
  return contentOf({
    ...document,
    wrapping_keys: await Promise.all(document.wrapping_keys.map(entry => opened(entry, `wrap ${entry.version}`))),
    hash_key: await opened(document.hash_key, 'hash'),
  })
}

/** A file is opened, and added to, by the service that wrapped it and no other. */
export function refuseOtherService(document: KeyringDocument, service: KeyService | null): void {
  const { service: wrapped } = document
  if (wrapped?.kind === service?.kind && wrapped?.key === service?.key) return
  const says = wrapped
    ? `its keys are wrapped by ${wrapped.kind} under ${wrapped.key}: set KEYRING and KEYRING_KEY to that`
    : 'its keys are wrapped by no key service: set KEYRING=file, or make another keyring'
  throw new KeyringError('keyring_service_differs', `the keyring file is of another kind than KEYRING says; ${says}`)
}

/** The shape of a keyring file, its keys as they stand there; throws `keyring_malformed`. */
export function readKeyringDocument(text: string): KeyringDocument {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new KeyringError('keyring_malformed', 'the keyring file is not JSON; restore it from its copy')
  }
  const parsed = documentSchema.safeParse(value)
  if (parsed.success) return parsed.data
  const places = parsed.error.issues.map(issue => issue.path.join('.') || 'top level')
  throw new KeyringError(
    'keyring_malformed',
    `the keyring file has not the form of ${FORMAT}: see ${places.join(', ')}`,
  )
}

/** The integrity check value of a key: 16 bytes of an HMAC under the key itself, in hex. */
export function keyCheck(key: Buffer, label: string): string {
  return createHmac('sha256', key).update(`${FORMAT} ${label}`).digest().subarray(0, CHECK_BYTES).toString('hex')
}

function contentOf(document: KeyringDocument): KeyringContent {
  const wrappingKeys = document.wrapping_keys.map(entry => ({
    version: entry.version,
    state: entry.state,
    createdAt: new Date(entry.created_at),
    bytes:
      entry.state === 'retired' && entry.key === undefined
        ? null
        : checkedKey(entry, `wrap ${entry.version}`, `wrapping key ${entry.version}`),
  }))
  const hashKey = checkedKey(document.hash_key, 'hash', 'hash key')
  if (new Set(wrappingKeys.map(entry => entry.version)).size !== wrappingKeys.length) {
    throw new KeyringError('keyring_malformed', 'the keyring names a version twice')
  }
  const all = [...wrappingKeys.flatMap(entry => entry.bytes ?? []), hashKey]
  if (new Set(all.map(bytes => bytes.toString('base64'))).size !== all.length) {
    throw new KeyringError('keyring_malformed', 'the keyring holds one key twice')
  }
  if (!wrappingKeys.some(entry => entry.state === 'active')) {
    throw new KeyringError('keyring_malformed', 'the keyring has no active wrapping key')
  }
  return { wrappingKeys, hashKey }
}

async function newKey(label: string, service: KeyService | null) {
  const key = randomBytes(KEY_BYTES)
  const check = keyCheck(key, label)
  if (service === null) return { key: key.toString('base64'), check }
  return { wrapped_key: await wrapKey(service, key, label), check }
}

/** Clears the bytes. */
async function wrapKey(service: KeyService, key: Buffer, label: string): Promise<string> {
  const wrapped = await service.wrap(key, label)
  // Before anything is sealed with it: a key that came to harm on its way would be found out too late.
  const back = await service.unwrap(wrapped, label)
  if (back.length !== KEY_BYTES || !timingSafeEqual(back, key)) {
    throw new KeyringError('keyring_not_working', `the key service ${service.kind} does not give back what it wrapped`)
  }
  key.fill(0)
  return wrapped
}

function checkedKey(entry: Entry, label: string, name: string): Buffer {
  const text = entry.key ?? ''
  const bytes = Buffer.from(text, 'base64')
  if (bytes.length !== KEY_BYTES || bytes.toString('base64') !== text) {
    throw new KeyringError('keyring_malformed', `the ${name} has not ${KEY_BYTES} bytes of base64`)
  }
  const given = Buffer.from(entry.check, 'hex')
  const expected = Buffer.from(keyCheck(bytes, label), 'hex')
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) {
    throw new KeyringError('keyring_key_damaged', `the ${name} does not match its check value; restore its copy`)
  }
  return bytes
}
