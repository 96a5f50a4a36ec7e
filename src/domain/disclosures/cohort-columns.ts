// What a de-identified cohort may say of each person: no direct identifier, amounts in bands, dates in months.

/** What is read of one person for a cohort. Amounts in minor units of one currency. */
export type CohortPerson = {
  id: string
  joined_at: Date
  country: string | null
  brand: string | null
  funding: string | null
  charges: number
  succeeded: number
  refunded: number
  amount: number
  last_charge_at: Date | null
}

export type CohortColumn = {
  /** `quasi`: somebody outside may know it; `sensitive`: nobody should learn it of a person. */
  role: 'quasi' | 'sensitive'
  /** Whether it is about charges, and so about their currency. */
  ofCharges?: true
  describe: string
  value(person: CohortPerson): string
}

const NONE = 'none'

export const COHORT_COLUMNS = {
  country: { role: 'quasi', describe: 'Country of the newest saved card.', value: person => person.country ?? NONE },
  card_brand: { role: 'quasi', describe: 'Brand of the newest saved card.', value: person => person.brand ?? NONE },
  card_funding: { role: 'quasi', describe: 'Credit, debit or prepaid.', value: person => person.funding ?? NONE },
  joined_month: { role: 'quasi', describe: 'Month of registration.', value: person => monthOf(person.joined_at) },
  last_charge_month: {
    role: 'quasi',
    ofCharges: true,
    describe: 'Month of the last charge.',
    value: person => (person.last_charge_at ? monthOf(person.last_charge_at) : NONE),
  },
  amount_band: {
    role: 'sensitive',
    ofCharges: true,
    describe: 'What was captured less what was refunded, in bands of minor units.',
    value: person => amountBand(person.amount),
  },
  charges_band: {
    role: 'sensitive',
    ofCharges: true,
    describe: 'How many charges, in bands.',
    value: person => countBand(person.charges),
  },
  outcome: {
    role: 'sensitive',
    ofCharges: true,
    describe: 'Whether all, some or none of the charges succeeded.',
    value: ({ charges, succeeded }) =>
      charges === 0 ? NONE : succeeded === charges ? 'all_paid' : succeeded > 0 ? 'some_paid' : 'none_paid',
  },
  refunded: {
    role: 'sensitive',
    ofCharges: true,
    describe: 'Whether anything was given back.',
    value: person => (person.refunded > 0 ? 'yes' : 'no'),
  },
} as const satisfies Record<string, CohortColumn>

export type CohortColumnName = keyof typeof COHORT_COLUMNS

export const COHORT_COLUMN_NAMES = Object.keys(COHORT_COLUMNS) as [CohortColumnName, ...CohortColumnName[]]

export const columnOf = (name: CohortColumnName): CohortColumn => COHORT_COLUMNS[name]

export const monthOf = (at: Date): string => at.toISOString().slice(0, 7)

/** `0`, or from 1, 2 or 5 times a power of ten to below the next of them: `2000-4999`. */
export function amountBand(minor: number): string {
  if (minor <= 0) return '0'
  const power = 10 ** (String(minor).length - 1)
  const step = [5, 2, 1].find(times => minor >= times * power) ?? 1
  return `${step * power}-${(step === 1 ? 2 : step === 2 ? 5 : 10) * power - 1}`
}

const COUNT_BANDS = [1, 2, 5, 10, 20, 50, 100]

export function countBand(count: number): string {
  const at = COUNT_BANDS.findLastIndex(from => count >= from)
  if (at < 0) return '0'
  const next = COUNT_BANDS[at + 1]
  return next === undefined ? `${COUNT_BANDS[at]} or more` : `${COUNT_BANDS[at]}-${next - 1}`
}
