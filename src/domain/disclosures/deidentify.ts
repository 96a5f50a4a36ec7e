// Whether a table of people may leave: each person hides in a class of at least k who look the same, and in each class
// every sensitive column has at least l values. A few people may be left out for it; otherwise the reason is told.

/** One person; a column's value is a coarse one already: a country, a month, a band. */
export type Person = { id: string; values: Readonly<Record<string, string>> }

export type DeidentifyRules = {
  /** People in a class, at least. */
  k: number
  /** Values of each sensitive column in a class, at least. */
  l: number
  /** The part of all people that may be left out, 0 to 1. */
  suppressedShareMax: number
}

export type DeidentifyColumns = {
  /** What somebody outside may know of a person. */
  quasi: readonly string[]
  /** What nobody outside should learn of a person. */
  sensitive: readonly string[]
}

export type DeidentifyReport = {
  people: number
  left_out: number
  classes: number
  /** The smallest class. */
  k: number
  /** The fewest values of a sensitive column in a class; null without such a column. */
  l: number | null
}

export type Deidentified =
  | { kind: 'released'; people: Person[]; report: DeidentifyReport }
  /** `columns` are the fewest that make the trouble; no value is named. */
  | { kind: 'refused'; reason: 'too_few_people' | 'too_rare' | 'not_diverse'; columns: string[] }

/** Pure, and the same for people in any order. Refuses a table of fewer than k people outright. */
export function deidentify(
  people: readonly Person[],
  columns: DeidentifyColumns,
  { k, l, suppressedShareMax }: DeidentifyRules,
): Deidentified {
  if (people.length < k) return { kind: 'refused', reason: 'too_few_people', columns: [] }
  const most = Math.floor(people.length * suppressedShareMax)
  const tooRare = (quasi: readonly string[]) => classesOf(people, quasi).filter(members => members.length < k)
  if (sizeOf(tooRare(columns.quasi)) > most) {
    return { kind: 'refused', reason: 'too_rare', columns: fewest(columns.quasi, some => sizeOf(tooRare(some)) > most) }
  }
  const large = classesOf(people, columns.quasi).filter(members => members.length >= k)
  const kept = large.filter(members => columns.sensitive.every(column => variety(members, column) >= l))
  if (people.length - sizeOf(kept) > most) {
    const worst = columns.sensitive.toSorted((a, b) => uniform(large, b, l) - uniform(large, a, l))[0] as string
    return { kind: 'refused', reason: 'not_diverse', columns: [...columns.quasi, worst] }
  }
  const released = kept.flat()
  if (released.length < k) return { kind: 'refused', reason: 'too_few_people', columns: [] }
  return { kind: 'released', people: sorted(released, columns), report: reportOf(people.length, kept, columns) }
}

function reportOf(people: number, kept: Person[][], { sensitive }: DeidentifyColumns): DeidentifyReport {
  return {
    people: sizeOf(kept),
    left_out: people - sizeOf(kept),
    classes: kept.length,
    k: Math.min(...kept.map(members => members.length)),
    l:
      sensitive.length === 0
        ? null
        : Math.min(...kept.flatMap(members => sensitive.map(column => variety(members, column)))),
  }
}

/** People who look the same in these columns, together. */
export function classesOf(people: readonly Person[], columns: readonly string[]): Person[][] {
  const classes = new Map<string, Person[]>()
  for (const person of people) {
    const look = JSON.stringify(columns.map(column => person.values[column]))
    const members = classes.get(look)
    if (members) members.push(person)
    else classes.set(look, [person])
  }
  return [...classes.values()]
}

const variety = (members: readonly Person[], column: string): number =>
  new Set(members.map(({ values }) => values[column])).size

const sizeOf = (classes: readonly Person[][]): number => classes.reduce((sum, members) => sum + members.length, 0)

/** People in classes where a column has too few values. */
const uniform = (classes: readonly Person[][], column: string, l: number): number =>
  sizeOf(classes.filter(members => variety(members, column) < l))

/** The smallest selection of columns, in their order, that is in trouble; there are at most a few columns. */
function fewest(columns: readonly string[], inTrouble: (some: readonly string[]) => boolean): string[] {
  const selections = Array.from({ length: 2 ** columns.length }, (_, bits) =>
    columns.filter((_, at) => (bits >> at) & 1),
  ).toSorted((a, b) => a.length - b.length)
  return selections.find(inTrouble) ?? [...columns]
}

/** By what is shown alone, so that the order says nothing of who is who. */
function sorted(people: Person[], { quasi, sensitive }: DeidentifyColumns): Person[] {
  const shown = new Map(
    people.map(person => [person, JSON.stringify([...quasi, ...sensitive].map(name => person.values[name]))]),
  )
  const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)
  return people.toSorted((a, b) => compare(shown.get(a) as string, shown.get(b) as string) || compare(a.id, b.id))
}
