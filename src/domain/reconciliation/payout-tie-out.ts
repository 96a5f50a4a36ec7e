// The three-way comparison of a payout: what the vault charged and refunded, what Stripe's balance lines say, and the
// amount that was paid out. The variance is always shown, and so are the rows that make it.
import { z } from 'zod'
import type { Tx } from '../context.ts'
import { linesOfPayouts } from './exception-subjects.ts'
import { type LineFacts, lineFacts } from './line-facts.ts'
import { headingOf } from './reporting-categories.ts'

/** Rows that make a variance, shown for one payout; `differences_truncated` says when there are more. */
export const DIFFERENCES_MAX = 500

const money = z.int().describe("Minor units of the payout's currency, + into the account.")

export const tieOutSchema = z.object({
  vault: z
    .object({ charges: money, refunds: money, disputes: money, total: money })
    .describe('What the vault expects.'),
  stripe: z
    .array(
      z.object({
        reporting_category: z.string(),
        heading: z.string(),
        count: z.int(),
        gross: money,
        fee: money,
        net: money,
      }),
    )
    .describe("Stripe's balance lines by reporting category, the payout's own line left out."),
  rows: z.int(),
  computed_net: money.describe('The sum of the lines.'),
  variance_vault: money.describe("Stripe's lines less what the vault expects of them."),
  variance_payout: money.describe('The amount of the payout less the sum of its lines.'),
  variance: money.describe(
    'The amount of the payout less what the vault expects of it, fees taken off: the two together.',
  ),
  balanced: z.boolean().describe('Whether both variances are 0 and no single row differs.'),
})

export type TieOut = z.infer<typeof tieOutSchema>

export const differenceSchema = z.object({
  balance_transaction: z.string(),
  reporting_category: z.string(),
  amount: z.int(),
  fee: z.int(),
  net: z.int(),
  currency: z.string(),
  expected: z.int(),
  difference: z.int(),
  reason: z.enum(['missing_in_stripe', 'missing_in_vault', 'duplicate', 'currency', 'amount', 'unknown_category']),
  charge: z.string().nullable(),
  matched: z.object({ type: z.string(), id: z.string() }).nullable(),
  source: z.string().nullable().describe("Stripe's id of what made the line."),
})

export type Difference = z.infer<typeof differenceSchema>

type CategorySum = {
  payout_id: string
  reporting_category: string
  count: number
  gross: number
  fee: number
  net: number
  expected: number
  difference: number
  differing: number
}

type Payout = { id: string; amount: number }

/** The tie-outs of payouts whose rows have been listed, by payout. */
export async function tieOutsOf(tx: Tx, payouts: readonly Payout[]): Promise<Map<string, TieOut>> {
  const ids = payouts.map(({ id }) => id)
  const sums = await tx.sql<CategorySum[]>`
    select pr.payout_id, l.reporting_category,
           count(*) filter (where l.missing_at is null) as count,
           coalesce(sum(l.amount) filter (where l.missing_at is null), 0)::bigint as gross,
           coalesce(sum(l.fee) filter (where l.missing_at is null), 0)::bigint as fee,
           coalesce(sum(l.net) filter (where l.missing_at is null), 0)::bigint as net,
           coalesce(sum(l.expected) filter (where l.wants_counterpart), 0)::bigint as expected,
           coalesce(sum(l.difference), 0)::bigint as difference,
           count(*) filter (where ${differs(tx)}) as differing
      from (${lineFacts(tx, linesOfPayouts(tx, ids))}) l
      join payout_rows pr on pr.tenant_id = ${tx.tenantId} and pr.balance_transaction_id = l.id and pr.payout_id = any(${ids})
      join payouts p on p.tenant_id = pr.tenant_id and p.id = pr.payout_id
     where l.in_scope and l.id is distinct from p.balance_transaction_id and l.source_id is distinct from p.id
     group by pr.payout_id, l.reporting_category
     order by pr.payout_id, l.reporting_category`
  return new Map(
    payouts.map(payout => [
      payout.id,
      tieOutOf(
        payout,
        sums.filter(sum => sum.payout_id === payout.id),
      ),
    ]),
  )
}

/** The rows of one payout that make its variance. */
export async function differencesOf(tx: Tx, payoutId: string): Promise<{ data: Difference[]; truncated: boolean }> {
  const rows = await tx.sql<LineFacts[]>`
    select l.* from (${lineFacts(tx, linesOfPayouts(tx, [payoutId]))}) l
      join payouts p on p.tenant_id = ${tx.tenantId} and p.id = ${payoutId}
     where l.in_scope and ${differs(tx)} and l.id is distinct from p.balance_transaction_id and l.source_id is distinct from p.id
     order by l.created_at, l.id limit ${DIFFERENCES_MAX + 1}`
  return { data: rows.slice(0, DIFFERENCES_MAX).map(showDifference), truncated: rows.length > DIFFERENCES_MAX }
}

/** A line counts as a difference when it is gone, of no known kind, in a strange currency, or not as expected. */
const differs = ({ sql }: Tx) =>
  sql`(l.difference <> 0 or l.missing_at is not null or l.foreign_currency or not l.known)`

function tieOutOf(payout: Payout, sums: readonly CategorySum[]): TieOut {
  const under = (heading: string) =>
    total(sums.filter(sum => headingOf(sum.reporting_category) === heading).map(sum => sum.expected))
  const vault = { charges: under('charges'), refunds: under('refunds'), disputes: under('disputes') }
  const computed = total(sums.map(sum => sum.net))
  const varianceVault = total(sums.map(sum => sum.difference))
  const variancePayout = payout.amount - computed
  const differing = total(sums.map(sum => sum.differing))
  return {
    vault: { ...vault, total: vault.charges + vault.refunds + vault.disputes },
    stripe: sums
      .filter(sum => sum.count > 0)
      .map(({ reporting_category, count, gross, fee, net }) => ({
        reporting_category,
        heading: headingOf(reporting_category),
        count,
        gross,
        fee,
        net,
      })),
    rows: total(sums.map(sum => sum.count)),
    computed_net: computed,
    variance_vault: varianceVault,
    variance_payout: variancePayout,
    variance: varianceVault + variancePayout,
    balanced: varianceVault === 0 && variancePayout === 0 && differing === 0,
  }
}

const total = (amounts: readonly number[]) => amounts.reduce((sum, amount) => sum + amount, 0)

function showDifference(line: LineFacts): Difference {
  return {
    balance_transaction: line.id,
    reporting_category: line.reporting_category,
    amount: line.missing_at ? 0 : line.amount,
    fee: line.missing_at ? 0 : line.fee,
    net: line.missing_at ? 0 : line.net,
    currency: line.currency,
    expected: line.expected,
    difference: line.difference,
    reason: reasonOf(line),
    charge: line.charge_id,
    matched: line.matched_type && line.matched_id ? { type: line.matched_type, id: line.matched_id } : null,
    source: line.source_id,
  }
}

function reasonOf(line: LineFacts): Difference['reason'] {
  if (line.missing_at) return 'missing_in_stripe'
  if (!line.known) return 'unknown_category'
  if (line.matched_id === null) return 'missing_in_vault'
  if (line.twin) return 'duplicate'
  return line.foreign_currency ? 'currency' : 'amount'
}
