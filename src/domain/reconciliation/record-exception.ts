// Opens an exception in the caller's transaction; one that is open already for the same cause and subject is seen again.
import type { Ctx, Tx } from '../context.ts'
import { newId } from '../ids.ts'

export type ExceptionFound = {
  cause: string
  subject: { type: string; id: string }
  chargeId?: string | null
  refundId?: string | null
  balanceTransactionId?: string | null
  payoutId?: string | null
  expectedAmount?: number | null
  actualAmount?: number | null
  currency?: string | null
  /** A sentence for a person: states, ids and amounts only. */
  detail: string
}

/** `opened`: there was none of this cause and subject. Amounts in minor units. */
export async function recordException(
  tx: Tx,
  ctx: Ctx,
  found: ExceptionFound,
): Promise<{ id: string; opened: boolean }> {
  const now = ctx.clock.now()
  const [row] = await tx.sql<{ id: string; opened: boolean }[]>`
    insert into exceptions as e (tenant_id, id, cause, subject_type, subject_id, charge_id, refund_id,
                                 balance_transaction_id, payout_id, expected_amount, actual_amount, currency, detail,
                                 first_seen_at, last_seen_at)
    values (${tx.tenantId}, ${newId('exception', now)}, ${found.cause}, ${found.subject.type}, ${found.subject.id},
            ${found.chargeId ?? null}, ${found.refundId ?? null}, ${found.balanceTransactionId ?? null},
            ${found.payoutId ?? null}, ${found.expectedAmount ?? null}, ${found.actualAmount ?? null},
            ${found.currency ?? null}, ${found.detail}, ${now}, ${now})
    on conflict (tenant_id, cause, subject_id) where status = 'open'
    do update set last_seen_at = excluded.last_seen_at, detail = excluded.detail,
                  expected_amount = excluded.expected_amount, actual_amount = excluded.actual_amount
    returning e.id, (e.xmax = 0) as opened`
  return row as { id: string; opened: boolean }
}
