// What makes digits a card number: groups as printed, issuer and length, Luhn, and no sign of being something else.
import { isIssued, LONGEST_CARD_NUMBER, SHORTEST_CARD_NUMBER } from './issuer-ranges.ts'
import { isInsideKnownForm } from './known-forms.ts'

/** Groups of ASCII digits in `text` that only gaps part; `original(i)` is the place of `text[i]` in `source`. */
export type DigitSequence = {
  source: string
  text: string
  original: (index: number) => number
  starts: number[]
  ends: number[]
}

// Gaps after digits 4-8-12, 4-10 and their kin (card faces; `gaps` in braintree/credit-card-type; UATP's 4-5-6).
const GROUPINGS = [
  [4, 4, 4],
  [4, 3, 3, 3],
  [4, 4, 5],
  [4, 4, 4, 1],
  [4, 6, 4],
  [4, 4, 4, 2],
  [4, 6, 5],
  [4, 5, 6],
  [4, 4, 4, 3],
  [4, 4, 4, 4],
  [4, 4, 8],
  [4, 6, 6],
  [8, 8],
  [4, 4, 4, 5],
  [4, 4, 4, 4, 1],
  [4, 4, 4, 6],
  [4, 4, 4, 4, 2],
  [4, 4, 4, 7],
  [4, 4, 4, 4, 3],
  [6, 13],
]

// Lengths of the groups, five bits each, so that one number names a grouping.
const GROUPING_CODES = new Set(GROUPINGS.map(groups => groups.reduce((code, length) => code * 32 + length, 0)))
const FIRST_GROUPS = new Set(GROUPINGS.map(groups => groups[0]))
const MOST_GROUPS = 5
const LONGEST_GROUP = 13

/** How many groups from `first` on make up a card number: 0 when none does. */
export function groupsOfCardNumber(digits: DigitSequence, first: number): number {
  if (isTelephoneNumber(digits, first)) return 0
  const length = lengthOf(digits, first)
  if (length >= SHORTEST_CARD_NUMBER) {
    return length <= LONGEST_CARD_NUMBER && !isFraction(digits, first) && isCardNumber(digits, first, 1, length) ? 1 : 0
  }
  if (length === 1) return singlesOfCardNumber(digits, first)
  if (!FIRST_GROUPS.has(length)) return 0
  let code = 0
  let total = 0
  for (let groups = 1; groups <= MOST_GROUPS && first + groups <= digits.starts.length; groups++) {
    const added = lengthOf(digits, first + groups - 1)
    if (added > LONGEST_GROUP) return 0
    code = code * 32 + added
    total += added
    if (GROUPING_CODES.has(code) && !isPartOfMore(digits, first, groups, total)) {
      if (isCardNumber(digits, first, groups, total)) return groups
    }
  }
  return 0
}

/** Three groups of four among more of them are a part of a longer number, not a number of twelve digits. */
function isPartOfMore(digits: DigitSequence, first: number, groups: number, total: number): boolean {
  return groups === 3 && total === 12 && (lengthOf(digits, first - 1) === 4 || lengthOf(digits, first + 3) === 4)
}

/** Digits that stand apart one by one. */
function singlesOfCardNumber(digits: DigitSequence, first: number): number {
  if (first > 0 && lengthOf(digits, first - 1) === 1) return 0
  let count = 1
  while (count <= LONGEST_CARD_NUMBER && lengthOf(digits, first + count) === 1) count++
  if (count < SHORTEST_CARD_NUMBER || count > LONGEST_CARD_NUMBER) return 0
  return isCardNumber(digits, first, count, count) ? count : 0
}

function lengthOf({ starts, ends }: DigitSequence, group: number): number {
  return (ends[group] ?? 0) - (starts[group] ?? 0)
}

function isCardNumber(digits: DigitSequence, first: number, groups: number, length: number): boolean {
  const { source, text, original, starts, ends } = digits
  const start = starts[first] as number
  const end = ends[first + groups - 1] as number
  if (!isIssued(firstFourDigits(text, start), length) || !passesLuhn(text, start, end, length)) return false
  const from = original(start)
  const to = endOf(source, original(end - 1))
  if (isAsciiLetter(source.charCodeAt(from - 1)) || isAsciiLetter(source.charCodeAt(to))) return false
  return !isInsideKnownForm(source, from, to)
}

function firstFourDigits(text: string, start: number): number {
  let value = 0
  for (let i = start, count = 0; count < 4; i++) {
    const code = text.charCodeAt(i)
    if (!isAsciiDigit(code)) continue
    value = value * 10 + code - 48
    count++
  }
  return value
}

/** ISO/IEC 7812-1 annex B; everything in the stretch that is no digit is a gap. */
function passesLuhn(text: string, start: number, end: number, length: number): boolean {
  let sum = 0
  let isDoubled = length % 2 === 0
  for (let i = start; i < end; i++) {
    const code = text.charCodeAt(i)
    if (!isAsciiDigit(code)) continue
    const digit = code - 48
    sum += isDoubled ? (digit > 4 ? digit * 2 - 9 : digit * 2) : digit
    isDoubled = !isDoubled
  }
  return sum % 10 === 0
}

const LONGEST_TELEPHONE_NUMBER = 15
const LONGEST_COUNTRY_CODE = 3

/** `+` and at most 15 digits (ITU-T E.164), in one run or, as E.123 writes them, after a country code of 1–3 digits. */
function isTelephoneNumber(digits: DigitSequence, group: number): boolean {
  const { source, original, starts } = digits
  const before = original(starts[0] as number) - 1
  if (source[before] !== '+' || isAsciiLetterOrDigit(source.charCodeAt(before - 1))) return false
  if (group === 0 && lengthOf(digits, 0) >= SHORTEST_CARD_NUMBER) return lengthOf(digits, 0) <= LONGEST_TELEPHONE_NUMBER
  if (lengthOf(digits, 0) > LONGEST_COUNTRY_CODE) return false
  let total = 0
  for (let i = 0; i < starts.length && total <= LONGEST_TELEPHONE_NUMBER; i++) total += lengthOf(digits, i)
  return total <= LONGEST_TELEPHONE_NUMBER
}

/** The digits after a decimal point: a dot right between two digits. */
function isFraction({ source, original, starts }: DigitSequence, group: number): boolean {
  const start = original(starts[group] as number)
  return source[start - 1] === '.' && isAsciiDigit(source.charCodeAt(start - 2))
}

const isAsciiDigit = (code: number) => code >= 48 && code <= 57
const isAsciiLetter = (code: number) => (code | 32) >= 97 && (code | 32) <= 122
const isAsciiLetterOrDigit = (code: number) => isAsciiDigit(code) || isAsciiLetter(code)

/** The index after the character at `index`, which may take two UTF-16 units. */
export const endOf = (text: string, index: number) => index + ((text.codePointAt(index) as number) > 0xffff ? 2 : 1)
