// What leaves about a cohort hides everybody in it, whatever the people are like.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { amountBand, countBand } from '../../src/domain/disclosures/cohort-columns.ts'
import { classesOf, deidentify, type Person } from '../../src/domain/disclosures/deidentify.ts'

const RULES = { k: 5, l: 2, suppressedShareMax: 0.05 }
const COLUMNS = { quasi: ['country', 'brand', 'month'], sensitive: ['amount', 'outcome'] }
const SHOWN = [...COLUMNS.quasi, ...COLUMNS.sensitive]

/** People in groups that look alike, large and small, of one amount or several, so that both outcomes come up often. */
const someGroups = fc
  .array(
    fc.record({
      country: fc.constantFrom('MN', 'JP', 'US'),
      brand: fc.constantFrom('visa', 'jcb'),
      month: fc.constantFrom('2026-10', '2026-11'),
      size: fc.oneof({ weight: 4, arbitrary: fc.integer({ min: 15, max: 60 }) }, fc.integer({ min: 1, max: 8 })),
      amounts: fc.oneof({ weight: 5, arbitrary: fc.constant(3) }, fc.constant(1)),
    }),
    { maxLength: 6 },
  )
  .map(groups =>
    groups.flatMap(({ size, amounts, ...quasi }) =>
      Array.from({ length: size }, (_, at) => ({
        ...quasi,
        amount: `band ${at % amounts}`,
        outcome: at % 2 === 0 ? 'all_paid' : 'some_paid',
        secret: `secret ${at}`,
      })),
    ),
  )
  .map(rows => rows.map((values, at): Person => ({ id: `payer_${at}`, values })))

const looks = (people: readonly Person[]) => people.map(({ values }) => JSON.stringify(SHOWN.map(name => values[name])))

describe('a cohort that is released', () => {
  it('has no class below k and no sensitive column below l in any class, and says so truly', () => {
    let released = 0
    fc.assert(
      fc.property(someGroups, people => {
        const outcome = deidentify(people, COLUMNS, RULES)
        if (outcome.kind === 'refused') return
        released++
        const classes = classesOf(outcome.people, COLUMNS.quasi)
        const varieties = classes.flatMap(members =>
          COLUMNS.sensitive.map(column => new Set(members.map(({ values }) => values[column])).size),
        )
        expect(Math.min(...classes.map(({ length }) => length))).toBe(outcome.report.k)
        expect(Math.min(...varieties)).toBe(outcome.report.l)
        expect(outcome.report.k).toBeGreaterThanOrEqual(RULES.k)
        expect(outcome.report.l).toBeGreaterThanOrEqual(RULES.l)
        expect(outcome.report).toMatchObject({ people: outcome.people.length, classes: classes.length })
      }),
      { numRuns: 300 },
    )
    expect(released).toBeGreaterThan(10)
  })

  it('invents nobody, and leaves out no more than it may: whole classes or nobody', () => {
    fc.assert(
      fc.property(someGroups, people => {
        const outcome = deidentify(people, COLUMNS, RULES)
        if (outcome.kind === 'refused') return
        const known = new Map(people.map(person => [person.id, person]))
        for (const person of outcome.people) expect(known.get(person.id)).toBe(person)
        expect(new Set(outcome.people.map(({ id }) => id)).size).toBe(outcome.people.length)
        expect(outcome.report.left_out).toBe(people.length - outcome.people.length)
        expect(outcome.report.left_out).toBeLessThanOrEqual(Math.floor(people.length * RULES.suppressedShareMax))
        const kept = new Set(outcome.people)
        for (const members of classesOf(people, COLUMNS.quasi)) {
          expect(new Set(members.map(person => kept.has(person))).size).toBe(1)
        }
      }),
      { numRuns: 200 },
    )
  })

  it('comes out the same whatever order the people are in, and in an order made of what is shown alone', () => {
    fc.assert(
      fc.property(someGroups, fc.infiniteStream(fc.double({ noNaN: true })), (people, dice) => {
        const weight = new Map(people.map(person => [person, dice.next().value as number]))
        const shuffled = people.toSorted((a, b) => (weight.get(a) as number) - (weight.get(b) as number))
        const [one, two] = [deidentify(people, COLUMNS, RULES), deidentify(shuffled, COLUMNS, RULES)]
        expect(two.kind).toBe(one.kind)
        if (one.kind === 'refused' || two.kind === 'refused') {
          expect(two).toEqual(one)
          return
        }
        expect(looks(two.people)).toEqual(looks(one.people))
        expect(looks(one.people)).toEqual(looks(one.people).toSorted())
      }),
    )
  })
})

