// Pages and cursors: whatever the rows, all of them come once and in order; whatever the cursor, it is ours or refused.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { DomainError } from '../../src/domain/errors.ts'
import { createdQuery, cursorOf, keyOfCursor, pageQuery, toPage } from '../../src/domain/page.ts'
import { parseInput } from '../../src/domain/parse-input.ts'

const FORM = /^\d{1,15}$/
const query = z.strictObject({ ...pageQuery, ...createdQuery })

describe('a list', () => {
  test('gives every row once and in order, whatever its length and the limit', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(), { maxLength: 60 }), fc.integer({ min: 1, max: 100 }), (ids, limit) => {
        const rows = ids.toSorted((a, b) => b - a)
        const seen: number[] = []
        let cursor: string | null = null
        do {
          const after: string | undefined = keyOfCursor(cursor ?? undefined, FORM)
          const found = rows.filter(row => after === undefined || row < Number(after)).slice(0, limit + 1)
          const page: { data: number[]; next_cursor: string | null } = toPage(
            found,
            limit,
            row => row,
            row => row,
          )
          expect(page.data.length).toBeLessThanOrEqual(limit)
          seen.push(...page.data)
          cursor = page.next_cursor
        } while (cursor !== null)
        expect(seen).toEqual(rows)
      }),
    )
  })

  test('that ends with a full page says that it ends', () => {
    expect(
      toPage(
        [3, 2],
        2,
        row => row,
        row => row,
      ),
    ).toEqual({ data: [3, 2], next_cursor: null })
    expect(
      toPage(
        [3, 2, 1],
        2,
        row => row,
        row => row,
      ).next_cursor,
    ).toBe(cursorOf(2))
  })
})

describe('a cursor', () => {
  test('comes back as the key it was made from', () => {
    fc.assert(fc.property(fc.nat(), key => keyOfCursor(cursorOf(key), FORM) === String(key)))
    expect(keyOfCursor(undefined, FORM)).toBeUndefined()
  })

  test('that is not ours is refused and not repeated', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.base64String(), fc.string({ unit: 'binary' })), text => {
        if (/^k:\d{1,15}$/.test(Buffer.from(text, 'base64url').toString())) return
        try {
          keyOfCursor(text, FORM)
          throw new Error('taken')
        } catch (error) {
          expect(error).toBeInstanceOf(DomainError)
          expect((error as DomainError).code).toBe('validation_failed')
          if (text.length > 8) expect(JSON.stringify(error)).not.toContain(text)
        }
      }),
      { numRuns: 2_000 },
    )
  })
})

describe('the query of a list', () => {
  test.each(['1', '20', '100'])('takes a limit of %s', limit => {
    expect(parseInput(query, { limit }).limit).toBe(Number(limit))
  })

  test('takes nothing else for a limit', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 5 }), limit => {
        const good = /^\d{1,3}$/.test(limit) && Number(limit) >= 1 && Number(limit) <= 100
        const parse = () => parseInput(query, { limit })
        if (good) expect(parse().limit).toBe(Number(limit))
        else expect(parse).toThrow(DomainError)
      }),
      { numRuns: 1_000 },
    )
  })

  test('takes RFC 3339 times with an offset, to the millisecond', () => {
    const at = parseInput(query, { created_from: '2026-11-23T08:00:00.123+08:00' }).created_from
    expect(at?.toISOString()).toBe('2026-11-23T00:00:00.123Z')
    for (const bad of ['2026-11-23', 'now', '2026-02-30T00:00:00Z', '2026-11-23T00:00:00', '1764000000', '']) {
      expect(() => parseInput(query, { created_from: bad }), bad).toThrow(DomainError)
    }
  })
})
