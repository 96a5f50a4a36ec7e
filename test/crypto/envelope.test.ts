import { createSecretKey, randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { generateDataKey, toDataKey } from '../../src/crypto/data-key.ts'
import { EnvelopeError, open, type Place, seal, sealedKeyVersion } from '../../src/crypto/envelope.ts'
import { lengthPrefixed } from '../../src/crypto/length-prefixed.ts'

const key = toDataKey(generateDataKey())
const place: Place = { tenantId: 'demo', table: 'payers', column: 'email', row: 'payer_1', keyVersion: 3 }
const name = fc.string({ unit: 'binary', minLength: 1, maxLength: 20 })
const anyPlace = fc.record({
  tenantId: name,
  table: name,
  column: name,
  row: name,
  keyVersion: fc.integer({ min: 1, max: 0xffffffff }),
})

function codeOf(run: () => unknown): string {
  try {
    run()
  } catch (error) {
    if (error instanceof EnvelopeError) return error.code
    throw error
  }
  return 'opened'
}

describe('a sealed value', () => {
  test('opens again at its own place, whatever it is and wherever it stands', () => {
    fc.assert(
      fc.property(anyPlace, fc.uint8Array({ maxLength: 500 }), (at, bytes) => {
        const sealed = seal(key, at, Buffer.from(bytes))
        expect(open(key, at, sealed)).toEqual(Buffer.from(bytes))
        expect(sealedKeyVersion(sealed)).toBe(at.keyVersion)
      }),
    )
  })

  test('opens nowhere else, not even where the parts run together to the same text', () => {
    fc.assert(
      fc.property(anyPlace, anyPlace, (at, elsewhere) => {
        fc.pre(JSON.stringify(at) !== JSON.stringify(elsewhere))
        const moved = { ...elsewhere, keyVersion: at.keyVersion }
        fc.pre(JSON.stringify(at) !== JSON.stringify(moved))
        expect(codeOf(() => open(key, moved, seal(key, at, 'value')))).toBe('sealed_not_authentic')
      }),
    )
    const sealed = seal(key, { ...place, table: 'ab', column: 'c' }, 'value')
    expect(codeOf(() => open(key, { ...place, table: 'a', column: 'bc' }, sealed))).toBe('sealed_not_authentic')
  })

  test.each([{ tenantId: 'other' }, { table: 'tokens' }, { column: 'phone' }, { row: 'payer_2' }])(
    'does not open at %o',
    change => {
      expect(codeOf(() => open(key, { ...place, ...change }, seal(key, place, 'value')))).toBe('sealed_not_authentic')
    },
  )

  test('does not open under another key or another version of its key', () => {
    const sealed = seal(key, place, 'value')
    expect(codeOf(() => open(toDataKey(generateDataKey()), place, sealed))).toBe('sealed_not_authentic')
    expect(codeOf(() => open(key, { ...place, keyVersion: 4 }, sealed))).toBe('sealed_under_other_key_version')
    const relabelled = Buffer.from(sealed)
    relabelled.writeUInt32BE(4, 1)
    expect(codeOf(() => open(key, { ...place, keyVersion: 4 }, relabelled))).toBe('sealed_not_authentic')
  })

  test('does not open after a change of any bit, or when cut or lengthened', () => {
    const sealed = seal(key, place, 'a value')
    for (let bit = 0; bit < sealed.length * 8; bit += 1) {
      const changed = Buffer.from(sealed)
      changed[bit >> 3] = changed[bit >> 3]! ^ (1 << (bit & 7))
      expect(
        codeOf(() => open(key, place, changed)),
        `bit ${bit}`,
      ).not.toBe('opened')
    }
    for (let length = 0; length < sealed.length; length += 1) {
      expect(codeOf(() => open(key, place, sealed.subarray(0, length)))).not.toBe('opened')
    }
    expect(codeOf(() => open(key, place, Buffer.concat([sealed, Buffer.alloc(1)])))).toBe('sealed_not_authentic')
  })

  test('has an IV of its own each time, also over the refills of the pool', () => {
    const ivs = new Set<string>()
    for (let i = 0; i < 5_000; i += 1) ivs.add(seal(key, place, 'same').subarray(5, 17).toString('hex'))
    expect(ivs.size).toBe(5_000)
  })

  test('is refused a weak key, an empty place and a wrong version, and errors tell nothing', () => {
    const short = createSecretKey(randomBytes(16))
    expect(codeOf(() => seal(short, place, 'x'))).toBe('bad_key')
    expect(codeOf(() => open(short, place, seal(key, place, 'x')))).toBe('bad_key')
    for (const change of [
      { tenantId: '' },
      { row: '' },
      { keyVersion: 0 },
      { keyVersion: 1.5 },
      { keyVersion: 2 ** 32 },
    ]) {
      expect(codeOf(() => seal(key, { ...place, ...change }, 'x'))).toBe('bad_place')
    }
    expect(codeOf(() => seal(key, place, Buffer.alloc(4 * 1024 * 1024 + 1)))).toBe('plaintext_too_long')
    try {
      open(key, { ...place, row: 'payer_secret' }, seal(key, place, 'secret'))
    } catch (error) {
      expect(String(error)).toBe('EnvelopeError: envelope: sealed_not_authentic')
    }
  })
})

test('a data key takes over its bytes and leaves none behind', () => {
  const bytes = generateDataKey()
  const copy = Buffer.from(bytes)
  expect(toDataKey(bytes).export()).toEqual(copy)
  expect(bytes).toEqual(Buffer.alloc(32))
  expect(() => toDataKey(Buffer.alloc(31))).toThrow('32 bytes')
})

test('two lists of texts never have one encoding', () => {
  fc.assert(
    fc.property(fc.array(name, { maxLength: 5 }), fc.array(name, { maxLength: 5 }), (left, right) => {
      // Lone surrogates all become U+FFFD in UTF-8.
      const same =
        JSON.stringify(left.map(text => text.toWellFormed())) === JSON.stringify(right.map(text => text.toWellFormed()))
      expect(lengthPrefixed(left).equals(lengthPrefixed(right))).toBe(same)
    }),
  )
})