describe('a cohort that is refused', () => {
  it('names columns that make the trouble, no fewer of them would, and no value', () => {
    let refused = 0
    fc.assert(
      fc.property(someGroups, people => {
        const outcome = deidentify(people, COLUMNS, RULES)
        if (outcome.kind === 'released') return
        refused++
        if (outcome.reason === 'too_few_people') {
          expect(people.length).toBeLessThan(RULES.k)
          return
        }
        for (const column of outcome.columns) expect(SHOWN).toContain(column)
        if (outcome.reason === 'not_diverse') return
        const rare = (columns: string[]) =>
          classesOf(people, columns)
            .filter(({ length }) => length < RULES.k)
            .flat().length > Math.floor(people.length * RULES.suppressedShareMax)
        expect(rare(outcome.columns)).toBe(true)
        for (const column of outcome.columns)
          expect(rare(outcome.columns.filter(other => other !== column))).toBe(false)
      }),
      { numRuns: 300 },
    )
    expect(refused).toBeGreaterThan(10)
  })

  const person = (id: number, values: Record<string, string>): Person => ({ id: `payer_${id}`, values })

  it('is named for its rare column alone when one column does it', () => {
    const people = Array.from({ length: 20 }, (_, at) =>
      person(at, {
        country: at < 16 ? 'MN' : `X${at}`,
        brand: 'visa',
        month: 'm',
        amount: `${at % 3}`,
        outcome: `${at % 2}`,
      }),
    )
    expect(deidentify(people, COLUMNS, RULES)).toEqual({ kind: 'refused', reason: 'too_rare', columns: ['country'] })
  })

  it('is named for a column in which a class is all the same', () => {
    const people = Array.from({ length: 40 }, (_, at) =>
      person(at, {
        country: at < 20 ? 'MN' : 'JP',
        brand: 'visa',
        month: 'm',
        amount: `${at % 3}`,
        outcome: at < 20 ? 'all_paid' : `${at % 2}`,
      }),
    )
    const outcome = deidentify(people, COLUMNS, RULES)
    expect(outcome).toEqual({ kind: 'refused', reason: 'not_diverse', columns: [...COLUMNS.quasi, 'outcome'] })
  })
})

describe('bands', () => {
  it('hold the amount that they are for, touch each other, and are few', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 999_999_999_999 }), amount => {
        const [from, to] = amountBand(amount).split('-').map(Number) as [number, number]
        expect(from).toBeLessThanOrEqual(amount)
        expect(to).toBeGreaterThanOrEqual(amount)
        expect(amountBand(to + 1)).not.toBe(amountBand(amount))
        expect(amountBand(from)).toBe(amountBand(amount))
      }),
      { examples: [[1], [2], [5], [999], [1000], [1001], [99_999_999]] },
    )
    expect(amountBand(0)).toBe('0')
    expect(amountBand(4800)).toBe('2000-4999')
  })

  it('of counts hold them too', () => {
    expect([0, 1, 2, 4, 5, 99, 100, 5000].map(countBand)).toEqual([
      '0',
      '1-1',
      '2-4',
      '2-4',
      '5-9',
      '50-99',
      '100 or more',
      '100 or more',
    ])
  })
})
