// The package that a recipient gets: its bytes, and the hash by which it is known ever after.
import { createHash } from 'node:crypto'
import { stringify } from 'csv-stringify/sync'
import type { Person } from './deidentify.ts'
import type { DisclosureDetails, DisclosureRow, PackageFormat } from './disclosure.ts'

export type DisclosurePackage = { text: string; sha256: Buffer }

export const PACKAGE_TYPES: Readonly<Record<PackageFormat, string>> = {
  json: 'application/json',
  ndjson: 'application/x-ndjson',
  csv: 'text/csv; charset=utf-8',
}

/** A package lies ready for its maker so long and so often; then it is forgotten. */
export const PACKAGE_HOURS = 24
export const PACKAGE_DOWNLOADS_MAX = 5

type Told = Pick<DisclosureRow, 'id' | 'basis' | 'purpose' | 'consent_id'> & {
  details: DisclosureDetails
  region: string
  at: Date
}

const headOf = ({ id, basis, purpose, consent_id, details, region, at }: Told) => ({
  object: 'disclosure_package',
  disclosure: id,
  made_at: at.toISOString(),
  region,
  recipient: details.recipient,
  basis,
  basis_ref: consent_id ?? details.law ?? details.reference ?? null,
  purpose,
})

/** Of one person: the fields by name. */
export const packageOfPerson = (told: Told, payer: string, fields: Record<string, unknown>): DisclosurePackage =>
  hashed(JSON.stringify({ ...headOf(told), payer, fields }))

/** Of a cohort: one row for each person, in an order that says nothing. JSON has a head; the others are rows alone. */
export function packageOfCohort(
  told: Told,
  columns: readonly string[],
  people: readonly Person[],
  format: PackageFormat,
): DisclosurePackage {
  const rows = people.map(({ values }) => Object.fromEntries(columns.map(column => [column, values[column] as string])))
  switch (format) {
    case 'json':
      return hashed(JSON.stringify({ ...headOf(told), columns, rows }))
    case 'ndjson':
      return hashed(rows.map(row => `${JSON.stringify(row)}\n`).join(''))
    case 'csv':
      return hashed(
        stringify(rows, { header: true, columns: [...columns], escape_formulas: true, record_delimiter: '\r\n' }),
      )
  }
}

const hashed = (text: string): DisclosurePackage => ({ text, sha256: createHash('sha256').update(text).digest() })
