// What passes through requests every day and must never be taken for a card number, by class; and numbers that must.
import { createHash, randomBytes, randomInt, randomUUID } from 'node:crypto'
import { ID_PREFIXES, newTokenId } from '../../src/domain/ids.ts'

/** Published test numbers: no real card has them (the networks' and Stripe's test pages, ccsrch, presidio). */
export const PUBLISHED_NUMBERS = [
  '122000000000003',
  '30569309025904',
  '3528000700000000',
  '3530111333300000',
  '3566002020360505',
  '371449635398431',
  '378282246310005',
  '378734493671000',
  '38520000023237',
  '4012888888881881',
  '4111111111111111',
  '4222222222222',
  '4484070000000000',
  '4917300800000000',
  '5019717010103742',
  '5105105105105100',
  '5555555555554444',
  '6011000400000000',
  '6011000990139424',
  '6011111111111117',
  '6759649826438453',
  '4242424242424242',
  '4000056655665556',
  '5200828282828210',
  '2223003122003222',
  '3056930009020004',
  '36227206271667',
  '6200000000000005',
  '6205500000000000004',
  '6555900000604105',
  '6011981111111113',
  '6200000000000047',
  '4000000000000002',
  '4000002500003155',
  '4000002760003184',
  '4000000000009995',
  '4000000000000341',
  '4000000404000079',
]

/** One digit away from a number, or a number that no network's length fits. */
export const NEAR_MISSES = [
  '4012-8888-8888-1882',
  '36168002586008',
  '4242424242424241',
  '4242-4242-4242-4243',
  '5555555555554445',
]

/** The groups that a card of this length carries. */
export function printedGroups(number: string): string[] {
  const lengths = { 13: [4, 3, 3, 3], 14: [4, 6, 4], 15: [4, 6, 5], 19: [4, 4, 4, 4, 3] }[number.length] ?? [4, 4, 4, 4]
  let from = 0
  return lengths.map(length => {
    from += length
    return number.slice(from - length, from)
  })
}

/** The same digits in another script, given the code point of its zero. */
export const inScript = (number: string, zero: number): string =>
  number.replace(/[0-9]/g, digit => String.fromCodePoint(zero + Number(digit)))

export type SampleClass = {
  name: string
  /** The highest share of samples that may be refused; 0 where api.md promises that they pass. */
  maxRate: number
  sample: () => string
}

const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const CROCKFORD = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
const STRIPE_PREFIXES = [
  'pi_3',
  'ch_3',
  'pm_1',
  'seti_1',
  'cus_',
  'txn_1',
  'po_1',
  'evt_1',
  're_3',
  'dp_1',
  'src_',
  'tok_1',
]
const ID_PREFIX_LIST = Object.values(ID_PREFIXES)
// From September 2039 on nanoseconds begin with 22, as Mir's 19-digit cards do.
const FIRST_MS = Date.UTC(2016, 0)
const LAST_MS = Date.UTC(2039, 0)

const letters = (alphabet: string, length: number) =>
  Array.from(randomBytes(length), byte => alphabet[byte % alphabet.length]).join('')
const digits = (length: number) => Array.from({ length }, () => randomInt(10)).join('')
const pick = <T>(items: readonly T[]): T => items[randomInt(items.length)] as T
const randomMs = () => FIRST_MS + randomInt(LAST_MS - FIRST_MS)

