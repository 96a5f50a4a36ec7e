// The stamp in a page's form: signed, for one tenant, with the time at which the page was opened. Who sends the form too
// soon is a machine, and a form that is too old is to be looked at again.
import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { lengthPrefixed } from '../../crypto/length-prefixed.ts'
import type { Keyring } from '../../keyring/keyring.ts'

export type FormStamp = {
  openedAt: Date
  /** Names the page that was opened; sent twice, it makes one inquiry. */
  formHash: Buffer
}

/** Version of the key, time in milliseconds (base 36), 128 random bits, signature. */
const FORM = /^(\d{1,6})\.([0-9a-z]{1,12})\.([\w-]{22})\.([\w-]{43})$/
const LABEL = 'panless/inquiry-form/1'
const NONCE_BYTES = 16

export function stampForm(keyring: Keyring, tenantId: string, now: Date): string {
  const version = keyring.currentVersion
  const opened = now.getTime().toString(36)
  const nonce = randomBytes(NONCE_BYTES).toString('base64url')
  return `${version}.${opened}.${nonce}.${signatureOf(keyring, version, tenantId, opened, nonce).toString('base64url')}`
}

/** What a stamp says when its signature is ours and for this tenant, else null. */
export async function readFormStamp(keyring: Keyring, tenantId: string, text: string): Promise<FormStamp | null> {
  const [, version, opened, nonce, signature] = FORM.exec(text) ?? []
  if (!version || !opened || !nonce || !signature) return null
  if (!(await keyring.meet(Number(version)))) return null
  const given = Buffer.from(signature, 'base64url')
  const expected = signatureOf(keyring, Number(version), tenantId, opened, nonce)
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) return null
  const openedAt = new Date(parseInt(opened, 36))
  if (Number.isNaN(openedAt.getTime())) return null
  return { openedAt, formHash: createHash('sha256').update(`${tenantId} ${opened} ${nonce}`).digest() }
}

function signatureOf(keyring: Keyring, version: number, tenantId: string, opened: string, nonce: string): Buffer {
  return createHmac('sha256', keyring.derive('form-stamps', version))
    .update(lengthPrefixed([LABEL, tenantId, opened, nonce]))
    .digest()
}
