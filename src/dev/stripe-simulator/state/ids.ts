/** Ids with Stripe's prefixes, all from one seed: the same requests in the same order give the same ids. */
import { hash } from 'node:crypto'

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'
/** No id may hold a run of digits that some scanner takes for a card number. */
const LONG_DIGIT_RUN = /\d{7}/

/** `length` letters and digits that depend on `text` alone. */
export function lettersFrom(text: string, length: number): string {
  for (let round = 0; ; round++) {
    let letters = ''
    for (let block = 0; letters.length < length; block++) {
      const bytes = hash('sha512', `${text}|${round}|${block}`, 'buffer')
      for (const byte of bytes) letters += byte < 248 ? ALPHABET[byte % 62] : ''
    }
    letters = letters.slice(0, length)
    if (!LONG_DIGIT_RUN.test(letters)) return letters
  }
}

export class IdSequence {
  #text: string
  #count = 0

  /** `run` differs at each start of the process, so that an id given before a crash is never given again. */
  constructor(seed: string, run: number) {
    this.#text = `${seed}|${run}`
  }

  /** A new id such as `pi_…` with 24 random-looking characters. */
  next(prefix: string): string {
    return `${prefix}_${this.letters(24)}`
  }

  letters(length: number): string {
    this.#count += 1
    return lettersFrom(`${this.#text}|${this.#count}`, length)
  }
}
