// charges.csv: every charge of a stretch, with the payer's short name and the balance line that it was matched with.

import { z } from 'zod'
import { type ChargeDetails, detailsPlace } from '../charges/charge.ts'
import type { Ctx } from '../context.ts'
import { parseInput } from '../parse-input.ts'
import { openDataKey, openJson } from '../payers/data-key.ts'
import { type PayerProfile, profilePlace } from '../payers/payer.ts'
import { isLiving } from '../payers/payer-erased.ts'
import { requirePermission } from '../permissions.ts'
import { stretchInput, stretchOf } from '../reconciliation/reconciliation.ts'
import { read } from '../write.ts'
import { type CsvColumn, type CsvFile, csvExport, EXPORT_PAGE, exponentOf, utc } from './csv-export.ts'

export const exportQuery = z.strictObject(stretchInput)

type Stored = {
  id: string
  payer_id: string
  token_id: string
  status: string
  amount: number
  amount_captured: number
  amount_refunded: number
  amount_disputed: number
  currency: string
  failure_code: string | null
  decline_code: string | null
  stripe_payment_intent_id: string | null
  stripe_charge_id: string | null
  created_at: Date
  settled_at: Date | null
  details_sealed: Buffer
  payer_status: string
  wrapped_key: Buffer
  key_version: number
  profile_sealed: Buffer
  balance_transaction: string | null
  match_rule: string | null
}

type Exported = Stored & { short_name: string | null; reference: string | null }

export const CHARGE_COLUMNS: readonly CsvColumn<Exported>[] = [
  { name: 'charge_id', describe: "The vault's id; in total rows the number of rows.", value: row => row.id },
  { name: 'created_utc', describe: 'When it was asked for.', value: row => utc(row.created_at) },
  { name: 'settled_utc', describe: 'When Stripe confirmed the outcome.', value: row => utc(row.settled_at) },
  { name: 'payer_id', describe: 'Who pays.', value: row => row.payer_id },
  { name: 'payer', describe: 'The short name; empty once the payer is erased.', value: row => row.short_name },
  { name: 'reference', describe: "The caller's own id; empty once the payer is erased.", value: row => row.reference },
  { name: 'token_id', describe: 'The saved card.', value: row => row.token_id },
  { name: 'status', describe: 'As in the API.', value: row => row.status },
  { name: 'amount', describe: 'Asked for, in minor units.', sum: true, value: row => row.amount },
  { name: 'amount_captured', describe: 'Taken, in minor units.', sum: true, value: row => row.amount_captured },
  { name: 'amount_refunded', describe: 'Given back, in minor units.', sum: true, value: row => row.amount_refunded },
  { name: 'amount_disputed', describe: 'Taken back by disputes.', sum: true, value: row => row.amount_disputed },
  { name: 'currency', describe: 'ISO 4217, lower case.', value: row => row.currency },
  { name: 'currency_exponent', describe: 'Decimal places of the currency.', value: row => exponentOf(row.currency) },
  { name: 'failure_code', describe: 'Why it failed.', value: row => row.failure_code },
  { name: 'decline_code', describe: "The issuer's reason.", value: row => row.decline_code },
  { name: 'stripe_payment_intent', describe: "Stripe's id.", value: row => row.stripe_payment_intent_id },
  { name: 'stripe_charge', describe: "Stripe's id.", value: row => row.stripe_charge_id },
  { name: 'balance_transaction_id', describe: 'The line it is matched with.', value: row => row.balance_transaction },
  { name: 'match_rule', describe: 'The key that matched them.', value: row => row.match_rule },
]

/** @throws insufficient_scope, validation_failed */
export async function exportCharges(ctx: Ctx, query: unknown): Promise<CsvFile> {
  requirePermission(ctx, 'exportCharges')
  const { from, to } = stretchOf(parseInput(exportQuery, query))
  return csvExport<Exported>('charges.csv', {
    columns: CHARGE_COLUMNS,
    currencyOf: row => row.currency,
    async count() {
      const [row] = await read(
        ctx,
        ({ sql }) => sql<{ rows: number }[]>`
          select count(*) as rows from charges
           where tenant_id = ${ctx.tenantId} and created_at >= ${from} and created_at < ${to}`,
      )
      return row?.rows ?? 0
    },
    async pageAfter(last) {
      const rows = await read(
        ctx,
        ({ sql }) => sql<Stored[]>`
          select c.id, c.payer_id, c.token_id, c.status, c.amount, c.amount_captured, c.amount_refunded,
                 c.amount_disputed, c.currency, c.failure_code, c.decline_code, c.stripe_payment_intent_id,
                 c.stripe_charge_id, c.created_at, c.settled_at, c.details_sealed, p.status as payer_status,
                 p.wrapped_key, p.key_version, p.profile_sealed, b.id as balance_transaction, b.match_rule
            from charges c
            join payers p on p.tenant_id = c.tenant_id and p.id = c.payer_id
            left join lateral (
              select id, match_rule from balance_transactions b
               where b.tenant_id = c.tenant_id and b.matched_type = 'charge' and b.matched_id = c.id
                 and b.reporting_category = 'charge' and b.missing_at is null
               order by created_at, id limit 1) b on true
           where c.tenant_id = ${ctx.tenantId} and c.created_at >= ${from} and c.created_at < ${to}
             ${last ? sql`and (c.created_at, c.id) > (${last.created_at}, ${last.id})` : sql``}
           order by c.created_at, c.id limit ${EXPORT_PAGE}`,
      )
      return Promise.all(rows.map(row => opened(ctx, row)))
    },
  })
}

async function opened(ctx: Ctx, row: Stored): Promise<Exported> {
  if (!isLiving(row.payer_status)) return { ...row, short_name: null, reference: null }
  const payer = await openDataKey(ctx, { payerId: row.payer_id, wrapped: row.wrapped_key, keyVersion: row.key_version })
  const profile = openJson<PayerProfile>(ctx, payer, profilePlace(row.payer_id), row.profile_sealed)
  const details = openJson<ChargeDetails>(ctx, payer, detailsPlace(row.id), row.details_sealed)
  return { ...row, short_name: profile.shortName, reference: details.reference }
}
