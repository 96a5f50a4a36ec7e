import { createSecretKey } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { CanonicalJsonError, canonicalJson, canonicalJsonFingerprint } from '../../src/crypto/canonical-json.ts'

test('the example of RFC 8785 comes out as the RFC prints it', () => {
  const value = JSON.parse(
    '{"numbers":[333333333.33333329,1E30,4.50,2e-3,0.000000000000000000000000001],' +
      '"string":"\\u20ac$\\u000F\\u000aA\'\\u0042\\u0022\\u005c\\\\\\"\\/","literals":[null,true,false]}',
  ) as unknown
  expect(canonicalJson(value)).toBe(
    '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],' +
      '"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}',
  )
})

test('keys sort by UTF-16 code units, as in the RFC’s second example', () => {
  const value = { '\u20ac': 1, '\r': 2, '\ufb33': 3, '1': 4, '\ud83d\ude00': 5, '\u0080': 6, '\u00f6': 7 }
  expect(Object.values(JSON.parse(canonicalJson(value)) as object).sort()).toEqual([1, 2, 3, 4, 5, 6, 7])
  const order = [...canonicalJson(value).matchAll(/:(\d)/g)].map(match => match[1]).join('')
  expect(order).toBe('2467153')
})

test('the order of members and the white space do not matter, and everything else does', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 4 }), fc.jsonValue({ maxDepth: 4 }), (left, right) => {
      const shuffled = reversed(JSON.parse(JSON.stringify(left, null, 3)))
      expect(canonicalJson(shuffled)).toBe(canonicalJson(left))
      expect(JSON.parse(canonicalJson(left))).toEqual(JSON.parse(JSON.stringify(left)))
      const same = canonicalJson(left) === canonicalJson(right)
      expect(same).toBe(isSame(JSON.parse(JSON.stringify(left)), JSON.parse(JSON.stringify(right))))
    }),
  )
})

test('100 and 100.0 are one number, "100" is not', () => {
  expect(canonicalJson(JSON.parse('{"a":100.0}'))).toBe(canonicalJson({ a: 100 }))
  expect(canonicalJson({ a: '100' })).not.toBe(canonicalJson({ a: 100 }))
  expect(canonicalJson(-0)).toBe('0')
})

test.each([
  Number.NaN,
  Number.POSITIVE_INFINITY,
  1n,
  () => 1,
  Symbol('s'),
  undefined,
  new Date(),
  new Map(),
  [undefined],
])('%s is not JSON', value => {
  expect(() => canonicalJson(value)).toThrow(CanonicalJsonError)
})

test('a circle ends in an error and not in the stack', () => {
  const circle: unknown[] = []
  circle.push(circle)
  expect(() => canonicalJson(circle)).toThrow(CanonicalJsonError)
})

test('a member named __proto__ is a member like any other', () => {
  expect(canonicalJson(JSON.parse('{"__proto__":{"a":1},"b":2}'))).toBe('{"__proto__":{"a":1},"b":2}')
})

test('a fingerprint needs the key', () => {
  const [one, two] = [createSecretKey(Buffer.alloc(32, 1)), createSecretKey(Buffer.alloc(32, 2))]
  expect(canonicalJsonFingerprint(one, { a: 1, b: 2 })).toEqual(canonicalJsonFingerprint(one, { b: 2, a: 1 }))
  expect(canonicalJsonFingerprint(one, { a: 1 })).not.toEqual(canonicalJsonFingerprint(two, { a: 1 }))
})

function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed)
  if (typeof value !== 'object' || value === null) return value
  const turned = Object.create(null) as Record<string, unknown>
  for (const [name, member] of Object.entries(value).reverse()) turned[name] = reversed(member)
  return turned
}

function isSame(left: unknown, right: unknown): boolean {
  return JSON.stringify(sorted(left)) === JSON.stringify(sorted(right))
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  return Object.entries(value)
    .map(([name, member]) => [name, sorted(member)])
    .sort(([a], [b]) => (String(a) < String(b) ? -1 : 1))
    .concat([['is an object', true]])
}
