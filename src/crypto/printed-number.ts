// Finds card numbers printed in plain text: a cheap regular expression first, a linear walk over the digits on a hit.
import { endOf, groupsOfCardNumber } from './card-shape.ts'
import { SHORTEST_CARD_NUMBER } from './issuer-ranges.ts'
import { foldDigits } from './unicode-digits.ts'

/** A stretch of text in UTF-16 units, `end` excluded. */
export type Span = { start: number; end: number }

// ` - ` between groups is printed too; more than three characters are a gap between two things.
const WIDEST_GAP = 3

// Twelve digits with at most gaps between them: whatever can be a card number begins where this matches.
const CANDIDATE = /[0-9](?:[ .-]{0,3}[0-9]){11}/
const CANDIDATES = new RegExp(CANDIDATE, 'g')

const NONE: Span[] = []

/** The card numbers printed in the text, in order, at most `limit` of them; linear in the text's length. */
export function findPrintedNumbers(source: string, limit: number): readonly Span[] {
  const folded = foldDigits(source, SHORTEST_CARD_NUMBER)
  if (folded === null) return findInFolded(source, source, index => index, limit)
  return findInFolded(source, folded.text, index => folded.at[index] as number, limit)
}

function findInFolded(
  source: string,
  text: string,
  original: (index: number) => number,
  limit: number,
): readonly Span[] {
  if (!CANDIDATE.test(text)) return NONE
  const spans: Span[] = []
  const starts: number[] = []
  const ends: number[] = []
  const digits = { source, text, original, starts, ends }
  CANDIDATES.lastIndex = 0
  while (spans.length < limit) {
    const match = CANDIDATES.exec(text)
    if (match === null) break
    starts.length = 0
    ends.length = 0
    CANDIDATES.lastIndex = readSequence(text, match.index, starts, ends)
    for (let group = 0; group < starts.length && spans.length < limit; ) {
      const groups = groupsOfCardNumber(digits, group)
      if (groups > 0) {
        const lastDigit = original((ends[group + groups - 1] as number) - 1)
        spans.push({ start: original(starts[group] as number), end: endOf(source, lastDigit) })
      }
      group += groups || 1
    }
  }
  return spans
}

/** Reads groups of digits as long as only a gap parts them; returns the index after the last digit. */
function readSequence(text: string, from: number, starts: number[], ends: number[]): number {
  let i = from
  for (;;) {
    starts.push(i)
    while (isDigit(text.charCodeAt(i))) i++
    ends.push(i)
    let next = i
    while (next - i < WIDEST_GAP && isGap(text.charCodeAt(next))) next++
    if (!isDigit(text.charCodeAt(next))) return i
    i = next
  }
}

const isDigit = (code: number) => code >= 48 && code <= 57
const isGap = (code: number) => code === 32 || code === 45 || code === 46
