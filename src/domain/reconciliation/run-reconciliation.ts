// Carries a reconciliation out: mirror up to now, read its stretch again, match, find and keep the differences.
import { appendAudit } from '../audit/append.ts'
import type { Ctx, Tx } from '../context.ts'
import { requirePermission } from '../permissions.ts'
import { write } from '../write.ts'
import type { Finding } from './exception.ts'
import { findExceptions } from './find-exceptions.ts'
import { loadReconciliation } from './get-reconciliation.ts'
import { matchLines } from './match.ts'
import { tieOutsOf } from './payout-tie-out.ts'
import type { Stretch } from './read-feed.ts'
import { type ReconciliationRow, type ReconciliationView, type Summary, showReconciliation } from './reconciliation.ts'
import { insertReconciliation, startedAudit } from './start-reconciliation.ts'
import { storeExceptions } from './store-exceptions.ts'
import { rereadStretch, syncMirror } from './sync-mirror.ts'

export type ReconciliationStep = 'mirror' | 'match' | 'find'
export type StepProgress = (step: ReconciliationStep, read: { feed?: string; items: number }) => void

/** Comparing a year of a large account takes longer than any request may. */
const COMPARE_TIMEOUT_MS = 300_000
/** Enough for some hundred thousand lines without a sort on disk. */
const COMPARE_MEMORY = '64MB'
/** Payouts whose tie-out is counted in the summary. */
const PAYOUTS_MAX = 1_000

/** The job of `startReconciliation`; run again after a crash, it goes on where it was. @throws StripeFailure */
export async function runReconciliation(ctx: Ctx, id: string, onProgress?: StepProgress): Promise<void> {
  const row = await ctx.db.transaction(ctx.tenantId, async tx => {
    const row = await loadReconciliation(tx, id)
    if (row.status === 'queued') await setStatus(tx, id, 'running')
    return row
  })
  if (row.status === 'completed' || row.status === 'failed') return
  await carryOut(ctx, row, onProgress)
}

/** Reconciles at once, for an operator who waits. @throws insufficient_scope, stripe_unavailable, StripeFailure */
export async function reconcileNow(ctx: Ctx, stretch: Stretch, onProgress?: StepProgress): Promise<ReconciliationView> {
  requirePermission(ctx, 'startReconciliation')
  const row = await write(ctx, async tx => {
    const row = await insertReconciliation(tx, ctx, stretch, 'running')
    return { value: row, audit: startedAudit(row) }
  })
  try {
    await carryOut(ctx, row, onProgress)
  } catch (error) {
    await failReconciliation(ctx, row.id, 'interrupted')
    throw error
  }
  return showReconciliation(await ctx.db.transaction(ctx.tenantId, tx => loadReconciliation(tx, row.id)))
}

/** Marks a reconciliation that will not be tried again. */
export async function failReconciliation(ctx: Ctx, id: string, code: string): Promise<void> {
  await write(ctx, async tx => {
    await tx.sql`
      update reconciliations set status = 'failed', error_code = ${code}, finished_at = ${ctx.clock.now()}
       where tenant_id = ${ctx.tenantId} and id = ${id} and status in ('queued', 'running')`
    const object = { type: 'reconciliation', id }
    return { value: null, audit: { action: 'reconciliation.fail', object, outcome: 'failed', details: { code } } }
  })
}

async function carryOut(ctx: Ctx, row: ReconciliationRow, onProgress: StepProgress = () => {}): Promise<void> {
  const stretch = { from: row.from, to: row.to }
  const mirrored = (read: { feed: string; items: number }) => onProgress('mirror', read)
  await syncMirror(ctx, mirrored)
  await rereadStretch(ctx, row.id, stretch, mirrored)
  await matchLines(ctx, ({ looked }) => onProgress('match', { items: looked }))
  await ctx.db.transaction(ctx.tenantId, async tx => {
    await prepareToCompare(tx)
    // One comparison of a tenant at a time: two would open the same exception and wait for each other.
    await tx.sql`select pg_advisory_xact_lock(hashtextextended('reconciling:' || ${ctx.tenantId}, 0))`
    const findings = await findExceptions(ctx, tx, stretch)
    onProgress('find', { items: findings.found.length })
    const exceptions = await storeExceptions(ctx, tx, stretch, findings)
    const summary = await summarize(
      tx,
      stretch,
      { ...exceptions, by_cause: byCause(findings.found) },
      findings.truncated,
    )
    await complete(tx, ctx, row.id, summary)
  })
}

/** A comparison sorts whole stretches; the pool's other transactions keep their own limits. */
export async function prepareToCompare(tx: Tx): Promise<void> {
  await tx.sql.unsafe(`set local statement_timeout = ${COMPARE_TIMEOUT_MS}; set local work_mem = '${COMPARE_MEMORY}'`)
}

async function complete(tx: Tx, ctx: Ctx, id: string, summary: Summary): Promise<void> {
  await tx.sql`
    update reconciliations
       set status = 'completed', summary = ${JSON.stringify(summary)}::text::jsonb, error_code = null,
           finished_at = ${ctx.clock.now()}
     where tenant_id = ${ctx.tenantId} and id = ${id}`
  const { opened, closed } = summary.exceptions
  await appendAudit(tx, ctx, {
    action: 'reconciliation.complete',
    object: { type: 'reconciliation', id },
    details: { opened, closed, lines: summary.balance_transactions, payouts: summary.payouts },
  })
  if (opened > 0) ctx.meter.count('alerts', { name: 'reconciliation_exceptions' }, opened)
}

async function summarize(
  tx: Tx,
  { from, to }: Stretch,
  exceptions: Summary['exceptions'],
  truncated: boolean,
): Promise<Summary> {
  const [lines] = await tx.sql<{ total: number; matched: number }[]>`
    select count(*) as total, count(matched_id) as matched from balance_transactions
     where tenant_id = ${tx.tenantId} and created_at >= ${from} and created_at < ${to} and missing_at is null`
  const payouts = await tx.sql<{ id: string; amount: number; listed: boolean }[]>`
    select id, amount, automatic and rows_listed_at is not null as listed from payouts
     where tenant_id = ${tx.tenantId} and created_at >= ${from} and created_at < ${to}
     order by created_at desc limit ${PAYOUTS_MAX}`
  const tieOuts = await tieOutsOf(
    tx,
    payouts.filter(({ listed }) => listed),
  )
  return {
    balance_transactions: lines?.total ?? 0,
    matched: lines?.matched ?? 0,
    payouts: payouts.length,
    balanced_payouts: [...tieOuts.values()].filter(({ balanced }) => balanced).length,
    exceptions,
    truncated,
  }
}

function byCause(found: readonly Finding[]): Summary['exceptions']['by_cause'] {
  const counts: Summary['exceptions']['by_cause'] = {}
  for (const { cause } of found) counts[cause] = (counts[cause] ?? 0) + 1
  return counts
}

async function setStatus(tx: Tx, id: string, status: 'running'): Promise<void> {
  await tx.sql`update reconciliations set status = ${status} where tenant_id = ${tx.tenantId} and id = ${id}`
}
