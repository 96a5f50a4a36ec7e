// Writes balance transactions into the mirror: Stripe's figures as they are, and what they are matched by.
import type { StripeBalanceTransaction } from '../../stripe/balance-objects.ts'
import type { Ctx, Tx } from '../context.ts'
import { maskStripeValue } from '../stripe-events/mask-stripe-values.ts'

/** The members of a Stripe object's metadata in which the vault names its own row. */
const OWN_METADATA = ['panless_attempt', 'panless_refund'] as const

export async function storeBalanceTransactions(
  tx: Tx,
  ctx: Ctx,
  lines: readonly StripeBalanceTransaction[],
): Promise<void> {
  if (lines.length === 0) return
  const rows = lines.map(line => ({
    ...rowOf(line),
    ...maskStripeValue(ctx, ctx.tenantId, 'balance_transaction', freeText(line)),
  }))
  await tx.sql`
    insert into balance_transactions (
      tenant_id, id, type, reporting_category, amount, fee, net, currency, status, source_id, source_charge_id,
      source_payment_intent_id, source_attempt_id, source_status, presentment_amount, presentment_currency, created_at,
      available_on, raw, mirrored_at)
    select ${tx.tenantId}, w.id, w.type, w.reporting_category, w.amount, w.fee, w.net, w.currency, w.status,
           w.source_id, w.source_charge_id, w.source_payment_intent_id, w.source_attempt_id, w.source_status,
           w.presentment_amount, w.presentment_currency, w.created_at, w.available_on, w.raw, clock_timestamp()
      from jsonb_to_recordset(${JSON.stringify(rows)}::text::jsonb)
           as w(id text, type text, reporting_category text, amount bigint, fee bigint, net bigint, currency text,
                status text, source_id text, source_charge_id text, source_payment_intent_id text,
                source_attempt_id text, source_status text, presentment_amount bigint, presentment_currency text, created_at timestamptz,
                available_on timestamptz, raw jsonb)
     order by w.id
    on conflict (tenant_id, id) do update
       set type = excluded.type, reporting_category = excluded.reporting_category, amount = excluded.amount,
           fee = excluded.fee, net = excluded.net, currency = excluded.currency, status = excluded.status,
           source_id = excluded.source_id,
           source_charge_id = coalesce(excluded.source_charge_id, balance_transactions.source_charge_id),
           source_payment_intent_id =
             coalesce(excluded.source_payment_intent_id, balance_transactions.source_payment_intent_id),
           source_attempt_id = coalesce(excluded.source_attempt_id, balance_transactions.source_attempt_id),
           source_status = coalesce(excluded.source_status, balance_transactions.source_status),
           presentment_amount = coalesce(excluded.presentment_amount, balance_transactions.presentment_amount),
           presentment_currency = coalesce(excluded.presentment_currency, balance_transactions.presentment_currency),
           available_on = excluded.available_on, raw = excluded.raw, mirrored_at = excluded.mirrored_at,
           missing_at = null`
}

/** All that is no id: names that Stripe may add to, and the object as it came. */
const freeText = ({ type, reportingCategory, status, raw }: StripeBalanceTransaction) => ({
  type,
  reporting_category: reportingCategory,
  status,
  raw,
})

const instant = (seconds: number) => new Date(seconds * 1000).toISOString()

function rowOf(line: StripeBalanceTransaction) {
  const { source } = line
  return {
    id: line.id,
    amount: line.amount,
    fee: line.fee,
    net: line.net,
    currency: line.currency,
    source_id: line.sourceId,
    source_charge_id: source?.charge ?? null,
    source_payment_intent_id: source?.paymentIntent ?? null,
    source_attempt_id: ownIdIn(source?.metadata ?? {}),
    source_status: source?.status ?? null,
    presentment_amount: source?.amount ?? null,
    presentment_currency: source?.currency ?? null,
    created_at: instant(line.created),
    available_on: instant(line.availableOn),
  }
}

function ownIdIn(metadata: Record<string, string>): string | null {
  for (const name of OWN_METADATA) if (metadata[name]) return metadata[name]
  return null
}
