// What the detector of card numbers catches, what it lets pass, and that hostile text costs it no more than its length.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isForbiddenFieldName } from '../../src/crypto/forbidden-field-names.ts'
import { isIssued } from '../../src/crypto/issuer-ranges.ts'
import { containsCardNumber, findCardNumber, findCardNumbers, MASK, maskCardNumbers } from '../../src/crypto/pan.ts'
import { digitValue } from '../../src/crypto/unicode-digits.ts'
import { inScript, NEAR_MISSES, PUBLISHED_NUMBERS, printedGroups } from '../support/pan-samples.ts'

const base64 = (text: string) => Buffer.from(text).toString('base64')
const escapeAll = (text: string) =>
  Array.from(Buffer.from(text), byte => `%${byte.toString(16).padStart(2, '0')}`).join('')

const GAPS = { space: ' ', 'no-break space': '\u00a0', 'narrow space': '\u202f', 'ideographic space': '\u3000' }
const DASHES = { hyphen: '-', 'en dash': '\u2013', 'em dash': '\u2014', minus: '\u2212', 'full-width': '\uff0d' }
const DOTS = { dot: '.', 'middle dot': '\u00b7' }
const INVISIBLES = {
  'zero-width space': '\u200b',
  'soft hyphen': '\u00ad',
  'word joiner': '\u2060',
  'byte order mark': '\ufeff',
}
const ZEROS = {
  'full-width': 0xff10,
  'Arabic-Indic': 0x660,
  Devanagari: 0x966,
  Bengali: 0x9e6,
  'mathematical bold': 0x1d7ce,
}

const grouped = Object.entries({ ...GAPS, ...DASHES, ...DOTS, ...INVISIBLES }).map(
  ([name, gap]) => [`in groups with a ${name}`, (n: string) => printedGroups(n).join(gap)] as const,
)
const scattered = Object.entries(INVISIBLES).map(
  ([name, char]) => [`with a ${name} between all digits`, (n: string) => [...n].join(char)] as const,
)
const scripts = Object.entries(ZEROS).flatMap(
  ([name, zero]) =>
    [
      [`in ${name} digits`, (n: string) => inScript(n, zero)],
      [
        `in ${name} digits and groups`,
        (n: string) =>
          printedGroups(n)
            .map(group => inScript(group, zero))
            .join(' '),
      ],
      [`in base64 of ${name} digits`, (n: string) => base64(inScript(n, zero))],
      [`in percent-encoded ${name} digits`, (n: string) => encodeURIComponent(inScript(n, zero))],
    ] as const,
)
const FORMS: readonly (readonly [string, (number: string) => string])[] = [
  ['as it is', n => n],
  ['with a minus', n => `-${n}`],
  ['after an underscore', n => `ref_${n}`],
  ['digit by digit with spaces', n => [...n].join(' ')],
  ['before expiry and security code', n => `${printedGroups(n).join(' ')} 12/27 123`],
  ['percent-encoded', escapeAll],
  ['partly percent-encoded', n => `%3${n[0]}${n.slice(1)}`],
  ['in percent-encoded groups', n => encodeURIComponent(printedGroups(n).join(' '))],
  ['in base64', base64],
  ['in base64url', n => Buffer.from(n).toString('base64url')],
  ['in base64 of groups', n => base64(printedGroups(n).join('-'))],
  ['in base64 of groups with no-break spaces', n => base64(printedGroups(n).join('\u00a0'))],
  ['in base64 of JSON', n => base64(JSON.stringify({ card: { number: n } }))],
  ['as UTF-16', n => Buffer.from(n, 'utf16le').toString('latin1')],
  ...grouped,
  ...scattered,
  ...scripts,
]
const PLACES: readonly (readonly [string, (text: string) => string])[] = [
  ['alone', text => text],
  ['as a JSON string', text => `{"note":"${text}"}`],
  ['in a sentence', text => `my card is ${text}, thanks`],
  ['in a path', text => `/v1/payers/${text}/tokens`],
  ['beside letters of another script', text => `カード${text}です`],
]

