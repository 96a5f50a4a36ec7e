// Every difference of a stretch of time, each with one cause and one subject. A fault that shows in several places is
// listed where it arose: what is doubled, foreign or undecided is not also called too much, and so on down the list.
import type { Ctx, Tx } from '../context.ts'
import type { Finding } from './exception.ts'
import { linesOf, strangerOf } from './exception-subjects.ts'
import { findPayoutExceptions } from './find-payout-exceptions.ts'
import { type Fragment, lineFacts } from './line-facts.ts'
import type { Stretch } from './read-feed.ts'
import { COUNTERPART_CATEGORIES, KNOWN_CATEGORIES } from './reporting-categories.ts'

/** Business time that Stripe may take until a settled charge has its balance line (asynchronous capture). */
export const LINE_DUE_AFTER_MS = 15 * 60_000
/** A charge that is still being sent after this long is one that nobody decided. */
const UNDECIDED_AFTER_MS = 3_600_000
/** More differences than this are a fault of the whole, not of rows. */
export const FINDINGS_MAX = 50_000

export type Findings = { found: Finding[]; truncated: boolean }

/** Finds; changes nothing. `now` is business time. */
export async function findExceptions(ctx: Ctx, tx: Tx, stretch: Stretch): Promise<Findings> {
  const now = ctx.clock.now()
  const lists = [
    await unknownOutcomes(tx, stretch, new Date(now.getTime() - UNDECIDED_AFTER_MS)),
    await differencesOfMatched(tx, stretch, new Date(now.getTime() - LINE_DUE_AFTER_MS)),
    await missingInStripe(tx, stretch, new Date(now.getTime() - LINE_DUE_AFTER_MS)),
    await missingInVault(tx, stretch),
    await unknownCategories(tx, stretch),
  ]
  const found = lists.flat()
  const payouts = await findPayoutExceptions(tx, stretch, found)
  const all = [...found, ...payouts]
  return { found: all.slice(0, FINDINGS_MAX), truncated: all.length > FINDINGS_MAX }
}

/** Attempts that nobody decided, of charges `c`. */
const undecided = (tx: Tx, before: Date): Fragment => tx.sql`exists (
  select 1 from charge_attempts a
   where a.tenant_id = c.tenant_id and a.charge_id = c.id
     and (a.status in ('unknown', 'needs_review') or (a.status in ('created', 'sending') and a.created_at < ${before})))`

async function unknownOutcomes(tx: Tx, { from, to }: Stretch, before: Date): Promise<Finding[]> {
  return tx.sql<Finding[]>`
    select 'UNKNOWN_OUTCOME' as cause, 'charge' as subject_type, c.id as subject_id, c.id as charge_id,
           null as refund_id, null as balance_transaction_id, null as payout_id, c.amount as expected_amount,
           null::bigint as actual_amount, c.currency
      from charges c
     where c.tenant_id = ${tx.tenantId} and c.created_at >= ${from} and c.created_at < ${to} and ${undecided(tx, before)}
    union all
    select 'UNKNOWN_OUTCOME', 'refund', r.id, r.charge_id, r.id, null, null, -r.amount, null, r.currency
      from refunds r
     where r.tenant_id = ${tx.tenantId} and r.created_at >= ${from} and r.created_at < ${to}
       and (r.status in ('unknown', 'needs_review') or (r.status = 'sending' and r.created_at < ${before}))
     limit ${FINDINGS_MAX + 1}`
}

