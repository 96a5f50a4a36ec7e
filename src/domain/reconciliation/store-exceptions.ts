// Keeps what a reconciliation found: a difference found again is the same row, and one that is gone is closed.
import type { Ctx, Tx } from '../context.ts'
import { newId } from '../ids.ts'
import { EXCEPTION_CAUSES, type Finding } from './exception.ts'
import { linesOf } from './exception-subjects.ts'
import type { Fragment } from './line-facts.ts'
import type { Stretch } from './read-feed.ts'

/** Rows in one insert. */
const CHUNK = 2_000

export type StoredExceptions = { opened: number; still_open: number; closed: number }

/** `truncated`: not all was found, so nothing is closed. */
export async function storeExceptions(
  ctx: Ctx,
  tx: Tx,
  stretch: Stretch,
  { found, truncated }: { found: readonly Finding[]; truncated: boolean },
): Promise<StoredExceptions> {
  const now = ctx.clock.now()
  let opened = 0
  for (let at = 0; at < found.length; at += CHUNK) {
    const rows = found.slice(at, at + CHUNK).map(finding => ({
      ...finding,
      id: newId('exception', now),
      detail: EXCEPTION_CAUSES[finding.cause],
    }))
    opened += await upsert(tx, rows, now)
  }
  const closed = truncated ? 0 : await closeGone(tx, stretch, found, now)
  return { opened, still_open: found.length - opened, closed }
}

async function upsert(tx: Tx, rows: (Finding & { id: string; detail: string })[], now: Date): Promise<number> {
  const stored = await tx.sql<{ fresh: boolean }[]>`
    insert into exceptions (tenant_id, id, cause, status, subject_type, subject_id, charge_id, refund_id,
                            balance_transaction_id, payout_id, expected_amount, actual_amount, currency, detail,
                            first_seen_at, last_seen_at)
    select ${tx.tenantId}, w.id, w.cause, 'open', w.subject_type, w.subject_id, w.charge_id, w.refund_id,
           w.balance_transaction_id, w.payout_id, w.expected_amount, w.actual_amount, w.currency, w.detail, ${now}, ${now}
      from jsonb_to_recordset(${JSON.stringify(rows)}::text::jsonb)
           as w(id text, cause text, subject_type text, subject_id text, charge_id text, refund_id text,
                balance_transaction_id text, payout_id text, expected_amount bigint, actual_amount bigint,
                currency text, detail text)
     order by w.cause, w.subject_id
    on conflict (tenant_id, cause, subject_id) where status = 'open' do update
       set last_seen_at = excluded.last_seen_at, expected_amount = excluded.expected_amount,
           actual_amount = excluded.actual_amount, currency = excluded.currency,
           balance_transaction_id = coalesce(excluded.balance_transaction_id, exceptions.balance_transaction_id)
    returning (xmax = 0) as fresh`
  return stored.filter(row => row.fresh).length
}

/**
 * Closes what was open, could have been found now, and was not. That a state disagrees is believed gone only where
 * balance lines say so: it may have been seen at Stripe before there was any line.
 */
async function closeGone(tx: Tx, { from, to }: Stretch, found: readonly Finding[], now: Date): Promise<number> {
  const { sql, tenantId } = tx
  const keys = JSON.stringify(found.map(({ cause, subject_id }) => ({ cause, subject_id })))
  const columns = sql`select b.id, b.source_id, b.source_charge_id, b.source_payment_intent_id, b.matched_id`
  const [created, paidOut] = linesOf(tx, { from, to })
  const closed = await sql`
    with lines as materialized (${columns} ${created as Fragment} union all ${columns} ${paidOut as Fragment}),
    touched as (select matched_id as id from lines where matched_id is not null),
    looked_at as (
      select id from touched
      union select id from lines
      union select source_id from lines
      union select source_charge_id from lines
      union select source_payment_intent_id from lines
      union select id from charges where tenant_id = ${tenantId} and created_at >= ${from} and created_at < ${to}
      union select id from refunds where tenant_id = ${tenantId} and created_at >= ${from} and created_at < ${to}
      union select id from disputes where tenant_id = ${tenantId} and created_at >= ${from} and created_at < ${to}
      union select id from payouts where tenant_id = ${tenantId} and created_at >= ${from} and created_at < ${to}
    )
    update exceptions e
       set status = 'closed', closed_at = ${now}
     where e.tenant_id = ${tenantId} and e.status = 'open'
       and e.subject_id in (select id from looked_at)
       and (e.cause <> 'STATUS_MISMATCH' or e.subject_id in (select id from touched))
       and not exists (
         select 1 from jsonb_to_recordset(${keys}::text::jsonb) as w(cause text, subject_id text)
          where w.cause = e.cause and w.subject_id = e.subject_id)
    returning e.id`
  return closed.length
}
