// Look-ups of personal data go by a keyed hash of the normalized value, different for each tenant and column, so that
// a stolen table can be searched neither by a guess nor against another tenant's.
import { createHmac, type KeyObject } from 'node:crypto'
import { lengthPrefixed } from './length-prefixed.ts'

const LABEL = 'panless/lookup-hash/1'
// ITU-T E.164: at most 15 digits with the country code; the shortest national numbers in use have 4 and a code.
const MIN_PHONE_DIGITS = 6
const MAX_PHONE_DIGITS = 15

/** HMAC-SHA-256 (32 bytes) of an already normalized value for one tenant and column. */
export function lookupHash(key: KeyObject, tenantId: string, column: string, normalized: string): Buffer {
  return createHmac('sha256', key)
    .update(lengthPrefixed([LABEL, tenantId, column, normalized]))
    .digest()
}

/** NFC, trimmed, local part and domain in lower case: mailboxes that differ in case alone are one in practice. */
export function normalizeEmail(value: string): string {
  return value.normalize('NFC').trim().toLowerCase().normalize('NFC')
}

/** The digits of an international number (`+` or `00` before the country code), or null when it is not one. */
export function normalizePhone(value: string): string | null {
  const compact = value.normalize('NFKC').replace(/[\s().\u2010-\u2015/-]/g, '')
  const match = /^(?:\+|00)([1-9][0-9]*)$/.exec(compact)
  const digits = match?.[1]
  if (!digits || digits.length < MIN_PHONE_DIGITS || digits.length > MAX_PHONE_DIGITS) return null
  return digits
}

/** NFC and trimmed; case stays, since an external reference is another system's key. */
export function normalizeExternalRef(value: string): string {
  return value.normalize('NFC').trim()
}

/** NFC, trimmed, case-folded (upper case first, so that `ß` and `SS` meet). */
export function normalizeShortName(value: string): string {
  return value.normalize('NFC').trim().toUpperCase().toLowerCase().normalize('NFC')
}