/** What has lines at Stripe: doubled, in another currency, of another state, or of another amount — the first that fits. */
async function differencesOfMatched(tx: Tx, stretch: Stretch, before: Date): Promise<Finding[]> {
  return tx.sql<Finding[]>`
    with things as (
      select l.matched_type, l.matched_id, min(l.charge_id) as charge_id, min(l.vault_status) as vault_status,
             min(l.vault_currency) as vault_currency, min(l.id) as line_id,
             min(l.id) filter (where l.twin) as twin_id,
             min(l.source_payment_intent_id) filter (
               where l.matched_type = 'charge' and l.source_payment_intent_id <> l.vault_payment_intent) as other_intent,
             bool_or(l.foreign_currency) as foreign_currency,
             min(l.currency) filter (where l.foreign_currency) as foreign_name,
             min(l.source_status) filter (where l.reporting_category in ('charge', 'refund')) as source_status,
             min(l.created_at) as first_at,
             coalesce(sum(l.amount) filter (where l.wants_counterpart and not l.twin), 0)::bigint as moved,
             coalesce(sum(l.difference) filter (where l.wants_counterpart and not l.twin), 0)::bigint as difference,
             count(*) filter (where l.wants_counterpart) as lines
        from (${lineFacts(tx, linesOf(tx, stretch))}) l
       where l.missing_at is null and l.matched_id is not null
       group by l.matched_type, l.matched_id
    ), judged as (
      select t.*, d.funds_withdrawn,
             case t.matched_type
               when 'charge' then exists (select 1 from charges c where c.tenant_id = ${tx.tenantId} and c.id = t.matched_id
                                          and ${undecided(tx, before)})
               when 'refund' then t.vault_status in ('unknown', 'needs_review', 'sending')
               else false
             end as undecided
        from things t
        left join disputes d on t.matched_type = 'dispute' and d.tenant_id = ${tx.tenantId} and d.id = t.matched_id
       where t.lines > 0
    ), named as (
      select j.*,
             case
               when undecided then null
               when foreign_currency then 'CURRENCY_MISMATCH'
               when matched_type = 'charge' and vault_status = 'succeeded' and (source_status = 'failed' or moved = 0)
                 then 'STATUS_MISMATCH'
               when matched_type = 'charge' and vault_status in ('declined', 'errored', 'expired', 'cancelled') and moved <> 0
                 then 'STATUS_MISMATCH'
               when matched_type = 'charge' and vault_status <> 'succeeded'
                 then case when moved <> 0 and first_at < ${before} then 'STATUS_MISMATCH' end
               when matched_type = 'refund' and vault_status = 'succeeded' and (source_status = 'failed' or moved = 0)
                 then 'STATUS_MISMATCH'
               when matched_type = 'refund' and vault_status in ('failed', 'cancelled')
                 then case when moved <> 0 then 'STATUS_MISMATCH' end
               when matched_type = 'dispute' and funds_withdrawn <> (moved <> 0) then 'STATUS_MISMATCH'
               when matched_type = 'dispute' and moved = 0 then null
               when difference > 0 and moved > 0 or difference < 0 and moved < 0 then 'AMOUNT_OVER'
               when difference <> 0 then 'AMOUNT_UNDER'
             end as cause
        from judged j
    )
    select cause, matched_type as subject_type, matched_id as subject_id, charge_id,
           case when matched_type = 'refund' then matched_id end as refund_id, line_id as balance_transaction_id,
           null as payout_id, case when cause like 'AMOUNT%' then moved - difference end as expected_amount,
           moved as actual_amount, coalesce(foreign_name, vault_currency) as currency
      from named where cause is not null
    union all
    select 'DUPLICATE', case when other_intent is null then matched_type else 'payment_intent' end,
           coalesce(other_intent, matched_id), charge_id, case when matched_type = 'refund' then matched_id end, twin_id,
           null, null, null, vault_currency
      from named where twin_id is not null
    limit ${FINDINGS_MAX + 1}`
}

