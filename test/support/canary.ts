// Words that are found wherever they lie: each person of a test has a mark that is in everything said about them.
import { randomBytes } from 'node:crypto'

export type Mark = {
  /** In every word. */
  text: string
  word(name: string): string
  email(name?: string): string
  phone: string
  ip(name: number): string
  /** What is searched for: the mark, the phone number and the addresses, as they are and as they would be encoded. */
  needles: { name: string; bytes: Buffer }[]
}

/** Letters alone, so that no word looks like a number of a card. */
export function newMark(): Mark {
  const text = `cnry${[...randomBytes(12)].map(byte => String.fromCharCode(97 + (byte % 26))).join('')}`
  const digits = [...randomBytes(8)].map(byte => byte % 10).join('')
  const group = randomBytes(2).toString('hex').replace(/^0/, 'a')
  const phone = `+976${digits}`
  const addresses = `2001:db8:${group}`
  return {
    text,
    word: name => `${text}${name.replaceAll(/[^A-Za-z]/g, '')}`,
    email: (name = 'mail') => `${text}${name}@canary.example`,
    phone,
    ip: name => `${addresses}::${name}`,
    needles: [text, phone.slice(1), addresses].flatMap(needle => spellings(needle)),
  }
}

function spellings(text: string): Mark['needles'] {
  const bytes = Buffer.from(text)
  const hex = bytes.toString('hex')
  return [
    { name: text, bytes },
    { name: `${text} in capitals`, bytes: Buffer.from(text.toUpperCase()) },
    { name: `${text} in hex`, bytes: Buffer.from(hex) },
    { name: `${text} in UTF-16`, bytes: Buffer.from(text, 'utf16le') },
    ...[0, 1, 2].map(offset => ({
      name: `${text} in base64 at ${offset}`,
      bytes: Buffer.from(base64Within(bytes, offset)),
    })),
  ].filter(({ bytes: needle }, at, all) => all.findIndex(one => one.bytes.equals(needle)) === at)
}

/** The part of a longer text's base64 that the bytes alone decide, when they begin `offset` bytes into a group of three. */
function base64Within(bytes: Buffer, offset: number): string {
  const from = Math.ceil((offset * 8) / 6)
  const to = Math.floor(((offset + bytes.length) * 8) / 6)
  return Buffer.concat([Buffer.alloc(offset), bytes])
    .toString('base64')
    .slice(from, to)
}

export type Place = { name: string; bytes: Buffer }

/** Where any spelling of the mark lies; none when it is nowhere. */
export const foundIn = (mark: Mark, places: readonly Place[]): string[] =>
  places.flatMap(place =>
    mark.needles.filter(({ bytes }) => place.bytes.includes(bytes)).map(({ name }) => `${name} in ${place.name}`),
  )
