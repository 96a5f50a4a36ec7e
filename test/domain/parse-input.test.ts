// What a verb says of input that does not fit: each fault at its place by JSON pointer, and never a value.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { DomainError, type FieldError } from '../../src/domain/errors.ts'
import { metadataSchema, parseInput, toPointer, UnfitInput } from '../../src/domain/parse-input.ts'

const schema = z.strictObject({
  name: z.string().min(1).max(5),
  kind: z.enum(['a', 'b']).optional(),
  count: z.int().min(1).max(9).optional(),
  at: z.iso.datetime().optional(),
  mail: z.email('must be an e-mail address').optional(),
  list: z
    .array(z.strictObject({ id: z.string() }))
    .max(2)
    .optional(),
  either: z.union([z.string(), z.int()]).optional(),
  metadata: metadataSchema.optional(),
})

function faultsOf(input: unknown): FieldError[] {
  try {
    parseInput(schema, input)
    return []
  } catch (error) {
    expect(error).toBeInstanceOf(DomainError)
    expect((error as DomainError).code).toBe('validation_failed')
    return (error as DomainError).errors ?? []
  }
}

/** RFC 6901, from the other side: the tokens of a pointer. */
const tokensOf = (pointer: string) =>
  pointer
    .split('/')
    .slice(1)
    .map(token => token.replaceAll('~1', '/').replaceAll('~0', '~'))

describe('a fault', () => {
  test.each([
    [undefined, '/name', 'required'],
    [null, '', 'wrong_type'],
    [[], '', 'wrong_type'],
    ['text', '', 'wrong_type'],
    [{ name: 1 }, '/name', 'wrong_type'],
    [{ name: '' }, '/name', 'too_small'],
    [{ name: 'toolong' }, '/name', 'too_big'],
    [{ name: 'a', kind: 'c' }, '/kind', 'not_a_choice'],
    [{ name: 'a', count: 0 }, '/count', 'too_small'],
    [{ name: 'a', count: 1.5 }, '/count', 'wrong_type'],
    [{ name: 'a', count: '1' }, '/count', 'wrong_type'],
    [{ name: 'a', at: 'noon' }, '/at', 'wrong_format'],
    [{ name: 'a', mail: 'nobody' }, '/mail', 'wrong_format'],
    [{ name: 'a', list: [{ id: 'x' }, { no: 1 }] }, '/list/1/id', 'required'],
    [{ name: 'a', list: [{ id: 'x', no: 1 }] }, '/list/0/no', 'unknown_field'],
    [{ name: 'a', list: [{}, {}, {}] }, '/list', 'too_big'],
    [{ name: 'a', either: {} }, '/either', 'wrong_type'],
    [{ name: 'a', metadata: { a: 1 } }, '/metadata/a', 'wrong_type'],
    [{ name: 'a', 'b/c~d': 1 }, '/b~1c~0d', 'unknown_field'],
    [{ name: 'a', '': 1 }, '/', 'unknown_field'],
  ])('of %j stands at its place', (input, pointer, code) => {
    expect(faultsOf(input)).toContainEqual(expect.objectContaining({ pointer, code }))
  })

  test('is one of at most twenty, whatever is sent', () => {
    const many = Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`m${i}`, i]))
    expect(faultsOf(many).length).toBe(20)
  })

  test('never repeats a value, and says something of every place', () => {
    const value = fc.constantFrom('canary-1', ['canary-2'], { x: 'canary-3' }, -424242, 4242.42)
    const member = fc.constantFrom('name', 'kind', 'count', 'at', 'mail', 'list', 'either', 'metadata')
    fc.assert(
      fc.property(fc.dictionary(member, value), input => {
        const faults = faultsOf(input)
        expect(JSON.stringify(faults)).not.toMatch(/canary|4242/)
        for (const { detail } of faults) expect(detail).toMatch(/^[a-z]/)
      }),
      { numRuns: 1_000 },
    )
  })

  test('of the door is given when the verb parses, and not before', () => {
    const refusal = new DomainError('validation_failed', 'The request takes no query.')
    expect(() => parseInput(schema, new UnfitInput(refusal))).toThrow(refusal)
  })
})

describe('a pointer', () => {
  test('leads back to its path, whatever the names', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('~', '/', '~1', '~0', '', 'a/b~c'))),
        path => {
          expect(tokensOf(toPointer(path))).toEqual(path)
        },
      ),
    )
  })
})