function uuidV7(): string {
  const hex = randomMs().toString(16).padStart(12, '0') + randomBytes(10).toString('hex')
  const variant = '89ab'[randomInt(4)]
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-7${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}

/** UUIDs of digits alone, which random ones hardly ever are. */
const digitUuid = () => `${digits(8)}-${digits(4)}-4${digits(3)}-${pick(['8', '9'])}${digits(3)}-${digits(12)}`

function isoTime(): string {
  const text = new Date(randomMs()).toISOString()
  const forms = [text, text.replace(/\.\d+/, ''), text.replace('T', ' ').slice(0, 19), text.replace(/[-:]|\.\d+/g, '')]
  return pick([...forms, text.replace('Z', `${digits(3)}+02:00`), text.replace(/\D/g, '').slice(0, 14)])
}

/** In the shapes of ITU-T E.164: up to 15 digits after the plus. */
const e164 = () => `+${1 + randomInt(9)}${digits(6 + randomInt(9))}`

/** Check digits of ISO 7064 MOD 97-10, printed in groups of four. */
function germanIban(): string {
  const account = digits(18)
  const check = String(98n - (BigInt(`${account}131400`) % 97n)).padStart(2, '0')
  return `DE${check}${account}`.replace(/.{4}(?=.)/g, '$& ')
}

/** First those that must always pass, then what is merely measured. */
export const SAMPLE_CLASSES: readonly SampleClass[] = [
  { name: 'panless ids', maxRate: 0, sample: () => pick(ID_PREFIX_LIST) + newTokenId(true).slice('vtok_live_'.length) },
  { name: 'vault tokens', maxRate: 0, sample: () => newTokenId(randomInt(2) === 1) },
  { name: 'Stripe ids', maxRate: 0, sample: () => pick(STRIPE_PREFIXES) + letters(BASE62, 14 + randomInt(11)) },
  { name: 'UUID v4', maxRate: 0, sample: () => randomUUID() },
  { name: 'UUID v7', maxRate: 0, sample: uuidV7 },
  { name: 'UUIDs of digits alone', maxRate: 0, sample: digitUuid },
  { name: 'ULIDs', maxRate: 0, sample: () => `01${pick(['H', 'J', 'K'])}${letters(CROCKFORD, 23)}` },
  { name: 'ISO times', maxRate: 0, sample: isoTime },
  { name: 'epoch seconds', maxRate: 0, sample: () => String(Math.floor(randomMs() / 1000)) },
  { name: 'epoch milliseconds', maxRate: 0, sample: () => String(randomMs()) },
  { name: 'epoch nanoseconds', maxRate: 0, sample: () => `${randomMs()}${digits(6)}` },
  { name: 'E.164 numbers', maxRate: 0, sample: e164 },
  {
    name: 'SHA-256 in hex',
    maxRate: 0.000_05,
    sample: () => createHash('sha256').update(randomBytes(16)).digest('hex'),
  },
  { name: 'trace ids (32 hex)', maxRate: 0.000_05, sample: () => randomBytes(16).toString('hex') },
  {
    name: 'trace contexts',
    maxRate: 0,
    sample: () => `00-${randomBytes(16).toString('hex')}-${randomBytes(8).toString('hex')}-01`,
  },
  { name: 'base64 of 32 bytes', maxRate: 0.000_05, sample: () => randomBytes(32).toString('base64') },
  { name: 'decimal fractions', maxRate: 0.000_05, sample: () => String(Math.random()) },
  { name: 'IP addresses', maxRate: 0, sample: () => Array.from(randomBytes(4)).join('.') },
  { name: 'IBANs in groups', maxRate: 0, sample: germanIban },
  { name: 'random 13 digits', maxRate: 0.04, sample: () => digits(13) },
  { name: 'random 16 digits', maxRate: 0.05, sample: () => digits(16) },
  {
    name: 'snowflakes (19 digits)',
    maxRate: 0.01,
    sample: () => String(1_500_000_000_000_000_000n + BigInt(randomInt(2 ** 47)) * 3000n),
  },
]

/** Samples of each class as they stand in a request: bare, and as a value of JSON. */
export function countRefusals(sampleClass: SampleClass, samples: number, refuses: (text: string) => boolean): number {
  let refused = 0
  for (let i = 0; i < samples; i++) {
    const sample = sampleClass.sample()
    if (refuses(i % 2 === 0 ? sample : `{"value":"${sample}"}`)) refused++
  }
  return refused
}
