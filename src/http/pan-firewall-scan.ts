// Where in a request a card number, or a field for a security code, stands: pure functions over its decoded parts.
import { isForbiddenFieldName } from '../crypto/forbidden-field-names.ts'
import { containsCardNumber, containsPlainCardNumber } from '../crypto/pan.ts'
import { isBearerJwt } from './authentication/bearer-token.ts'
import { findInJson } from './pan-firewall-json.ts'

/** `pointer` names the place and never holds what was found there; `part` is for counting. */
export type Hit = { pointer: string; part: 'path' | 'query' | 'headers' | 'body' }

const NOT_ASCII = /[\x80-\xff]/
const SAFE_NAME = /^[A-Za-z][A-Za-z_-]{0,39}$/

/** Looks through a request target as it came, `/path?query`. */
export function findInTarget(target: string): Hit | null {
  const mark = target.indexOf('?')
  const path = mark < 0 ? target : target.slice(0, mark)
  if (containsCardNumber(asSent(path))) return { pointer: '#/path', part: 'path' }
  if (mark < 0) return null
  const place = findInPairs(asSent(target.slice(mark + 1)))
  return place === null ? null : { pointer: `#/query/${place}`, part: 'query' }
}

/** Looks through headers, names and values in turn as Node gives them. */
export function findInHeaders(rawHeaders: readonly string[]): Hit | null {
  // Line breaks are neither digits nor gaps, so one pass over all of them finds what a pass over each would.
  const texts: string[] = []
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] as string
    const value = rawHeaders[i + 1] as string
    if (isForbiddenFieldName(name)) return { pointer: `#/headers/${label(name, i / 2)}`, part: 'headers' }
    if (!isBearerHeader(name, value)) texts.push(name, value)
    else if (containsPlainCardNumber(value)) return { pointer: '#/headers/authorization', part: 'headers' }
  }
  if (!containsCardNumber(asSent(texts.join('\n')))) return null
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] as string
    const value = rawHeaders[i + 1] as string
    if (isBearerHeader(name, value)) continue
    if (containsCardNumber(asSent(name)) || containsCardNumber(asSent(value))) {
      return { pointer: `#/headers/${label(name, i / 2)}`, part: 'headers' }
    }
  }
  return { pointer: '#/headers', part: 'headers' }
}

/** Looks through a JSON body: its text, and every decoded string, name and number. */
export function findInJsonBody(text: string, value: unknown): Hit | null {
  const pointer = findInJson(text, value)
  return pointer === null ? null : { pointer, part: 'body' }
}

const FORM = /^application\/x-www-form-urlencoded\b/i
const MULTIPART = /^multipart\//i
const MULTIPART_NAME = /\bname="?([^";\r\n]{1,64})/gi

/** Looks through a body that is not JSON: forms by their fields, anything else as the text that its bytes make. */
export function findInRawBody(body: Uint8Array, contentType: string): Hit | null {
  const text = new TextDecoder().decode(body)
  if (FORM.test(contentType)) {
    const place = findInPairs(text)
    if (place !== null) return { pointer: `#/body/${place}`, part: 'body' }
  }
  const names = MULTIPART.test(contentType) ? text.matchAll(MULTIPART_NAME) : []
  for (const [, name] of names) if (isForbiddenFieldName(name as string)) return { pointer: '#/body', part: 'body' }
  return containsCardNumber(text) ? { pointer: '#/body', part: 'body' } : null
}

/** The place in `name=value&name=value`, by name where the name is harmless, else by number. */
function findInPairs(query: string): string | null {
  if (query === '') return null
  const pairs = query.split(/[&;]/)
  for (const [index, pair] of pairs.entries()) {
    const name = decodeName(pair.slice(0, pair.indexOf('=') < 0 ? pair.length : pair.indexOf('=')))
    if (isForbiddenFieldName(name) || containsCardNumber(pair)) return label(name, index)
    // In a form a plus is a space.
    if (pair.includes('+') && containsCardNumber(pair.replaceAll('+', ' '))) return label(name, index)
  }
  return containsCardNumber(query) ? '' : null
}

function decodeName(name: string): string {
  try {
    return decodeURIComponent(name.replaceAll('+', ' '))
  } catch {
    return name
  }
}

const label = (name: string, index: number) => (SAFE_NAME.test(name) ? name.toLowerCase() : String(index))

const isBearerHeader = (name: string, value: string) =>
  name.length === 13 && name.toLowerCase() === 'authorization' && isBearerJwt(value)

/** Node reads the bytes of targets and headers as latin1; where they are UTF-8, both readings are looked at. */
function asSent(text: string): string {
  return NOT_ASCII.test(text) ? `${text}\n${Buffer.from(text, 'latin1').toString('utf8')}` : text
}
