// Exports for spreadsheets: RFC 4180, one header row, then a row for each thing, then a total row for each currency with
// the count of its rows and the sums. A file without a total row was cut off. Cells that a spreadsheet would take for a
// formula get an apostrophe.
import { stringify } from 'csv-stringify/sync'
import { CURRENCIES } from '../../stripe/currencies.ts'
import { invalidField } from '../errors.ts'

/** More rows than a spreadsheet can hold help nobody. */
export const EXPORT_ROWS_MAX = 1_000_000
/** Rows read and written at a time. */
export const EXPORT_PAGE = 1_000

export type Cell = string | number | null

export type CsvColumn<Row> = {
  name: string
  /** For the API's document. */
  describe: string
  /** Summed up in the total rows. */
  sum?: true
  value(row: Row): Cell
}

export type CsvSource<Row> = {
  columns: readonly CsvColumn<Row>[]
  currencyOf(row: Row): string
  count(): Promise<number>
  /** The rows after one (null: the first), at most EXPORT_PAGE, in a fixed order. */
  pageAfter(last: Row | null): Promise<Row[]>
}

export type CsvFile = { fileName: string; chunks: AsyncIterable<string> }

type Totals = Map<string, { rows: number; sums: Map<string, number> }>

/**
 * The file as a stream of chunks. The first page is read before this answers, so what fails early fails as a problem.
 * @throws validation_failed when there are too many rows
 */
export async function csvExport<Row>(fileName: string, source: CsvSource<Row>): Promise<CsvFile> {
  if ((await source.count()) > EXPORT_ROWS_MAX) {
    throw invalidField('/to', `takes in more than ${EXPORT_ROWS_MAX} rows: ask for a shorter time`, 'too_many_rows')
  }
  return { fileName, chunks: chunksOf(source, await source.pageAfter(null)) }
}

async function* chunksOf<Row>(source: CsvSource<Row>, first: Row[]): AsyncGenerator<string> {
  const { columns } = source
  const totals: Totals = new Map()
  yield csv([['record', ...columns.map(({ name }) => name)]])
  for (let page = first; page.length > 0; page = await source.pageAfter(page.at(-1) as Row)) {
    for (const row of page) add(totals, source, row)
    yield csv(page.map(row => ['row', ...columns.map(column => column.value(row))]))
    if (page.length < EXPORT_PAGE) break
  }
  yield csv(totalRows(columns, totals))
}

function add<Row>(totals: Totals, { columns, currencyOf }: CsvSource<Row>, row: Row): void {
  const currency = currencyOf(row)
  const total = totals.get(currency) ?? { rows: 0, sums: new Map<string, number>() }
  totals.set(currency, total)
  total.rows++
  for (const { name, sum, value } of columns) {
    if (sum) total.sums.set(name, (total.sums.get(name) ?? 0) + Number(value(row) ?? 0))
  }
}

/** In a total row the first column holds the count, `currency` the currency, and each summed column its sum. */
function totalRows<Row>(columns: readonly CsvColumn<Row>[], totals: Totals): Cell[][] {
  const each =
    totals.size > 0 ? [...totals].sort(([a], [b]) => (a < b ? -1 : 1)) : [['', { rows: 0, sums: new Map() }] as const]
  return each.map(([currency, { rows, sums }]) => [
    'total',
    ...columns.map(({ name, sum }, i): Cell => {
      if (i === 0) return rows
      if (name === 'currency') return currency
      return sum ? (sums.get(name) ?? 0) : null
    }),
  ])
}

const csv = (rows: Cell[][]): string => stringify(rows, { escape_formulas: true, record_delimiter: '\r\n' })

/** Digits after the decimal point, so that a reader can turn minor units into major ones. */
export const exponentOf = (currency: string): number | null => CURRENCIES.get(currency)?.exponent ?? null

export const utc = (at: Date | null): string | null => at?.toISOString() ?? null
