// Finds the vault's row of each balance line by exact keys, in one order: Stripe's source as the vault knows it, then
// the payment intent, then our own id in the source's metadata. Amounts and times never decide.
import type { Ctx } from '../context.ts'

/** Lines for one statement, so that each stays far below the 15 s that a statement may take. */
const BATCH_LINES = 20_000

export type MatchCounts = { looked: number; matched: number }

/** Matches every line of the tenant that has no match yet. */
export async function matchLines(ctx: Ctx, onProgress: (counts: MatchCounts) => void = () => {}): Promise<MatchCounts> {
  const counts: MatchCounts = { looked: 0, matched: 0 }
  let after = ''
  for (;;) {
    const batch = await matchBatch(ctx, after)
    if (batch.looked === 0 || batch.last === null) return counts
    counts.looked += batch.looked
    counts.matched += batch.matched
    after = batch.last
    onProgress({ ...counts })
  }
}

async function matchBatch(ctx: Ctx, after: string): Promise<{ looked: number; matched: number; last: string | null }> {
  const { tenantId } = ctx
  const [row] = await ctx.db.transaction(
    tenantId,
    tx => tx.sql<{ looked: number; matched: number; last: string | null }[]>`
    with batch as (
      select id, reporting_category, source_id, source_charge_id, source_payment_intent_id, source_attempt_id
        from balance_transactions
       where tenant_id = ${tenantId} and id > ${after} and matched_id is null and missing_at is null
       order by id limit ${BATCH_LINES}
    ), found as (
      select b.id, 1 as rank, 'source' as rule, 'charge' as type, c.id as thing
        from batch b join charges c on c.tenant_id = ${tenantId} and c.stripe_charge_id = b.source_id
      union all
      select b.id, 1, 'source', 'refund', r.id
        from batch b join refunds r on r.tenant_id = ${tenantId} and r.stripe_refund_id = b.source_id
      union all
      select b.id, 1, 'source', 'dispute', d.id
        from batch b join disputes d on d.tenant_id = ${tenantId} and d.stripe_dispute_id = b.source_id
      union all
      select b.id, 2, 'source_charge', 'charge', c.id
        from batch b join charges c on c.tenant_id = ${tenantId} and c.stripe_charge_id = b.source_charge_id
       where b.reporting_category = 'partial_capture_reversal'
      union all
      select b.id, 3, 'payment_intent', 'charge', c.id
        from batch b join charges c on c.tenant_id = ${tenantId} and c.stripe_payment_intent_id = b.source_payment_intent_id
       where b.source_id = b.source_charge_id
      union all
      select b.id, 4, 'metadata', 'charge', a.charge_id
        from batch b join charge_attempts a on a.tenant_id = ${tenantId} and a.id = b.source_attempt_id
       where b.source_id = b.source_charge_id
      union all
      select b.id, 4, 'metadata', 'refund', r.id
        from batch b join refunds r on r.tenant_id = ${tenantId} and r.id = b.source_attempt_id
       where b.source_id is distinct from b.source_charge_id
    ), best as (
      select distinct on (id) id, rule, type, thing from found order by id, rank, thing
    ), matched as (
      update balance_transactions t
         set matched_type = best.type, matched_id = best.thing, match_rule = best.rule
        from best where t.tenant_id = ${tenantId} and t.id = best.id
      returning t.id
    )
    select (select count(*) from batch) as looked, (select count(*) from matched) as matched,
           (select max(id) from batch) as last`,
  )
  return row ?? { looked: 0, matched: 0, last: null }
}
