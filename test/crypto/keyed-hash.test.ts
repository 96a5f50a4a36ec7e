import { createSecretKey, randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { deriveKey } from '../../src/crypto/derive-key.ts'
import {
  lookupHash,
  normalizeEmail,
  normalizeExternalRef,
  normalizePhone,
  normalizeShortName,
} from '../../src/crypto/keyed-hash.ts'

const key = createSecretKey(Buffer.alloc(32, 7))

describe('a look-up hash', () => {
  test('is the same for the same value and differs by tenant, column, value and key', () => {
    const hash = lookupHash(key, 'demo', 'email', 'a@example.com')
    expect(hash).toHaveLength(32)
    expect(lookupHash(key, 'demo', 'email', 'a@example.com')).toEqual(hash)
    expect(lookupHash(key, 'other', 'email', 'a@example.com')).not.toEqual(hash)
    expect(lookupHash(key, 'demo', 'external_ref', 'a@example.com')).not.toEqual(hash)
    expect(lookupHash(key, 'demo', 'email', 'b@example.com')).not.toEqual(hash)
    expect(lookupHash(createSecretKey(randomBytes(32)), 'demo', 'email', 'a@example.com')).not.toEqual(hash)
    expect(lookupHash(key, 'dem', 'oemail', 'a@example.com')).not.toEqual(hash)
  })
})

describe('normalizing', () => {
  test('brings the spellings of one value together', () => {
    expect(normalizeEmail('  Jo.Doe@EXAMPLE.com ')).toBe('jo.doe@example.com')
    expect(normalizeEmail('Jose\u0301@example.com')).toBe(normalizeEmail('jos\u00e9@example.com'))
    expect(normalizePhone('+976 (99) 11-22.33')).toBe('97699112233')
    expect(normalizePhone('0097699112233')).toBe('97699112233')
    expect(normalizePhone('\uff0b976 9911 2233')).toBe('97699112233')
    expect(normalizeExternalRef(' Ref-1 ')).toBe('Ref-1')
    expect(normalizeShortName(' Straße ')).toBe(normalizeShortName('STRASSE'))
    expect(normalizeShortName('БОЛД')).toBe(normalizeShortName('Болд'))
  })

  test.each(['', '99112233', '+', '+0123456', '+12345', '+1234567890123456', '+976x99112233', '++97699112233'])(
    'finds no international number in %j',
    value => {
      expect(normalizePhone(value)).toBeNull()
    },
  )

  test('twice is normalizing once', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 40 }), value => {
        for (const normalize of [normalizeEmail, normalizeExternalRef, normalizeShortName]) {
          expect(normalize(normalize(value))).toBe(normalize(value))
        }
      }),
    )
  })
})

test('a derived key depends on its root, purpose and context alone, and is kept', () => {
  const first = deriveKey(key, 'cursor', ['demo'])
  expect(deriveKey(key, 'cursor', ['demo'])).toBe(first)
  expect(deriveKey(createSecretKey(Buffer.alloc(32, 7)), 'cursor', ['demo']).equals(first)).toBe(true)
  for (const other of [deriveKey(key, 'cursor'), deriveKey(key, 'cursor', ['other']), deriveKey(key, 'cursordemo')]) {
    expect(other.equals(first)).toBe(false)
  }
  expect(first.symmetricKeySize).toBe(32)
})
