// What base64 and base64url hide in a text, one level, found without knowing where the encoded part begins.
import type { Span } from './printed-number.ts'

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'

// Three groups of four characters whose three bytes each are ASCII digits, spaces, dashes or dots: any twelve digits or
// more in a row hold them, wherever the row begins in the encoded text.
const ASCII_BYTES = [...range(0x30, 0x39), 0x20, 0x2d, 0x2e]
const ASCII_GROUPS = 3
const ASCII_DIGITS = new RegExp(
  `(?:${charactersByPlace(ASCII_BYTES)
    .map(characters => `[${characters.join('')}]`)
    .join('')}){${ASCII_GROUPS}}`,
)
// The same for digits and gaps that take several bytes in UTF-8. Looser, so a hit must also hold a run of such bytes.
const WIDE_LEADS = [
  0xc2, 0xcd, 0xce, 0xd6, 0xd8, 0xd9, 0xdb, 0xdc, 0xdf, 0xe0, 0xe1, 0xe2, 0xe3, 0xea, 0xef, 0xf0, 0xf3,
]
const WIDE_BYTES = [...ASCII_BYTES, 0, ...range(0x80, 0xbf), ...WIDE_LEADS]
const WIDE_GROUPS = 4
const WIDE_RUN = new RegExp(`[${WIDE_BYTES.map(byte => `\\x${byte.toString(16).padStart(2, '0')}`).join('')}]{14}`)
const NOT_ASCII = /[\x80-\xff]/
// Twelve digits with one gap of two bytes and one of one byte: whatever is shorter, the search for ASCII finds.
const SHORTEST_WIDE_TOKEN = 20

// Both patterns are matched at once, at every alignment, by one shift and one mask per character ("shift-and", Baeza-
// Yates and Gonnet 1992): bit n of a character's mask says that it may stand at place n.
const ASCII_END = 1 << (4 * ASCII_GROUPS - 1)
const WIDE_FIRST = 1 << (4 * ASCII_GROUPS)
const WIDE_END = 1 << (4 * ASCII_GROUPS + 4 * WIDE_GROUPS - 1)
const BEGIN = 1 | WIDE_FIRST
const MASKS = new Int32Array(128)
addMasks(ASCII_BYTES, 0, ASCII_GROUPS)
addMasks(WIDE_BYTES, 4 * ASCII_GROUPS, WIDE_GROUPS)

type Visit = (decoded: string, token: Span) => boolean

/** Calls `visit` with each text that may be hidden and its token's place until it answers true; linear. */
export function someBase64Text(text: string, visit: Visit): boolean {
  if (ASCII_DIGITS.test(text)) return someMatch(text, 0, text.length, visit)
  // A token is at least so long that looking at every twentieth character finds it.
  for (let probe = SHORTEST_WIDE_TOKEN - 1; probe < text.length; probe += SHORTEST_WIDE_TOKEN) {
    if (!isBase64(text.charCodeAt(probe))) continue
    const { start, end } = tokenAround(text, probe)
    probe = end
    if (end - start >= SHORTEST_WIDE_TOKEN && someMatch(text, start, end, visit)) return true
  }
  return false
}

function someMatch(text: string, from: number, to: number, visit: Visit): boolean {
  let token: Span = { start: 0, end: 0 }
  // A bit for each pattern and alignment: a token is decoded at most eight times, however often it matches.
  let tried = 0
  let state = 0
  for (let i = from; i < to; i++) {
    const code = text.charCodeAt(i)
    state = code < 128 ? ((state << 1) | BEGIN) & (MASKS[code] as number) : 0
    if ((state & (ASCII_END | WIDE_END)) === 0) continue
    if (i >= token.end) {
      token = tokenAround(text, i)
      tried = 0
    }
    // Both patterns are whole groups of four long, so that the next character begins a group.
    const alignment = (i + 1 - token.start) & 3
    const isAscii = (state & ASCII_END) !== 0
    const trial = 1 << (isAscii ? alignment : alignment + 4)
    if ((tried & trial) !== 0) continue
    tried |= trial
    const bytes = Buffer.from(text.slice(token.start + alignment, token.end), 'base64')
    if ((isAscii || mayHoldWideDigits(bytes)) && visit(bytes.toString('utf8'), token)) return true
  }
  return false
}

function mayHoldWideDigits(bytes: Buffer): boolean {
  const text = bytes.toString('latin1')
  return NOT_ASCII.test(text) && WIDE_RUN.test(text)
}

/** Marks the characters that can encode three bytes of the set, for so many groups of four places from `place` on. */
function addMasks(bytes: readonly number[], place: number, groups: number): void {
  charactersByPlace(bytes).forEach((characters, offset) => {
    for (const character of characters) {
      for (let group = 0; group < groups; group++) MASKS[character.charCodeAt(0)]! |= 1 << (place + 4 * group + offset)
    }
  })
}

/** Which characters can stand at each of the four places that encode three bytes of the set. */
function charactersByPlace(bytes: readonly number[]): string[][] {
  const pairs = bytes.flatMap(first => bytes.map(second => [first, second] as const))
  return [
    bytes.map(byte => byte >> 2),
    pairs.map(([first, second]) => ((first & 3) << 4) | (second >> 4)),
    pairs.map(([first, second]) => ((first & 15) << 2) | (second >> 6)),
    bytes.map(byte => byte & 63),
  ].map(values => [...new Set(values)].flatMap(charactersOf))
}

function charactersOf(value: number): string[] {
  if (value === 62) return ['+', '-']
  if (value === 63) return ['/', '_']
  return [ALPHABET[value] as string]
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, i) => from + i)
}

function tokenAround(text: string, index: number): Span {
  let start = index
  while (start > 0 && isBase64(text.charCodeAt(start - 1))) start--
  let end = index
  while (isBase64(text.charCodeAt(end))) end++
  return { start, end }
}

function isBase64(code: number): boolean {
  const lower = code | 32
  if ((lower >= 97 && lower <= 122) || (code >= 48 && code <= 57)) return true
  return code === 43 || code === 47 || code === 45 || code === 95
}