describe('a published card number', () => {
  it.each(FORMS)('is caught %s, wherever it stands', (_, form) => {
    const missed = PUBLISHED_NUMBERS.flatMap(number =>
      PLACES.filter(([, place]) => !containsCardNumber(place(form(number)))).map(([place]) => `${number} ${place}`),
    )
    expect(missed).toEqual([])
  })

  it.each(FORMS)('is masked %s, and nothing of it is left', (_, form) => {
    for (const number of PUBLISHED_NUMBERS) {
      const masked = maskCardNumbers(`paid with ${form(number)} today`)
      expect(containsCardNumber(masked)).toBe(false)
      expect(masked.startsWith('paid with ')).toBe(true)
      expect(masked.endsWith(' today')).toBe(true)
      expect(masked).not.toContain(form(number))
    }
  })

  it('is found at its place', () => {
    const text = 'first 4242424242424242, then 5555-5555-5555-4444.'
    expect(findCardNumber(text)).toEqual({ start: 6, end: 22 })
    expect(findCardNumbers(text).map(({ start, end }) => text.slice(start, end))).toEqual([
      '4242424242424242',
      '5555-5555-5555-4444',
    ])
    expect(maskCardNumbers(text)).toBe(`first ${MASK}, then ${MASK}.`)
  })
})

describe('what is no card number', () => {
  it.each(NEAR_MISSES)('%s passes', text => {
    for (const [, place] of PLACES) expect(containsCardNumber(place(text))).toBe(false)
  })

  it.each([
    ['a letter before the digits', 'x4242424242424242'],
    ['a letter after the digits', '4242424242424242x'],
    ['more digits than a card has', '42424242424242424242'],
    ['a number inside a longer one', '14242424242424242000'],
    ['an international telephone number', '+4222222222222'],
    ['a telephone number in groups', '+1 3056 930902 5904'],
    ['the digits of a fraction', '0.4242424242424242'],
    ['groups that no card carries', '42 42 4242424242 42'],
    ['digits of several values', '{"a":"42424242","b":"42424242"}'],
    ['numbers of an array', '[4242,4242,4242,4242]'],
    ['lines of a table', '4242\n4242\n4242\n4242'],
    ['a UUID that ends in digits', '550e8400-e29b-41d4-a716-630400000000'],
    ['an IBAN in groups', 'DE89 3704 0044 0532 0130 00'],
  ])('%s passes', (_, text) => {
    expect(containsCardNumber(text)).toBe(false)
    expect(maskCardNumbers(text)).toBe(text)
  })

  it('16 digits after a plus are too many for a telephone, and are caught', () => {
    expect(containsCardNumber('+4242424242424242')).toBe(true)
    expect(containsCardNumber('a+4222222222222@example.test')).toBe(true)
  })
})

/** Luhn the textbook's way, from the right, as an oracle of its own. */
function passesLuhn(number: string): boolean {
  const sum = [...number].reverse().reduce((total, digit, i) => {
    const value = Number(digit) * (i % 2 === 1 ? 2 : 1)
    return total + Math.floor(value / 10) + (value % 10)
  }, 0)
  return sum % 10 === 0
}

const runs = fc.stringMatching(/^[0-9]{10,22}$/)

