// One text for one JSON value (RFC 8785: keys sorted by UTF-16 code units, ECMAScript numbers, no white space), so that
// requests which differ in key order or spacing alone have one fingerprint.
import { createHmac, type KeyObject } from 'node:crypto'

// Twice the depth that a request body may have.
const MAX_DEPTH = 32

/** Thrown for what JSON cannot hold (NaN, bigint, functions, class instances, circles); carries no value. */
export class CanonicalJsonError extends Error {
  readonly code = 'not_json'
  constructor() {
    super('the value is not JSON')
    this.name = 'CanonicalJsonError'
  }
}

/** The canonical text of a JSON value; members that are undefined are left out, as JSON.stringify does. */
export function canonicalJson(value: unknown): string {
  return write(value, 0)
}

/** HMAC-SHA-256 (32 bytes) of the canonical text: a stored fingerprint cannot be searched for short bodies. */
export function canonicalJsonFingerprint(key: KeyObject, value: unknown): Buffer {
  return createHmac('sha256', key).update(canonicalJson(value)).digest()
}

function write(value: unknown, depth: number): string {
  if (depth > MAX_DEPTH) throw new CanonicalJsonError()
  if (value === null || typeof value === 'boolean') return String(value)
  if (typeof value === 'string') return JSON.stringify(value)
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw new CanonicalJsonError()
    return JSON.stringify(value)
  }
  if (Array.isArray(value)) return `[${Array.from(value, item => write(item, depth + 1)).join(',')}]`
  if (typeof value === 'object') return writeObject(value, depth)
  throw new CanonicalJsonError()
}

function writeObject(value: object, depth: number): string {
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) throw new CanonicalJsonError()
  const members: string[] = []
  // The default sort compares UTF-16 code units, which is what RFC 8785 asks for.
  for (const name of Object.keys(value).sort()) {
    const member = (value as Record<string, unknown>)[name]
    if (member !== undefined) members.push(`${JSON.stringify(name)}:${write(member, depth + 1)}`)
  }
  return `{${members.join(',')}}`
}
