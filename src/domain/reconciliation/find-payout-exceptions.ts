// Payouts whose rows do not add up, unless another exception says already why; and payouts that nobody can attribute.
import type { Tx } from '../context.ts'
import type { Finding } from './exception.ts'
import { linesOfPayouts } from './exception-subjects.ts'
import { lineFacts } from './line-facts.ts'
import type { Stretch } from './read-feed.ts'

type PayoutSum = { id: string; amount: number; currency: string; computed: number; created_at: Date }

/** What gone rows, and doubled or changed ones, add to an amount less the sum of its rows. */
export type Explanation = { gone: number; changed: number }

/** What Stripe keeps of a charge that left no line: at most a tenth of it and a fixed part. */
const FEE_SHARE_MAX = 0.1
const FEE_FIXED_MAX = 100
/** Money waits for its payout for a month at most (monthly payouts), and some days more. */
const PENDING_MAX_MS = 40 * 86_400_000

/** `found` are the differences of rows, of which a payout's variance may be the mere consequence. */
export async function findPayoutExceptions(tx: Tx, stretch: Stretch, found: readonly Finding[]): Promise<Finding[]> {
  const findings = await unattributable(tx, stretch)
  for (const payout of await unbalanced(tx, stretch)) {
    const variance = payout.amount - payout.computed
    if (isExplained(variance, await explanations(tx, payout.id), await neverSeen(tx, payout, found))) continue
    findings.push({
      cause: 'PAYOUT_SUM_MISMATCH',
      subject_type: 'payout',
      subject_id: payout.id,
      charge_id: null,
      refund_id: null,
      balance_transaction_id: null,
      payout_id: payout.id,
      expected_amount: payout.amount,
      actual_amount: payout.computed,
      currency: payout.currency,
    })
  }
  return findings
}

function unattributable(tx: Tx, { from, to }: Stretch): Promise<Finding[]> {
  return tx.sql<Finding[]>`
    select 'PAYOUT_UNATTRIBUTABLE' as cause, 'payout' as subject_type, id as subject_id, null as charge_id,
           null as refund_id, balance_transaction_id, id as payout_id, null::bigint as expected_amount,
           amount as actual_amount, currency
      from payouts
     where tenant_id = ${tx.tenantId} and created_at >= ${from} and created_at < ${to} and not automatic
       and status not in ('failed', 'canceled') and raw ->> 'original_payout' is null
     order by created_at, id`
}

function unbalanced(tx: Tx, { from, to }: Stretch): Promise<PayoutSum[]> {
  return tx.sql<PayoutSum[]>`
    select p.id, p.amount, p.currency, p.created_at, coalesce(s.net, 0)::bigint as computed
      from payouts p
      left join lateral (
        select sum(b.net) as net
          from payout_rows pr
          join balance_transactions b on b.tenant_id = pr.tenant_id and b.id = pr.balance_transaction_id
         where pr.tenant_id = p.tenant_id and pr.payout_id = p.id and b.missing_at is null
           and b.id is distinct from p.balance_transaction_id and b.source_id is distinct from p.id) s on true
     where p.tenant_id = ${tx.tenantId} and p.created_at >= ${from} and p.created_at < ${to} and p.automatic
       and p.reconciliation_status = 'completed' and p.rows_listed_at is not null and p.amount <> coalesce(s.net, 0)
     order by p.created_at, p.id`
}

/** By how much the rows that are exceptions of their own put the sum out. */
async function explanations(tx: Tx, payoutId: string): Promise<Explanation> {
  const [row] = await tx.sql<Explanation[]>`
    select coalesce(sum(net) filter (where missing_at is not null), 0)::bigint as gone,
           coalesce(sum(case when twin then -net else -difference end) filter (where missing_at is null), 0)::bigint as changed
      from (${lineFacts(tx, linesOfPayouts(tx, [payoutId]))}) l
     where in_scope and matched_id is not null`
  return row ?? { gone: 0, changed: 0 }
}

/** Gross of charges and refunds that left no line at all, from the time that a payout can hold. */
async function neverSeen(tx: Tx, payout: PayoutSum, found: readonly Finding[]): Promise<number[]> {
  const missing = found.filter(({ cause, currency }) => cause === 'MISSING_IN_STRIPE' && currency === payout.currency)
  if (missing.length === 0) return []
  const ids = missing.map(finding => finding.subject_id)
  const since = new Date(payout.created_at.getTime() - PENDING_MAX_MS)
  const rows = await tx.sql<{ id: string }[]>`
    select t.id
      from (select id, created_at from charges where tenant_id = ${tx.tenantId} and id = any(${ids})
            union all
            select id, created_at from refunds where tenant_id = ${tx.tenantId} and id = any(${ids})) t
     where t.created_at >= ${since} and t.created_at < ${payout.created_at}
       and not exists (select 1 from balance_transactions b where b.tenant_id = ${tx.tenantId} and b.matched_id = t.id)`
  const unseen = new Set(rows.map(row => row.id))
  return missing.filter(({ subject_id }) => unseen.has(subject_id)).map(finding => finding.expected_amount ?? 0)
}

/**
 * Whether a variance (minor units) is what other exceptions come to: rows that are gone always put the sum out, doubled
 * and changed ones did unless they were so when the payout was made. What they leave may be the net of one payment that
 * never had a row, of which only the gross is known. A sum that merely could be made of some of them is not believed.
 */
export function isExplained(
  variance: number,
  { gone, changed }: Explanation,
  neverSeenGross: readonly number[],
): boolean {
  const rests = [variance - gone - changed, variance - gone]
  if (rests.includes(0)) return true
  return rests.some(rest => neverSeenGross.some(gross => couldBeNetOf(rest, gross)))
}

function couldBeNetOf(net: number, gross: number): boolean {
  if (net === 0 || Math.sign(net) !== Math.sign(gross)) return false
  const fee = gross - net
  return fee === 0 || (gross > 0 && fee > 0 && fee <= gross * FEE_SHARE_MAX + FEE_FIXED_MAX)
}
