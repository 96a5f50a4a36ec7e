// Each balance line beside what the vault expects of it, as one piece of SQL that the tie-out, the exceptions and the
// exports share. Amounts are signed as Stripe signs them: + into the account.
import type { PendingQuery, Row } from 'postgres'
import type { Tx } from '../context.ts'
import { COUNTERPART_CATEGORIES, KNOWN_CATEGORIES } from './reporting-categories.ts'

/** A piece of SQL that is put into a larger one. */
export type Fragment = PendingQuery<Row[]>

/** Which lines are wanted: `from … where …` clauses over balance_transactions `b`, of which any may bring a line. */
export type LineScope = readonly Fragment[]

/** A line as `select * from (lineFacts) lines` gives it. */
export type LineFacts = {
  id: string
  created_at: Date
  available_on: Date
  type: string
  status: string
  reporting_category: string
  amount: number
  fee: number
  net: number
  currency: string
  source_id: string | null
  source_charge_id: string | null
  source_payment_intent_id: string | null
  source_status: string | null
  presentment_amount: number | null
  presentment_currency: string | null
  missing_at: Date | null
  matched_type: 'charge' | 'refund' | 'dispute' | null
  matched_id: string | null
  match_rule: string | null
  charge_id: string | null
  vault_payment_intent: string | null
  vault_status: string | null
  vault_currency: string | null
  /** False for a line that is here only because another of the same thing is wanted. */
  in_scope: boolean
  /** What the vault has for it, in the vault's currency. */
  vault_amount: number | null
  /** Whether Stripe converted the payment's currency to the account's. */
  converted: boolean
  /** Currencies that differ without a conversion to explain it. */
  foreign_currency: boolean
  known: boolean
  wants_counterpart: boolean
  /** Another line of the same kind for the same thing came before. */
  twin: boolean
  /** What the vault expects of the line, in the line's currency; the line's own amount where the vault has no say. */
  expected: number
  /** What the line adds to the account beyond that; for a line that is gone, what it fails to add. */
  difference: number
}

/**
 * The lines of a scope and all others of the same things, with their facts. The columns are worked out in steps that
 * the planner cannot fold into each other, and nothing is joined on a guess of how many lines have a match.
 */
export function lineFacts(tx: Tx, scope: LineScope): Fragment {
  return tx.sql`
    select f.*, case when f.missing_at is null then f.amount - f.expected else -f.expected end as difference
      from (
        select g.*,
               case
                 when not g.wants_counterpart then case when g.missing_at is null then g.amount else 0 end
                 when g.matched_id is null or g.twin then 0
                 when g.currency = g.vault_currency then coalesce(g.vault_amount, 0)
                 when g.converted and not g.foreign_currency
                      and (abs(g.vault_amount) = abs(coalesce(g.presentment_amount, g.vault_amount))
                           -- What was not captured has no amount of its own at Stripe: a unit is lost in converting it.
                           or g.reporting_category = 'partial_capture_reversal'
                              and abs(g.amount - round(g.vault_amount * g.rate)) <= 1) then g.amount
                 else round(coalesce(g.vault_amount, 0) * coalesce(g.rate, 1))::bigint
               end as expected
          from (${vaultSide(tx, scope)} offset 0) g
         offset 0
      ) f`
}

function vaultSide(tx: Tx, scope: LineScope): Fragment {
  const { sql, tenantId } = tx
  return sql`
    select b.*,
           coalesce(c.id, r.charge_id, d.charge_id) as charge_id,
           c.stripe_payment_intent_id as vault_payment_intent,
           coalesce(c.status, r.status, d.status) as vault_status,
           coalesce(c.currency, r.currency, d.currency) as vault_currency,
           case b.reporting_category
             when 'charge' then case when b.reversed and c.status = 'succeeded' then c.amount else c.amount_captured end
             when 'charge_failure' then -c.amount
             when 'partial_capture_reversal' then c.amount_captured - c.amount
             when 'refund' then -r.amount
             when 'refund_failure' then r.amount
             when 'dispute' then -d.amount
             when 'dispute_reversal' then d.amount
           end as vault_amount,
           coalesce(b.rate is not null and b.currency <> coalesce(c.currency, r.currency, d.currency), false) as converted,
           coalesce(b.presentment_currency <> coalesce(c.currency, r.currency, d.currency), false)
             or coalesce(b.rate is null and b.currency <> coalesce(c.currency, r.currency, d.currency), false)
             as foreign_currency,
           b.reporting_category = any(${KNOWN_CATEGORIES as string[]}) as known,
           b.reporting_category = any(${COUNTERPART_CATEGORIES as string[]}) as wants_counterpart
      from (${withSiblings(tx, scope)}) b
      left join charges c on b.matched_type = 'charge' and c.tenant_id = ${tenantId} and c.id = b.matched_id
      left join refunds r on b.matched_type = 'refund' and r.tenant_id = ${tenantId} and r.id = b.matched_id
      left join disputes d on b.matched_type = 'dispute' and d.tenant_id = ${tenantId} and d.id = b.matched_id`
}

/** Each thing's lines stand together, so that a twin is the one that comes after, and a reversal is seen. */
function withSiblings({ sql, tenantId }: Tx, scope: LineScope): Fragment {
  const columns = sql`
    b.id, b.created_at, b.available_on, b.type, b.status, b.reporting_category, b.amount, b.fee, b.net, b.currency,
    b.source_id, b.source_charge_id, b.source_payment_intent_id, b.source_status, b.presentment_amount,
    b.presentment_currency, b.missing_at, b.matched_type, b.matched_id, b.match_rule,
    (b.raw ->> 'exchange_rate')::numeric as rate`
  const [first, ...more] = scope.map(from => sql`select ${columns}, true as in_scope ${from}`)
  const wanted = more.reduce((all, one) => sql`${all} union all ${one}`, first as Fragment)
  return sql`
    with wanted as materialized (${wanted}),
    things as materialized (select distinct matched_id from wanted where matched_id is not null),
    siblings as (
      select ${columns}, false as in_scope
        from things join balance_transactions b on b.tenant_id = ${tenantId} and b.matched_id = things.matched_id
    )
    select distinct_lines.*,
           missing_at is null and matched_id is not null and row_number() over (
             partition by matched_id, reporting_category, missing_at is null order by created_at, id) > 1 as twin,
           bool_or(reporting_category = 'partial_capture_reversal' and missing_at is null)
             over (partition by matched_id) and matched_id is not null as reversed
      from (
        select distinct on (id) * from (select * from wanted union all select * from siblings) all_lines
         order by id, in_scope desc
      ) distinct_lines`
}
