// Writes payouts into the mirror; a later read replaces an earlier one, and nothing else does.
import type { StripePayout } from '../../stripe/balance-objects.ts'
import type { Ctx, Tx } from '../context.ts'
import { maskStripeValue } from '../stripe-events/mask-stripe-values.ts'

export async function storePayouts(tx: Tx, ctx: Ctx, payouts: readonly StripePayout[]): Promise<void> {
  if (payouts.length === 0) return
  const rows = payouts.map(payout => ({
    ...rowOf(payout),
    ...maskStripeValue(ctx, ctx.tenantId, 'payout', freeText(payout)),
  }))
  await tx.sql`
    insert into payouts (tenant_id, id, amount, currency, status, automatic, reconciliation_status,
                         balance_transaction_id, failure_code, trace_id, arrival_date, created_at, raw, mirrored_at)
    select ${tx.tenantId}, w.id, w.amount, w.currency, w.status, w.automatic, w.reconciliation_status,
           w.balance_transaction_id, w.failure_code, w.trace_id, w.arrival_date, w.created_at, w.raw, clock_timestamp()
      from jsonb_to_recordset(${JSON.stringify(rows)}::text::jsonb)
           as w(id text, amount bigint, currency text, status text, automatic boolean, reconciliation_status text,
                balance_transaction_id text, failure_code text, trace_id text, arrival_date timestamptz,
                created_at timestamptz, raw jsonb)
     order by w.id
    on conflict (tenant_id, id) do update
       set amount = excluded.amount, currency = excluded.currency, status = excluded.status,
           automatic = excluded.automatic, reconciliation_status = excluded.reconciliation_status,
           balance_transaction_id = excluded.balance_transaction_id, failure_code = excluded.failure_code,
           trace_id = excluded.trace_id, arrival_date = excluded.arrival_date, raw = excluded.raw,
           mirrored_at = excluded.mirrored_at`
}

/** All that Stripe or a person at its dashboard could write as they like. */
const freeText = ({ failureCode, traceId, raw }: StripePayout) => ({
  failure_code: failureCode,
  trace_id: traceId?.value ?? null,
  raw,
})

const instant = (seconds: number) => new Date(seconds * 1000).toISOString()

function rowOf(payout: StripePayout) {
  return {
    id: payout.id,
    amount: payout.amount,
    currency: payout.currency,
    status: payout.status,
    automatic: payout.automatic,
    reconciliation_status: payout.reconciliationStatus,
    balance_transaction_id: payout.balanceTransaction,
    arrival_date: instant(payout.arrivalDate),
    created_at: instant(payout.created),
  }
}