/** Money that the vault knows to have moved, and of which no line is there (any more). */
async function missingInStripe(tx: Tx, { from, to }: Stretch, before: Date): Promise<Finding[]> {
  const { sql, tenantId } = tx
  // One look by index for each thing, whatever the planner believes about how many lines have a match.
  const lines = (thing: Fragment) => sql`
    left join lateral (
      select count(*) as lines, count(*) filter (where b.missing_at is null) as live from balance_transactions b
       where b.tenant_id = ${tenantId} and b.matched_id = ${thing}) b on true`
  const missing = (since: Fragment) => sql`b.live = 0 and (b.lines > 0 or ${since} < ${before})`
  return sql<Finding[]>`
    select 'MISSING_IN_STRIPE' as cause, 'charge' as subject_type, c.id as subject_id, c.id as charge_id,
           null as refund_id, null as balance_transaction_id, null as payout_id, c.amount_captured as expected_amount,
           0::bigint as actual_amount, c.currency
      from charges c ${lines(sql`c.id`)}
     where c.tenant_id = ${tenantId} and c.created_at >= ${from} and c.created_at < ${to} and c.status = 'succeeded'
       and c.amount_captured > 0 and ${missing(sql`coalesce(c.settled_at, c.created_at)`)}
    union all
    select 'MISSING_IN_STRIPE', 'refund', r.id, r.charge_id, r.id, null, null, -r.amount, 0, r.currency
      from refunds r ${lines(sql`r.id`)}
     where r.tenant_id = ${tenantId} and r.created_at >= ${from} and r.created_at < ${to} and r.status = 'succeeded'
       and ${missing(sql`coalesce(r.settled_at, r.created_at)`)}
    union all
    select 'MISSING_IN_STRIPE', 'dispute', d.id, d.charge_id, null, null, null, -d.amount, 0, d.currency
      from disputes d ${lines(sql`d.id`)}
     where d.tenant_id = ${tenantId} and d.created_at >= ${from} and d.created_at < ${to} and d.funds_withdrawn
       and ${missing(sql`d.updated_at`)}
    limit ${FINDINGS_MAX + 1}`
}

/** Lines that should have a row in the vault and have none: one difference for a charge with all that hangs on it. */
async function missingInVault(tx: Tx, stretch: Stretch): Promise<Finding[]> {
  const { sql } = tx
  const stranger = sql`b.matched_id is null and b.missing_at is null
    and b.reporting_category = any(${COUNTERPART_CATEGORIES as string[]})`
  return sql<Finding[]>`
    select 'MISSING_IN_VAULT' as cause, 'stripe_object' as subject_type, subject as subject_id, null as charge_id,
           null as refund_id, min(id) as balance_transaction_id, null as payout_id, 0::bigint as expected_amount,
           sum(amount)::bigint as actual_amount, min(currency) as currency
      from (select b.id, b.amount, b.currency, ${strangerOf(tx, sql`b`)} as subject
              from (${linesWhere(tx, stretch, stranger)}) b) strangers
     group by subject
     limit ${FINDINGS_MAX + 1}`
}

async function unknownCategories(tx: Tx, stretch: Stretch): Promise<Finding[]> {
  const { sql } = tx
  const unknown = sql`b.missing_at is null and b.reporting_category <> all(${KNOWN_CATEGORIES as string[]})`
  return sql<Finding[]>`
    select 'UNKNOWN_CATEGORY' as cause, 'balance_transaction' as subject_type, b.id as subject_id, null as charge_id,
           null as refund_id, b.id as balance_transaction_id, null as payout_id, null::bigint as expected_amount,
           b.amount as actual_amount, b.currency
      from (${linesWhere(tx, stretch, unknown)}) b
     limit ${FINDINGS_MAX + 1}`
}

/** Lines of the stretch that meet a condition, each once. */
function linesWhere(tx: Tx, stretch: Stretch, condition: Fragment): Fragment {
  const { sql } = tx
  const columns = sql`b.id, b.amount, b.currency, b.source_id, b.source_charge_id`
  const [first, ...more] = linesOf(tx, stretch).map(from => sql`select ${columns} ${from} and ${condition}`)
  return more.reduce((all, one) => sql`${all} union ${one}`, first as Fragment)
}
