// The one detector of card numbers: the door, the log and the scan of what is stored all ask here. Pure, linear time.
// What it catches and what it lets pass is written down, with measured rates, in docs/firewall.md.
import { someBase64Text } from './base64-text.ts'
import { percentDecode } from './percent-decode.ts'
import { findPrintedNumbers, type Span } from './printed-number.ts'

/** What stands in place of a card number; keeps nothing of it. */
export const MASK = '[card number removed]'

/**
 * Whether a text holds a card number: 12–19 digits with an issuer's prefix and length that pass Luhn, in one run or
 * grouped as on cards, in ASCII or any Unicode digits, plain or one level deep in percent-encoding or base64.
 */
export function containsCardNumber(text: string): boolean {
  return findCardNumber(text) !== null
}

/** Like `containsCardNumber`, but blind to base64: for text that is itself base64 of known content, such as a JWT. */
export function containsPlainCardNumber(text: string): boolean {
  return findPrintedNumbers(text, 1).length > 0 || findEscapedNumbers(text, 1).length > 0
}

/** The place of a card number in UTF-16 units (`end` excluded), or null; for an encoded one the encoded text's place. */
export function findCardNumber(text: string): Span | null {
  return findPrintedNumbers(text, 1)[0] ?? findEscapedNumbers(text, 1)[0] ?? findBase64Numbers(text, 1)[0] ?? null
}

/** All places of card numbers in UTF-16 units, in order, without overlaps. */
export function findCardNumbers(text: string): Span[] {
  const all = Number.POSITIVE_INFINITY
  const spans = [...findPrintedNumbers(text, all), ...findEscapedNumbers(text, all), ...findBase64Numbers(text, all)]
  return merge(spans)
}

/** Replaces each card number by `MASK`, which keeps nothing of it; text without one is returned as it is. */
export function maskCardNumbers(text: string): string {
  const spans = findCardNumbers(text)
  if (spans.length === 0) return text
  let masked = ''
  let from = 0
  for (const { start, end } of spans) {
    masked += text.slice(from, start) + MASK
    from = end
  }
  masked += text.slice(from)
  // What stood beside a number can make another one once it is gone; then nothing of the text is kept.
  return containsCardNumber(masked) ? MASK : masked
}

function findEscapedNumbers(text: string, limit: number): readonly Span[] {
  const decoded = percentDecode(text)
  if (decoded === null) return []
  return findPrintedNumbers(decoded.text, limit).map(({ start, end }) => ({
    start: decoded.at[start] as number,
    end: decoded.at[end] as number,
  }))
}

function findBase64Numbers(text: string, limit: number): Span[] {
  const spans: Span[] = []
  someBase64Text(text, (decoded, token) => {
    if (findPrintedNumbers(decoded, 1).length > 0) spans.push(token)
    return spans.length >= limit
  })
  return spans
}

function merge(spans: Span[]): Span[] {
  const merged: Span[] = []
  for (const span of spans.sort((a, b) => a.start - b.start)) {
    const last = merged.at(-1)
    if (last !== undefined && span.start < last.end) last.end = Math.max(last.end, span.end)
    else merged.push({ ...span })
  }
  return merged
}
