// Ids: their form, their order, their randomness, and that none of a million passes for a card number.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { containsCardNumber } from '../../src/crypto/pan.ts'
import { ID_PREFIXES, type IdKind, isId, isTokenId, newId, newTokenId } from '../../src/domain/ids.ts'

const KINDS = Object.keys(ID_PREFIXES) as IdKind[]
const STRIPE_PREFIX = /^(acct|ba|card|ch|cus|dp|du|evt|file|in|pi|pm|po|py|pyr|re|req|seti|src|sub|tok|tr|txn|we)_/

describe('a vault token', () => {
  test('is one of a million without a repetition or a card number', () => {
    const seen = new Set<string>()
    for (let batch = 0; batch < 1_000; batch++) {
      const ids = Array.from({ length: 1_000 }, () => newTokenId(batch % 2 === 0))
      for (const id of ids) seen.add(id)
      // A line break is neither a digit nor a gap, so one look at all of them finds what a look at each would.
      if (containsCardNumber(ids.join('\n'))) throw new Error('an id passes for a card number')
    }
    expect(seen.size).toBe(1_000_000)
  }, 120_000)

  test('has 130 bits, each as often set as not', () => {
    const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz'
    const samples = 20_000
    const counts = Array.from({ length: 26 }, () => new Map<string, number>())
    for (let i = 0; i < samples; i++) {
      const body = newTokenId(false).slice('vtok_test_'.length)
      for (let at = 0; at < 26; at++)
        counts[at]?.set(body[at] as string, (counts[at]?.get(body[at] as string) ?? 0) + 1)
    }
    const expected = samples / ALPHABET.length
    for (const [at, seen] of counts.entries()) {
      const chi = [...ALPHABET].reduce((sum, char) => sum + ((seen.get(char) ?? 0) - expected) ** 2 / expected, 0)
      // 31 degrees of freedom: beyond 95 by chance less than once in ten million.
      expect(chi, `place ${at}`).toBeLessThan(95)
    }
  })

  test('says its mode and looks like nothing of Stripe', () => {
    expect(newTokenId(true)).toMatch(/^vtok_live_[0-9a-hjkmnp-tv-z]{26}$/)
    expect(newTokenId(false)).toMatch(/^vtok_test_[0-9a-hjkmnp-tv-z]{26}$/)
    for (const prefix of [...Object.values(ID_PREFIXES), 'vtok_']) expect(prefix).not.toMatch(STRIPE_PREFIX)
  })
})

describe('an id that is ordered by time', () => {
  test('is greater than every earlier one of its kind', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(5), { maxLength: 200 }), fc.constantFrom(...KINDS), (steps, kind) => {
        let at = Date.parse('2026-11-23T00:00:00Z')
        let last = ''
        for (const step of steps) {
          at += step
          const id = newId(kind, new Date(at))
          expect(id > last).toBe(true)
          expect(isId(kind, id)).toBe(true)
          last = id
        }
      }),
      { numRuns: 50 },
    )
  })

  test('sorts by time over all times that can be, and holds no card number', () => {
    fc.assert(
      fc.property(
        fc.date({ min: new Date(0), max: new Date('2400-01-01'), noInvalidDate: true }),
        fc.nat(10_000),
        (at, more) => {
          const first = newId('charge', at)
          const second = newId('charge', new Date(at.getTime() + 1 + more))
          expect(second > first).toBe(true)
          expect(containsCardNumber(first)).toBe(false)
        },
      ),
      { numRuns: 5_000 },
    )
  })

  test('is not made twice within one millisecond', () => {
    const at = new Date('2026-11-23T00:00:00Z')
    expect(new Set(Array.from({ length: 100_000 }, () => newId('audit', at))).size).toBe(100_000)
  })
})

describe('what is taken for an id', () => {
  test('is one of its own kind in its one spelling', () => {
    for (const kind of KINDS) {
      const id = newId(kind, new Date())
      for (const other of KINDS) expect(isId(other, id)).toBe(other === kind)
      for (const bad of [`${id}0`, id.slice(0, -1), id.toUpperCase(), ` ${id}`, `${id}\n`, id.replace(/.$/, 'u'), '']) {
        expect(isId(kind, bad), bad).toBe(false)
      }
    }
    const token = newTokenId(false)
    expect(isTokenId(token)).toBe(true)
    for (const bad of [
      token.replace('test', 'live_'),
      token.replace('vtok_test', 'vtok_prod'),
      `${token}a`,
      token.slice(1),
      `${token}\n`,
    ]) {
      expect(isTokenId(bad), bad).toBe(false)
    }
  })

  test('is never any other text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 60 }), text => {
        expect(isTokenId(text) || KINDS.some(kind => isId(kind, text))).toBe(false)
      }),
    )
  })
})
