// The proof that nothing was passed over: every balance line of a stretch is classed, and every settled charge has its
// line — or is listed as an exception. What is neither is counted here, and should be nothing.
import { z } from 'zod'
import type { Ctx, Tx } from '../context.ts'
import { parseInput } from '../parse-input.ts'
import { requirePermission } from '../permissions.ts'
import { read } from '../write.ts'
import { strangerOf } from './exception-subjects.ts'
import { LINE_DUE_AFTER_MS } from './find-exceptions.ts'
import { caughtUpTo, type Stretch } from './read-feed.ts'
import { stretchInput, stretchOf } from './reconciliation.ts'
import { COUNTERPART_CATEGORIES, headingOf, KNOWN_CATEGORIES } from './reporting-categories.ts'
import { LINES_FEED, PAYOUTS_FEED } from './sync-mirror.ts'

export const coverageQuery = z.strictObject(stretchInput)

const count = z.int().min(0)
const things = z.object({
  settled: count,
  matched: count,
  waiting: count.describe('Settled so lately that Stripe may still be about to show the line.'),
  listed: count.describe('Open exceptions.'),
  unaccounted: count,
})

export const coverageSchema = z
  .object({
    object: z.literal('coverage'),
    from: z.iso.datetime(),
    to: z.iso.datetime(),
    complete: z.boolean().describe('Nothing is unaccounted for, and the mirror reaches the end of the stretch.'),
    mirrored_until: z
      .object({ balance_transactions: z.iso.datetime().nullable(), payouts: z.iso.datetime().nullable() })
      .describe('Everything that Stripe made before these times has been read.'),
    balance_transactions: z.object({
      total: count,
      matched: count,
      by_itself: count.describe('Fees, payouts and the like: Stripe’s own doing, classed by category.'),
      listed: count.describe('Open exceptions.'),
      unaccounted: count,
    }),
    categories: z.array(z.object({ reporting_category: z.string(), heading: z.string(), count })),
    charges: things,
    refunds: things,
  })
  .meta({ id: 'Coverage' })

export type Coverage = z.infer<typeof coverageSchema>

/** @throws insufficient_scope, validation_failed */
export async function getCoverage(ctx: Ctx, query: unknown): Promise<Coverage> {
  requirePermission(ctx, 'getCoverage')
  const stretch = stretchOf(parseInput(coverageQuery, query))
  const due = new Date(ctx.clock.now().getTime() - LINE_DUE_AFTER_MS)
  return read(ctx, async tx => {
    const lines = await linesCovered(tx, stretch)
    const categories = await categoriesOf(tx, stretch)
    const charges = await covered(tx, stretch, due, 'charge')
    const refunds = await covered(tx, stretch, due, 'refund')
    const linesUntil = await caughtUpTo(tx, LINES_FEED)
    const payoutsUntil = await caughtUpTo(tx, PAYOUTS_FEED)
    const nothingLeft = lines.unaccounted + charges.unaccounted + refunds.unaccounted === 0
    const reached =
      linesUntil !== null && payoutsUntil !== null && linesUntil >= stretch.to && payoutsUntil >= stretch.to
    return {
      object: 'coverage',
      from: stretch.from.toISOString(),
      to: stretch.to.toISOString(),
      complete: nothingLeft && reached,
      mirrored_until: {
        balance_transactions: linesUntil?.toISOString() ?? null,
        payouts: payoutsUntil?.toISOString() ?? null,
      },
      balance_transactions: lines,
      categories,
      charges,
      refunds,
    }
  })
}

async function linesCovered(tx: Tx, { from, to }: Stretch): Promise<Coverage['balance_transactions']> {
  const { sql, tenantId } = tx
  const [row] = await sql<Coverage['balance_transactions'][]>`
    select count(*) as total,
           count(*) filter (where not listed and matched) as matched,
           count(*) filter (where not listed and not matched and by_itself) as by_itself,
           count(*) filter (where listed) as listed,
           count(*) filter (where not listed and not matched and not by_itself) as unaccounted
      from (
        select b.matched_id is not null as matched,
               b.reporting_category = any(${KNOWN_CATEGORIES as string[]})
                 and b.reporting_category <> all(${COUNTERPART_CATEGORIES as string[]}) as by_itself,
               exists (select 1 from exceptions e
                        where e.tenant_id = ${tenantId} and e.status = 'open'
                          and (e.balance_transaction_id = b.id or e.subject_id = b.id or e.subject_id = b.matched_id
                               or (b.matched_id is null and e.subject_id = ${strangerOf(tx, sql`b`)}))) as listed
          from balance_transactions b
         where b.tenant_id = ${tenantId} and b.created_at >= ${from} and b.created_at < ${to} and b.missing_at is null
      ) lines`
  return row as Coverage['balance_transactions']
}

async function categoriesOf(tx: Tx, { from, to }: Stretch): Promise<Coverage['categories']> {
  const rows = await tx.sql<{ reporting_category: string; count: number }[]>`
    select reporting_category, count(*) as count from balance_transactions
     where tenant_id = ${tx.tenantId} and created_at >= ${from} and created_at < ${to} and missing_at is null
     group by reporting_category order by reporting_category`
  return rows.map(row => ({ ...row, heading: headingOf(row.reporting_category) }))
}

async function covered(
  tx: Tx,
  { from, to }: Stretch,
  due: Date,
  type: 'charge' | 'refund',
): Promise<Coverage['charges']> {
  const { sql, tenantId } = tx
  const source = type === 'charge' ? sql`charges t` : sql`refunds t`
  const moved = type === 'charge' ? sql`and t.amount_captured > 0` : sql``
  const [row] = await sql<Coverage['charges'][]>`
    select count(*) as settled,
           count(*) filter (where matched) as matched,
           count(*) filter (where not matched and not listed and waiting) as waiting,
           count(*) filter (where not matched and listed) as listed,
           count(*) filter (where not matched and not listed and not waiting) as unaccounted
      from (
        select exists (select 1 from balance_transactions b
                        where b.tenant_id = ${tenantId} and b.matched_type = ${type} and b.matched_id = t.id
                          and b.missing_at is null) as matched,
               exists (select 1 from exceptions e
                        where e.tenant_id = ${tenantId} and e.status = 'open' and e.subject_id = t.id) as listed,
               coalesce(t.settled_at, t.created_at) >= ${due} as waiting
          from ${source}
         where t.tenant_id = ${tenantId} and t.created_at >= ${from} and t.created_at < ${to}
           and t.status = 'succeeded' ${moved}
      ) things`
  return row as Coverage['charges']
}
