// JSON as the API takes it: valid UTF-8 without a byte order mark, at most 16 levels, no member named twice in an object.

/** Deeper than anything the API takes, far from what could exhaust a stack. */
export const MAX_JSON_LEVELS = 16

export type JsonFault = 'encoding' | 'syntax' | 'levels' | 'duplicate_member' | 'lone_surrogate'

const DETAILS: Record<JsonFault, string> = {
  encoding: 'The body is not valid UTF-8.',
  syntax: 'The body is not JSON (RFC 8259).',
  levels: `The body has more than ${MAX_JSON_LEVELS} levels.`,
  duplicate_member: 'The body names a member twice in one object.',
  lone_surrogate: 'The body has a string with half of a surrogate pair.',
}

/** Why a text is not taken as JSON; the message never repeats anything of it. */
export class MalformedJson extends Error {
  readonly fault: JsonFault

  constructor(fault: JsonFault) {
    super(DETAILS[fault])
    this.name = 'MalformedJson'
    this.fault = fault
  }
}

// `ignoreBOM` keeps the mark in the text, where it is no JSON.
const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Decodes bytes as UTF-8 (RFC 3629). @throws MalformedJson */
export function decodeUtf8(bytes: Uint8Array): string {
  try {
    return UTF8.decode(bytes)
  } catch {
    throw new MalformedJson('encoding')
  }
}

const SURROGATE_ESCAPE = /\\u[dD][89a-fA-F]/

/**
 * Parses a whole text as one JSON value (RFC 8259, and RFC 7493's demands on names and strings). `__proto__` becomes a
 * plain own member. @throws MalformedJson
 */
export function parseStrictJson(text: string, maxLevels: number = MAX_JSON_LEVELS): unknown {
  const members = countMembers(text, maxLevels)
  const value = parse(text)
  // `JSON.parse` keeps the last of several members of one name, so any that are missing were duplicates.
  if (members !== countOwnMembers(value)) throw new MalformedJson('duplicate_member')
  if (SURROGATE_ESCAPE.test(text) && !isWellFormed(value)) throw new MalformedJson('lone_surrogate')
  return value
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new MalformedJson('syntax')
  }
}

const QUOTE = 0x22
const BACKSLASH = 0x5c

/** Counts the colons outside strings, which in JSON are its members; what is not JSON is left to the parser. */
function countMembers(text: string, maxLevels: number): number {
  let members = 0
  let levels = 0
  for (let i = 0; i < text.length; i++) {
    switch (text.charCodeAt(i)) {
      case QUOTE:
        i = endOfString(text, i)
        break
      case 0x3a: // :
        members++
        break
      case 0x5b: // [
      case 0x7b: // {
        levels++
        if (levels > maxLevels) throw new MalformedJson('levels')
        break
      case 0x5d: // ]
      case 0x7d: // }
        levels--
        break
    }
  }
  return members
}

function endOfString(text: string, start: number): number {
  let end = start
  for (;;) {
    end = text.indexOf('"', end + 1)
    if (end < 0) throw new MalformedJson('syntax')
    let backslashes = 0
    while (text.charCodeAt(end - 1 - backslashes) === BACKSLASH) backslashes++
    if (backslashes % 2 === 0) return end
  }
}

function countOwnMembers(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0
  let members = 0
  if (Array.isArray(value)) {
    for (const item of value) members += countOwnMembers(item)
    return members
  }
  for (const item of Object.values(value)) members += 1 + countOwnMembers(item)
  return members
}

function isWellFormed(value: unknown): boolean {
  if (typeof value === 'string') return value.isWellFormed()
  if (typeof value !== 'object' || value === null) return true
  return Object.entries(value).every(([name, item]) => name.isWellFormed() && isWellFormed(item))
}
