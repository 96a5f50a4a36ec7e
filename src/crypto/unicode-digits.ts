// Characters that stand for a digit, a gap between digits, or nothing visible, folded to ASCII with a map back.

const DIGIT = /\p{Nd}/u
// Zero-width and other characters that print nothing; NUL is what UTF-16 leaves between ASCII digits.
const INVISIBLE = /[\0\p{Cf}\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\ufe00-\ufe0f\u{e0100}-\u{e01ef}]/u
const SPACE = /\p{Zs}/u
const DASH = /[\p{Pd}\u2043\u2212]/u
const DOT = /[.\u00b7\u0387\u2022\u2024\u2027\u2219\u22c5\u3002\u30fb\uff0e\uff61\uff65]/u

const NOT_PLAIN = /[^\x01-\x7f]/
const OTHER = 0x1a // "substitute": neither digit, letter nor gap
const DROP = 0
const PAGE_SIZE = 256

// What each character folds to, a page of 256 at a time and only when one of it is met.
const pages: (Uint8Array | undefined)[] = []

function foldedCode(code: number): number {
  let page = pages[code >> 8]
  if (page === undefined) {
    page = makePage(code & ~(PAGE_SIZE - 1))
    pages[code >> 8] = page
  }
  return page[code & (PAGE_SIZE - 1)] as number
}

function makePage(first: number): Uint8Array {
  return Uint8Array.from({ length: PAGE_SIZE }, (_, i) => classify(first + i))
}

function classify(code: number): number {
  const char = String.fromCodePoint(code)
  if (INVISIBLE.test(char)) return DROP
  if (code < 0x80) return code
  if (DIGIT.test(char)) return 0x30 + digitValue(code)
  if (SPACE.test(char)) return 0x20
  if (DASH.test(char)) return 0x2d
  return DOT.test(char) ? 0x2e : OTHER
}

/** Unicode keeps each script's ten digits in a row that begins at zero, so the place in the row is the value. */
export function digitValue(code: number): number {
  let start = code
  while (DIGIT.test(String.fromCodePoint(start - 1))) start--
  return (code - start) % 10
}

/** Folded text; `at[i]` is where its character `i` began in the original, `at[length]` the original's length. */
export type Folded = { text: string; at: Uint32Array }

/**
 * Turns Unicode decimal digits into ASCII digits, gaps into one of space, dash, dot, and drops invisible characters;
 * null when folding could not bring a card number to light. Source: categories Nd, Zs, Pd, Cf of UAX #44.
 */
export function foldDigits(text: string, leastDigits: number): Folded | null {
  if (!NOT_PLAIN.test(text) || !isWorthFolding(text, leastDigits)) return null
  const folded = Buffer.allocUnsafe(text.length)
  const at = new Uint32Array(text.length + 1)
  let length = 0
  for (let i = 0; i < text.length; i++) {
    const code = text.codePointAt(i) as number
    const shown = foldedCode(code)
    if (shown !== DROP) {
      at[length] = i
      folded[length] = shown
      length++
    }
    if (code > 0xffff) i++
  }
  at[length] = text.length
  return { text: folded.toString('latin1', 0, length), at }
}

function isWorthFolding(text: string, leastDigits: number): boolean {
  let digits = 0
  let isChanged = false
  for (let i = 0; i < text.length; i++) {
    let code = text.charCodeAt(i)
    if (code > 0x7f || code === 0) {
      if (code >= 0xd800 && code < 0xdc00) code = text.codePointAt(i++) as number
      const shown = foldedCode(code)
      if (shown === OTHER) continue
      isChanged = true
      code = shown
    }
    if (code >= 48 && code <= 57) digits++
    if (isChanged && digits >= leastDigits) return true
  }
  return false
}
