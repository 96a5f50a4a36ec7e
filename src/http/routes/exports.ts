// Exports for spreadsheets, streamed.
import { Hono } from 'hono'
import type { CsvColumn, CsvFile } from '../../domain/exports/csv-export.ts'
import { BALANCE_LINE_COLUMNS, exportBalanceLines } from '../../domain/exports/export-balance-lines.ts'
import { CHARGE_COLUMNS, exportCharges, exportQuery } from '../../domain/exports/export-charges.ts'
import { exportPayouts, PAYOUT_COLUMNS } from '../../domain/exports/export-payouts.ts'
import { type AppContext, type AppEnv, ctxOf, queryOf } from '../context.ts'
import { type OperationSpec, operation } from '../openapi.ts'

const FORM =
  'UTF-8, RFC 4180, amounts in minor units. The first column, `record`, is `row` or `total`: a total row for each ' +
  'currency ends the file, with the number of its rows and their sums; a file without one was cut off. A cell that a ' +
  'spreadsheet would take for a formula starts with an apostrophe. Columns:'

const ANSWERS: OperationSpec['answers'] = {
  200: {
    description: 'The file.',
    mediaType: 'text/csv',
    headers: {
      'Content-Disposition': 'The name of the file.',
      'X-Panless-Region': 'The region that the data is kept in.',
    },
  },
}

export function exportRoutes() {
  const app = new Hono<AppEnv>()

  app.get(
    '/v1/exports/charges.csv',
    operation({
      id: 'exportCharges',
      tag: 'Reconciliation',
      summary: 'Charges as CSV',
      description: dictionary(CHARGE_COLUMNS),
      scope: 'reconciliation:read',
      query: exportQuery,
      answers: ANSWERS,
    }),
    async c => send(c, await exportCharges(ctxOf(c), queryOf(c))),
  )

  app.get(
    '/v1/exports/balance-lines.csv',
    operation({
      id: 'exportBalanceLines',
      tag: 'Reconciliation',
      summary: "Stripe's balance lines as CSV",
      description: dictionary(BALANCE_LINE_COLUMNS),
      scope: 'reconciliation:read',
      query: exportQuery,
      answers: ANSWERS,
    }),
    async c => send(c, await exportBalanceLines(ctxOf(c), queryOf(c))),
  )

  app.get(
    '/v1/exports/payouts.csv',
    operation({
      id: 'exportPayouts',
      tag: 'Reconciliation',
      summary: 'Payouts as CSV',
      description: dictionary(PAYOUT_COLUMNS),
      scope: 'reconciliation:read',
      query: exportQuery,
      answers: ANSWERS,
    }),
    async c => send(c, await exportPayouts(ctxOf(c), queryOf(c))),
  )

  return app
}

const dictionary = (columns: readonly Pick<CsvColumn<never>, 'name' | 'describe'>[]): string =>
  `${FORM}\n\n${columns.map(({ name, describe }) => `- \`${name}\`: ${describe}`).join('\n')}`

function send(c: AppContext, { fileName, chunks }: CsvFile): Response {
  return c.body(ReadableStream.from(encoded(chunks)), 200, {
    'Content-Type': 'text/csv; charset=utf-8',
    'Content-Disposition': `attachment; filename="${fileName}"`,
    'X-Panless-Region': c.var.dependencies.settings.region,
  })
}

async function* encoded(chunks: AsyncIterable<string>): AsyncGenerator<Uint8Array> {
  const encoder = new TextEncoder()
  for await (const chunk of chunks) yield encoder.encode(chunk)
}
