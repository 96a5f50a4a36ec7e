// Exports for spreadsheets, streamed.
import { Hono } from 'hono'
import type { Ctx } from '../../domain/context.ts'
import type { CsvColumn, CsvFile } from '../../domain/exports/csv-export.ts'
import { BALANCE_LINE_COLUMNS, exportBalanceLines } from '../../domain/exports/export-balance-lines.ts'
import { CHARGE_COLUMNS, exportCharges, exportQuery } from '../../domain/exports/export-charges.ts'
import { exportPayouts, PAYOUT_COLUMNS } from '../../domain/exports/export-payouts.ts'
import type { AppEnv } from '../context.ts'
import { ctxOf, queryOf } from '../context.ts'
import { operation } from '../openapi.ts'

type Export = {
  path: string
  id: string
  summary: string
  columns: readonly Pick<CsvColumn<never>, 'name' | 'describe'>[]
  verb: (ctx: Ctx, query: unknown) => Promise<CsvFile>
}

const EXPORTS: readonly Export[] = [
  {
    path: '/v1/exports/charges.csv',
    id: 'exportCharges',
    summary: 'Charges as CSV',
    columns: CHARGE_COLUMNS,
    verb: exportCharges,
  },
  {
    path: '/v1/exports/balance-lines.csv',
    id: 'exportBalanceLines',
    summary: "Stripe's balance lines as CSV",
    columns: BALANCE_LINE_COLUMNS,
    verb: exportBalanceLines,
  },
  {
    path: '/v1/exports/payouts.csv',
    id: 'exportPayouts',
    summary: 'Payouts as CSV',
    columns: PAYOUT_COLUMNS,
    verb: exportPayouts,
  },
]

const FORM =
  'UTF-8, RFC 4180, amounts in minor units. The first column, `record`, is `row` or `total`: a total row for each ' +
  'currency ends the file, with the number of its rows and their sums; a file without one was cut off. A cell that a ' +
  'spreadsheet would take for a formula starts with an apostrophe. Columns:'

export function exportRoutes() {
  const app = new Hono<AppEnv>()
  for (const { path, id, summary, columns, verb } of EXPORTS) {
    app.get(
      path,
      operation({
        id,
        tag: 'Reconciliation',
        summary,
        description: `${FORM}\n\n${columns.map(({ name, describe }) => `- \`${name}\`: ${describe}`).join('\n')}`,
        scope: 'reconciliation:read',
        query: exportQuery,
        answers: {
          200: {
            description: 'The file.',
            mediaType: 'text/csv',
            headers: { 'Content-Disposition': 'The file’s name.' },
          },
        },
      }),
      async c => {
        const { fileName, chunks } = await verb(ctxOf(c), queryOf(c))
        return c.body(ReadableStream.from(encoded(chunks)), 200, {
          'Content-Type': 'text/csv; charset=utf-8',
          'Content-Disposition': `attachment; filename="${fileName}"`,
        })
      },
    )
  }
  return app
}

async function* encoded(chunks: AsyncIterable<string>): AsyncGenerator<Uint8Array> {
  const encoder = new TextEncoder()
  for await (const chunk of chunks) yield encoder.encode(chunk)
}
