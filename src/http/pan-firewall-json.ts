// Looks through JSON for card numbers: the raw text first, which settles nearly all; what decoding changes after that.
import { isForbiddenFieldName } from '../crypto/forbidden-field-names.ts'
import { LONGEST_CARD_NUMBER } from '../crypto/issuer-ranges.ts'
import { containsCardNumber } from '../crypto/pan.ts'

type Walker = (value: unknown, name: string | null) => boolean

const NAME_PLACE = '(name)'
const LONGEST_POINTER = 200
/** Where a pointer cannot be given: it would be too long, or hold what it must not. */
const WHOLE_BODY = '#/body'

/** The JSON pointer (RFC 6901) of a card number or a forbidden field, null when there is none. */
export function findInJson(text: string, value: unknown): string | null {
  const forbidden = pathTo(value, (_, name) => name !== null && isForbiddenFieldName(name))
  if (forbidden !== null) return pointerOf(forbidden)
  if (containsCardNumber(text)) return placeOf(text)
  // Without a backslash every string reads the same raw as decoded.
  if (text.includes('\\') && containsCardNumber(decodedStrings(value))) return placeOf(text)
  const number = EXPONENT.test(text) ? findWrittenOut(text) : null
  if (number === null) return null
  const path = pathTo(value, item => typeof item === 'number' && number.has(item))
  return path === null ? null : pointerOf(path)
}

function placeOf(text: string): string {
  const path = pathTo(JSON.parse(text, asWritten), (item, name) => {
    if (name !== null && containsCardNumber(name)) return true
    return typeof item === 'string' && containsCardNumber(item)
  })
  return path === null ? WHOLE_BODY : pointerOf(path)
}

/** Numbers as the digits that stand in the text: beyond 2^53 their value has lost some. */
const asWritten = (_name: string, value: unknown, context?: { source?: string }): unknown =>
  typeof value === 'number' ? (context?.source ?? String(value)) : value

/** Names and indexes from the root to the first match in order of the text; a name is asked before its value. */
function pathTo(value: unknown, matches: Walker, name: string | null = null): string[] | null {
  if (matches(value, name)) return []
  if (typeof value !== 'object' || value === null) return null
  const isArray = Array.isArray(value)
  for (const key of Object.keys(value)) {
    const path = pathTo((value as Record<string, unknown>)[key], matches, isArray ? null : key)
    if (path !== null) return [key, ...path]
  }
  return null
}

/** A name that holds a number itself is never repeated. */
function pointerOf(path: string[]): string {
  if (path.length === 0) return WHOLE_BODY
  const shown = path.map(name => (containsCardNumber(name) ? NAME_PLACE : name))
  const pointer = shown.map(name => `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
  return pointer.length > LONGEST_POINTER || containsCardNumber(pointer) ? WHOLE_BODY : pointer
}

function decodedStrings(value: unknown): string {
  const strings: string[] = []
  pathTo(value, (item, name) => {
    if (name !== null) strings.push(name)
    if (typeof item === 'string') strings.push(item)
    return false
  })
  // A line break is neither a digit nor a gap nor base64: nothing is found across two strings.
  return strings.join('\n')
}

const EXPONENT = /[0-9][eE][+-]?[0-9]/
// Begins at the beginning of a run of digits only, which keeps it linear.
const WITH_EXPONENT = /(?<![0-9])([0-9]+)(?:\.([0-9]+))?[eE]([+-]?[0-9]+)/g

/** Values of numbers that are card numbers once their exponent is worked out, such as `4.2e15`. */
function findWrittenOut(text: string): Set<number> | null {
  let found: Set<number> | null = null
  for (const [number, whole, fraction = '', exponent] of text.matchAll(WITH_EXPONENT)) {
    const digits = shift(whole as string, fraction, Number(exponent))
    if (digits === null || !containsCardNumber(digits)) continue
    found ??= new Set()
    found.add(Number(number))
  }
  return found
}

/** The whole part of `whole.fraction × 10^exponent` in exact digits; null when it is longer than any card number. */
function shift(whole: string, fraction: string, exponent: number): string | null {
  const digits = (whole + fraction).replace(/^0+/, '')
  const leadingZeros = whole.length + fraction.length - digits.length
  const length = whole.length + exponent - leadingZeros
  if (length <= 0 || length > LONGEST_CARD_NUMBER) return null
  return digits.slice(0, length).padEnd(length, '0')
}
