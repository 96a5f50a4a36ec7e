// Ids: a prefix and 26 characters of base 32. Time-ordered ones start with the time; token ids are random throughout.
import { randomFillSync } from 'node:crypto'

export const ID_PREFIXES = {
  payer: 'payer_',
  charge: 'chrg_',
  attempt: 'attm_',
  refund: 'rfnd_',
  consent: 'cons_',
  session: 'csess_',
  dispute: 'disp_',
  reconciliation: 'recn_',
  exception: 'excp_',
  stripeEvent: 'vevt_',
  audit: 'audt_',
  failure: 'tkfl_',
  disclosure: 'disc_',
  privacyRequest: 'preq_',
  identityCheck: 'idck_',
  objection: 'objn_',
  erasure: 'eras_',
  inquiry: 'inqr_',
  message: 'imsg_',
  mail: 'mail_',
  checkpoint: 'ckpt_',
  staffSession: 'ssess_',
  keyRotation: 'krot_',
  reveal: 'rvel_',
  payerHistory: 'phis_',
} as const

export type IdKind = keyof typeof ID_PREFIXES

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz'
const BODY = /^[0-9a-hjkmnp-tv-z]{26}$/
const TIME_CHARACTERS = 10
const RANDOM_CHARACTERS = 16
const TOKEN_CHARACTERS = 26
// A run of digits this long could pass for a card number; such an id is drawn again.
const LONG_DIGIT_RUN = /\d{12}/

const pool = Buffer.alloc(4096)
let poolAt = pool.length

function randomByte(): number {
  if (poolAt >= pool.length) {
    randomFillSync(pool)
    poolAt = 0
  }
  return pool[poolAt++] as number
}

function randomCharacters(count: number): string {
  let text = ''
  for (let i = 0; i < count; i++) text += ALPHABET[randomByte() & 31]
  return text
}

let lastMs = 0
let lastTail = ''

/** A new id of a kind, greater than every earlier one of this process at the same or an earlier time (80 random bits). */
export function newId(kind: IdKind, at: Date): string {
  const ms = at.getTime()
  const time = timeCharacters(ms)
  lastTail = brokenUp(time, ms === lastMs ? increment(lastTail) : randomCharacters(RANDOM_CHARACTERS))
  lastMs = ms
  return ID_PREFIXES[kind] + time + lastTail
}

/** The tail, or a greater one near it, that makes no long run of digits: the run's last digit becomes a letter. */
function brokenUp(time: string, tail: string): string {
  for (let body = time + tail; ; ) {
    const run = LONG_DIGIT_RUN.exec(body)
    if (run === null) return body.slice(time.length)
    const at = run.index + run[0].length - 1
    body = `${body.slice(0, at)}a${ALPHABET[0]?.repeat(body.length - at - 1)}`
  }
}

/** A new vault token id: 130 random bits and no time. */
export function newTokenId(livemode: boolean): string {
  let body: string
  do body = randomCharacters(TOKEN_CHARACTERS)
  while (LONG_DIGIT_RUN.test(body))
  return (livemode ? 'vtok_live_' : 'vtok_test_') + body
}

export const isId = (kind: IdKind, text: string): boolean =>
  text.startsWith(ID_PREFIXES[kind]) && BODY.test(text.slice(ID_PREFIXES[kind].length))

/** When a time-ordered id was made, to the millisecond; of an id that {@link isId} admits. */
export function timeOfId(kind: IdKind, id: string): Date {
  const from = ID_PREFIXES[kind].length
  let ms = 0
  for (const character of id.slice(from, from + TIME_CHARACTERS)) ms = ms * 32 + ALPHABET.indexOf(character)
  return new Date(ms)
}

export const isTokenId = (text: string): boolean => /^vtok_(test|live)_/.test(text) && BODY.test(text.slice(10))

function timeCharacters(ms: number): string {
  let text = ''
  let rest = ms
  for (let i = 0; i < TIME_CHARACTERS; i++) {
    text = ALPHABET[rest % 32] + text
    rest = Math.floor(rest / 32)
  }
  return text
}

function increment(tail: string): string {
  for (let i = tail.length - 1; i >= 0; i--) {
    const digit = ALPHABET.indexOf(tail[i] as string)
    if (digit < 31) return tail.slice(0, i) + ALPHABET[digit + 1] + ALPHABET[0]!.repeat(tail.length - i - 1)
  }
  return randomCharacters(tail.length)
}
