// JSON at the door: the same values as JSON.parse, and a refusal for what JSON.parse would quietly let pass.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeUtf8, type JsonFault, MalformedJson, parseStrictJson } from '../../src/http/strict-json.ts'

function faultOf(act: () => unknown): JsonFault | null {
  try {
    act()
    return null
  } catch (error) {
    if (error instanceof MalformedJson) return error.fault
    throw error
  }
}

describe('strict JSON', () => {
  it('gives what JSON.parse gives for every value, however it is spaced', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 5 }), fc.constantFrom(0, 2, '\t'), (json, indent) => {
        const text = JSON.stringify(JSON.parse(json), null, indent)
        fc.pre(text.isWellFormed())
        expect(parseStrictJson(text)).toEqual(JSON.parse(text))
      }),
    )
  })

  it('takes or refuses any text exactly as JSON.parse does, where no stricter rule speaks', () => {
    const pieces = fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '"',
      '\\',
      '"a"',
      '"b"',
      '1',
      '-',
      'e5',
      'true',
      'null',
      ' ',
      '\n',
    )
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 12 }), parts => {
        const text = parts.join('')
        const fault = faultOf(() => parseStrictJson(text))
        const isJson = faultOf(() => parseStrictJson(text.replaceAll('"b"', '"c"'))) !== 'syntax'
        if (fault === null) expect(parseStrictJson(text)).toEqual(JSON.parse(text))
        if (fault === 'syntax') expect(() => JSON.parse(text)).toThrow()
        if (fault === 'duplicate_member') expect(isJson).toBe(true)
      }),
      { numRuns: 5_000 },
    )
  })

  it('refuses a member that is named twice, at any depth and however it is escaped', () => {
    const names = fc.uniqueArray(fc.string({ maxLength: 5 }), { minLength: 1, maxLength: 6 })
    fc.assert(
      fc.property(names, fc.nat(), fc.boolean(), (members, at, escaped) => {
        fc.pre(members.every(name => name.isWellFormed()))
        const again = members[at % members.length] as string
        const name = escaped
          ? `"${Array.from({ length: again.length }, (_, i) => `\\u${again.charCodeAt(i).toString(16).padStart(4, '0')}`).join('')}"`
          : JSON.stringify(again)
        const inner = `${members.map(member => `${JSON.stringify(member)}:1`).join(',')}`
        expect(faultOf(() => parseStrictJson(`[{"x":{${inner}}}]`))).toBe(null)
        expect(faultOf(() => parseStrictJson(`[{"x":{${inner},${name}:2}}]`))).toBe('duplicate_member')
      }),
    )
  })

  it.each<[string, JsonFault]>([
    ['{"a":1,"a":1}', 'duplicate_member'],
    ['{"a":1,"\\u0061":1}', 'duplicate_member'],
    ['{"__proto__":1,"__proto__":2}', 'duplicate_member'],
    [`${'['.repeat(17)}${']'.repeat(17)}`, 'levels'],
    [`${'{"a":'.repeat(17)}1${'}'.repeat(17)}`, 'levels'],
    ['['.repeat(60_000), 'levels'],
    ['\ufeff{}', 'syntax'],
    ['{} {}', 'syntax'],
    ['{"a":1}x', 'syntax'],
    ['{"a":1,}', 'syntax'],
    ["{'a':1}", 'syntax'],
    ['{"a":01}', 'syntax'],
    ['{"a":"', 'syntax'],
    ['"\t"', 'syntax'],
    ['', 'syntax'],
    [' ', 'syntax'],
    ['NaN', 'syntax'],
    ['/* */ {}', 'syntax'],
    ['{"a":"\\ud800"}', 'lone_surrogate'],
    ['{"\\udc00":1}', 'lone_surrogate'],
    ['["\\ud83d\\ud83d"]', 'lone_surrogate'],
  ])('refuses %j', (text, fault) => {
    expect(faultOf(() => parseStrictJson(text))).toBe(fault)
  })

  it('takes 16 levels, whole surrogate pairs and the same name in two objects', () => {
    expect(faultOf(() => parseStrictJson(`${'['.repeat(16)}${']'.repeat(16)}`))).toBe(null)
    expect(parseStrictJson('"\\ud83d\\ude00"')).toBe('😀')
    expect(parseStrictJson('[{"a":1},{"a":{"a":2}}]')).toEqual([{ a: 1 }, { a: { a: 2 } }])
  })

  it('keeps __proto__ as a member like any other', () => {
    const value = parseStrictJson('{"__proto__":{"polluted":true}}') as object
    expect(Object.keys(value)).toEqual(['__proto__'])
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype)
    expect('polluted' in {}).toBe(false)
  })

  it.each([[[0xff]], [[0xc0, 0xaf]], [[0xed, 0xa0, 0x80]], [[0xf5, 0x80, 0x80, 0x80]], [[0x22, 0xe2, 0x82]]])(
    'refuses the bytes %j, which are no UTF-8',
    bytes => {
      expect(faultOf(() => decodeUtf8(Uint8Array.from(bytes)))).toBe('encoding')
    },
  )

  it('never repeats what was sent', () => {
    const secret = 'very-secret-value'
    for (const text of [`{"a":"${secret}"`, `{"${secret}":1,"${secret}":2}`, `${secret}`]) {
      expect(() => parseStrictJson(text)).toThrow(
        expect.not.objectContaining({ message: expect.stringContaining(secret) }),
      )
    }
  })
})
