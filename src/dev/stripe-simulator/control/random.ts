/** A seeded generator, so that a run with faults can be repeated. */
import { hash } from 'node:crypto'

export class Random {
  #state: number

  constructor(seed: string) {
    this.#state = hash('sha256', seed, 'buffer').readUInt32LE(0)
  }

  /** A number from 0 to 1, 1 left out (mulberry32). */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0
    let t = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }

  /** True with this probability. */
  happens(probability: number): boolean {
    if (probability <= 0) return false
    return probability >= 1 || this.next() < probability
  }
}
