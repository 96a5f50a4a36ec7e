// balance-lines.csv: every balance transaction of a stretch as Stripe shows it, with what it was matched to.
import type { Ctx } from '../context.ts'
import { parseInput } from '../parse-input.ts'
import { requirePermission } from '../permissions.ts'
import { type LineFacts, lineFacts } from '../reconciliation/line-facts.ts'
import { stretchOf } from '../reconciliation/reconciliation.ts'
import { read } from '../write.ts'
import { type CsvColumn, type CsvFile, csvExport, EXPORT_PAGE, exponentOf, utc } from './csv-export.ts'
import { exportQuery } from './export-charges.ts'

type Line = LineFacts & { payout_id: string | null }

export const BALANCE_LINE_COLUMNS: readonly CsvColumn<Line>[] = [
  { name: 'balance_transaction_id', describe: "Stripe's id; in total rows the number of rows.", value: row => row.id },
  { name: 'created_utc', describe: 'When Stripe made it.', value: row => utc(row.created_at) },
  { name: 'available_on_utc', describe: 'When its money can be paid out.', value: row => utc(row.available_on) },
  { name: 'status', describe: 'pending or available.', value: row => row.status },
  { name: 'currency', describe: "The account's currency of the line.", value: row => row.currency },
  { name: 'currency_exponent', describe: 'Decimal places of the currency.', value: row => exponentOf(row.currency) },
  { name: 'gross', describe: 'Minor units, + into the account.', sum: true, value: row => row.amount },
  { name: 'fee', describe: 'What Stripe keeps.', sum: true, value: row => row.fee },
  { name: 'net', describe: 'Gross less fee.', sum: true, value: row => row.net },
  { name: 'reporting_category', describe: "Stripe's.", value: row => row.reporting_category },
  { name: 'source_id', describe: "Stripe's id of what made the line.", value: row => row.source_id },
  { name: 'payout_id', describe: 'The payout that holds it.', value: row => row.payout_id },
  { name: 'customer_facing_amount', describe: 'As the payer saw it.', value: row => row.presentment_amount },
  { name: 'customer_facing_currency', describe: 'As the payer saw it.', value: row => row.presentment_currency },
  { name: 'charge_id', describe: "The vault's charge.", value: row => row.charge_id },
  { name: 'matched_type', describe: 'charge, refund or dispute.', value: row => row.matched_type },
  { name: 'matched_id', describe: "The vault's row.", value: row => row.matched_id },
  {
    name: 'match_state',
    describe: 'matched, difference, missing_in_vault, by_itself or unknown_category.',
    value: stateOf,
  },
  { name: 'match_rule', describe: 'The key that matched them.', value: row => row.match_rule },
  { name: 'difference', describe: 'Gross less what the vault expects.', sum: true, value: row => row.difference },
]

/** @throws insufficient_scope, validation_failed */
export async function exportBalanceLines(ctx: Ctx, query: unknown): Promise<CsvFile> {
  requirePermission(ctx, 'exportBalanceLines')
  const { from, to } = stretchOf(parseInput(exportQuery, query))
  return csvExport<Line>('balance-lines.csv', {
    columns: BALANCE_LINE_COLUMNS,
    currencyOf: row => row.currency,
    async count() {
      const [row] = await read(
        ctx,
        ({ sql }) => sql<{ rows: number }[]>`
          select count(*) as rows from balance_transactions
           where tenant_id = ${ctx.tenantId} and created_at >= ${from} and created_at < ${to} and missing_at is null`,
      )
      return row?.rows ?? 0
    },
    async pageAfter(last) {
      const rows = await read(ctx, tx => {
        const { sql } = tx
        const page = sql`from (
          select * from balance_transactions
           where tenant_id = ${ctx.tenantId} and created_at >= ${from} and created_at < ${to} and missing_at is null
             ${last ? sql`and (created_at, id) > (${last.created_at}, ${last.id})` : sql``}
           order by created_at, id limit ${EXPORT_PAGE}) b`
        return sql<Line[]>`
          select l.*, (select min(pr.payout_id) from payout_rows pr
                        where pr.tenant_id = ${ctx.tenantId} and pr.balance_transaction_id = l.id) as payout_id
            from (${lineFacts(tx, [page])}) l where l.in_scope order by l.created_at, l.id`
      })
      return [...rows]
    },
  })
}

function stateOf(row: Line): string {
  if (!row.known) return 'unknown_category'
  if (!row.wants_counterpart) return 'by_itself'
  if (row.matched_id === null) return 'missing_in_vault'
  return row.difference === 0 && !row.foreign_currency ? 'matched' : 'difference'
}
