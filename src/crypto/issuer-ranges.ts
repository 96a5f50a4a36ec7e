// Which first digits and lengths belong to a card network: facts in one table, and one look-up.
// Sources: ISO/IEC 7812-1 (structure, at most 19 digits); the IIN table of Wikipedia's "Payment card number"
// (networks, ranges, lengths); braintree/credit-card-type `card-types.ts` (lengths and ranges of Elo, Verve, Mir, JCB).

type IssuerRange = { network: string; first: string; last: string; lengths: readonly number[] }

const UP_TO_19 = [16, 17, 18, 19]
const MAESTRO = [12, 13, 14, 15, 16, 17, 18, 19]
const DINERS = [14, 15, 16, 17, 18, 19]

/** `first` and `last` are prefixes of equal length, both included. Overlaps are wanted: any row that fits is enough. */
export const ISSUER_RANGES: readonly IssuerRange[] = [
  { network: 'UATP', first: '1', last: '1', lengths: [15] },
  { network: 'JCB', first: '2131', last: '2131', lengths: [15] },
  { network: 'Mir', first: '2200', last: '2204', lengths: UP_TO_19 },
  { network: 'BORICA', first: '2205', last: '2205', lengths: [16] },
  { network: 'Mastercard', first: '2221', last: '2720', lengths: [16] },
  { network: 'Diners Club', first: '300', last: '305', lengths: DINERS },
  { network: 'Diners Club', first: '309', last: '309', lengths: DINERS },
  { network: 'American Express', first: '34', last: '34', lengths: [15] },
  { network: 'JCB', first: '3528', last: '3589', lengths: UP_TO_19 },
  { network: 'Diners Club', first: '36', last: '36', lengths: DINERS },
  { network: 'American Express', first: '37', last: '37', lengths: [15] },
  { network: 'Diners Club', first: '38', last: '39', lengths: DINERS },
  { network: 'Visa', first: '4', last: '4', lengths: [13, 16, 18, 19] },
  { network: 'Maestro', first: '50', last: '50', lengths: MAESTRO },
  { network: 'Mastercard', first: '51', last: '55', lengths: [16] },
  { network: 'Maestro', first: '56', last: '59', lengths: MAESTRO },
  { network: 'RuPay, Hipercard, UkrCard', first: '60', last: '60', lengths: UP_TO_19 },
  { network: 'UnionPay', first: '62', last: '62', lengths: DINERS },
  { network: 'Maestro, InterPayment, InstaPayment', first: '63', last: '63', lengths: MAESTRO },
  { network: 'Discover', first: '644', last: '649', lengths: UP_TO_19 },
  { network: 'Discover, RuPay, Elo, Troy', first: '65', last: '65', lengths: UP_TO_19 },
  { network: 'Maestro', first: '67', last: '67', lengths: MAESTRO },
  { network: 'UnionPay, RuPay', first: '81', last: '82', lengths: UP_TO_19 },
  { network: 'Uzcard', first: '8600', last: '8600', lengths: [16] },
  { network: 'Troy', first: '9792', last: '9792', lengths: [16] },
  { network: 'Humo', first: '9860', last: '9860', lengths: [16] },
  { network: 'DinaCard', first: '9891', last: '9891', lengths: [16] },
]

const PREFIX_DIGITS = 4

// For each of the 10,000 four-digit beginnings, a bit per length: look-up without a loop.
const LENGTHS_BY_PREFIX = new Uint32Array(10 ** PREFIX_DIGITS)
for (const { first, last, lengths } of ISSUER_RANGES) {
  const spread = 10 ** (PREFIX_DIGITS - first.length)
  const bits = lengths.reduce((mask, length) => mask | (1 << length), 0)
  for (let prefix = Number(first) * spread; prefix < (Number(last) + 1) * spread; prefix++) {
    LENGTHS_BY_PREFIX[prefix]! |= bits
  }
}

export const SHORTEST_CARD_NUMBER = 12
export const LONGEST_CARD_NUMBER = 19

/** Whether a network issues cards that begin with these four digits (0…9999) and have this many digits. */
export function isIssued(firstFourDigits: number, length: number): boolean {
  return ((LENGTHS_BY_PREFIX[firstFourDigits] ?? 0) & (1 << length)) !== 0
}