describe('for any run of digits', () => {
  it('the answer is Luhn, issuer and length, and nothing else', () => {
    fc.assert(
      fc.property(runs, number => {
        const fits = number.length >= 12 && number.length <= 19 && isIssued(Number(number.slice(0, 4)), number.length)
        expect(containsCardNumber(`n: ${number};`)).toBe(fits && passesLuhn(number))
      }),
      { numRuns: 5_000 },
    )
  })

  it('a number that is caught is caught in every form, and one that passes is never caught by its form', () => {
    fc.assert(
      fc.property(runs, fc.constantFrom('plain', 'wide', 'base64', 'escaped'), (number, form) => {
        const written = {
          plain: number,
          wide: inScript(number, 0xff10),
          base64: base64(number),
          escaped: escapeAll(number),
        }[form]
        expect(containsCardNumber(`n: ${written};`)).toBe(containsCardNumber(`n: ${number};`))
      }),
      { numRuns: 2_000 },
    )
  })

  it('masking leaves nothing to be found, whatever the text', () => {
    const pieces = fc.constantFrom(
      '4242',
      '4242424242424242',
      '5',
      ' ',
      '-',
      '.',
      '%34',
      '\u200b',
      '\u00a0',
      '4',
      'NDI0MjQyNDI0MjQyNDI0Mg',
      'a',
      '+',
      '\n',
    )
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 30 }), parts => {
        const masked = maskCardNumbers(parts.join(''))
        expect(containsCardNumber(masked)).toBe(false)
        if (!containsCardNumber(parts.join(''))) expect(masked).toBe(parts.join(''))
      }),
      { numRuns: 5_000 },
    )
  })
})

describe('digits of all scripts', () => {
  it('come in whole rows of ten, and each has the value of its place in the row', () => {
    let count = 0
    for (let code = 0; code < 0x110000; code++) {
      if (code >= 0xd800 && code < 0xe000) continue
      const char = String.fromCodePoint(code)
      if (!/\p{Nd}/u.test(char)) continue
      count++
      if (digitValue(code) !== 9) expect(digitValue(code + 1)).toBe(digitValue(code) + 1)
    }
    expect(count % 10).toBe(0)
    expect(
      [0x30, 0x660, 0x966, 0xff10, 0x1d7ce, 0x1d7d8, 0x1d7f6, 0x1fbf0].map(zero => [
        digitValue(zero),
        digitValue(zero + 9),
      ]),
    ).toEqual(Array(8).fill([0, 9]))
  })
})

describe('names of fields', () => {
  it.each([
    'cvc',
    'CVV',
    'cvv2',
    'Card-CVC',
    'card[cvc]',
    'card.cvv',
    'track1',
    'track_2',
    'Track2Data',
    'security_code',
    'ｃｖｃ',
    'X-CVC',
    'pin_block',
  ])('%s is refused', name => expect(isForbiddenFieldName(name)).toBe(true))
  it.each([
    'description',
    'reference',
    'cvc_check',
    'cid',
    'tracking_number',
    'track',
    'pin',
    'security_deposit',
    'number',
    '',
  ])('%s passes', name => expect(isForbiddenFieldName(name)).toBe(false))
})

describe('hostile text', () => {
  const HOSTILE = [
    '7',
    ' ',
    '7   ',
    '7777 ',
    '7777777777777777 ',
    '4'.repeat(16) + ' ',
    'NDI0',
    'AAAA',
    '%41',
    '%37',
    '7\u200b',
    '\u200b',
    '７',
    '77777777777 a ',
    '1\u00a0\u00a0',
    '550e8400-e29b-41d4-a716-446655440000 ',
    '+',
    '.',
    '4242-',
    '+4 ',
    'AB12 4242 ',
  ]

  // Sixteen times the text: in proportion that is 16 times the work, quadratic it would be 256 times.
  it.each(HOSTILE)('made of %j takes time in proportion to its length', piece => {
    const fastest = (length: number) => {
      const text = piece.repeat(Math.ceil(length / piece.length)).slice(0, length)
      let best = Number.POSITIVE_INFINITY
      for (let round = 0; round < 5; round++) {
        const before = process.cpuUsage()
        findCardNumbers(text)
        const { user, system } = process.cpuUsage(before)
        best = Math.min(best, user + system)
      }
      return best
    }
    fastest(64 * 1024)
    const ratio = () => fastest(256 * 1024) / Math.max(fastest(16 * 1024), 200)
    expect(Math.min(ratio(), ratio(), ratio())).toBeLessThan(128)
  })
})
