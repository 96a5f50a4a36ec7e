// payouts.csv: every payout of a stretch with its rows summed up under headings, and what does not add up.
import type { Ctx } from '../context.ts'
import { parseInput } from '../parse-input.ts'
import { requirePermission } from '../permissions.ts'
import { isListed, type PayoutRow, payoutColumns } from '../reconciliation/payout.ts'
import { type TieOut, tieOutsOf } from '../reconciliation/payout-tie-out.ts'
import { stretchOf } from '../reconciliation/reconciliation.ts'
import { read } from '../write.ts'
import { type Cell, type CsvColumn, type CsvFile, csvExport, EXPORT_PAGE, exponentOf, utc } from './csv-export.ts'
import { exportQuery } from './export-charges.ts'

type Payout = PayoutRow & { tieOut: TieOut | null }

const under =
  (...headings: string[]) =>
  ({ tieOut }: Payout): Cell =>
    tieOut?.stripe.filter(({ heading }) => headings.includes(heading)).reduce((sum, { gross }) => sum + gross, 0) ??
    null

export const PAYOUT_COLUMNS: readonly CsvColumn<Payout>[] = [
  { name: 'payout_id', describe: "Stripe's id; in total rows the number of rows.", value: row => row.id },
  { name: 'created_utc', describe: 'When Stripe made it.', value: row => utc(row.created_at) },
  {
    name: 'arrival_date',
    describe: 'When the bank should have it, UTC.',
    value: row => row.arrival_date.toISOString().slice(0, 10),
  },
  { name: 'status', describe: "Stripe's.", value: row => row.status },
  {
    name: 'automatic',
    describe: 'yes, or no for a payout made by hand.',
    value: row => (row.automatic ? 'yes' : 'no'),
  },
  { name: 'currency', describe: 'ISO 4217, lower case.', value: row => row.currency },
  { name: 'currency_exponent', describe: 'Decimal places of the currency.', value: row => exponentOf(row.currency) },
  { name: 'amount', describe: 'Paid out, in minor units.', sum: true, value: row => row.amount },
  { name: 'charges', describe: 'Gross of its charges.', sum: true, value: under('charges') },
  { name: 'refunds', describe: 'Gross of its refunds.', sum: true, value: under('refunds') },
  { name: 'disputes', describe: 'Gross of its disputes.', sum: true, value: under('disputes') },
  { name: 'fees', describe: "Stripe's fees, of lines and on lines of their own.", sum: true, value: fees },
  { name: 'adjustments', describe: 'Gross of adjustments.', sum: true, value: under('adjustments') },
  { name: 'other', describe: 'Gross of everything else.', sum: true, value: under('other', 'payouts', 'unknown') },
  { name: 'computed_net', describe: 'The sum of the rows.', sum: true, value: row => row.tieOut?.computed_net ?? null },
  {
    name: 'variance',
    describe: 'What the vault, Stripe and the amount disagree by.',
    sum: true,
    value: row => row.tieOut?.variance ?? null,
  },
  {
    name: 'balanced',
    describe: 'yes, no, or not_listed.',
    value: row => (row.tieOut ? (row.tieOut.balanced ? 'yes' : 'no') : 'not_listed'),
  },
  { name: 'rows', describe: 'How many rows it holds.', sum: true, value: row => row.tieOut?.rows ?? null },
  { name: 'trace_id', describe: "The bank's reference.", value: row => row.trace_id },
]

function fees({ tieOut }: Payout): Cell {
  return (
    tieOut?.stripe.reduce((sum, { heading, gross, fee }) => sum - fee + (heading === 'fees' ? gross : 0), 0) ?? null
  )
}

/** Payouts are few, and each is compared row by row. */
const PAYOUTS_AT_ONCE = 50

/** @throws insufficient_scope, validation_failed */
export async function exportPayouts(ctx: Ctx, query: unknown): Promise<CsvFile> {
  requirePermission(ctx, 'exportPayouts')
  const { from, to } = stretchOf(parseInput(exportQuery, query))
  return csvExport<Payout>('payouts.csv', {
    columns: PAYOUT_COLUMNS,
    currencyOf: row => row.currency,
    async count() {
      const [row] = await read(
        ctx,
        ({ sql }) => sql<{ rows: number }[]>`
          select count(*) as rows from payouts
           where tenant_id = ${ctx.tenantId} and created_at >= ${from} and created_at < ${to}`,
      )
      return row?.rows ?? 0
    },
    async pageAfter(last) {
      const rows = await read(
        ctx,
        tx => tx.sql<PayoutRow[]>`
          select ${payoutColumns(tx)} from payouts p
           where p.tenant_id = ${ctx.tenantId} and p.created_at >= ${from} and p.created_at < ${to}
             ${last ? tx.sql`and (p.created_at, p.id) > (${last.created_at}, ${last.id})` : tx.sql``}
           order by p.created_at, p.id limit ${EXPORT_PAGE}`,
      )
      const payouts: Payout[] = []
      for (let at = 0; at < rows.length; at += PAYOUTS_AT_ONCE) {
        const some = rows.slice(at, at + PAYOUTS_AT_ONCE)
        const tieOuts = await read(ctx, tx => tieOutsOf(tx, some.filter(isListed)))
        payouts.push(...some.map(row => ({ ...row, tieOut: tieOuts.get(row.id) ?? null })))
      }
      return payouts
    },
  })
}
