// Takes erasures forward, step by step, as far as they go now. A worker that dies leaves a row that another goes on with.
import { claimRows, renewLease } from '../../queue/claim-rows.ts'
import { StripeFailure } from '../../stripe/stripe-failure.ts'
import type { Ctx, Dependencies } from '../context.ts'
import { errorShape } from '../error-shape.ts'
import { DomainError } from '../errors.ts'
import { workerContext } from '../tenants/operator-context.ts'
import type { ErasureRow } from './erasure.ts'
import { type ErasureStep, stepAfter } from './state.ts'
import { STEPS, type StepResult } from './steps.ts'

/** Erasures that one pass takes, one after the other. */
const BATCH_MAX = 10
const FIRST_RETRY_MS = 10_000
const RETRY_MAX_MS = 60 * 60_000

const DUE = {
  table: 'erasures',
  due: "status = 'running' and next_attempt_at <= $now",
  columns: 't.*',
  orderBy: 'next_attempt_at, id',
}

/** Answers how many erasures it took. */
export async function workErasures(dependencies: Dependencies, tenantId: string): Promise<number> {
  const ctx = workerContext(dependencies, tenantId)
  const times = { now: ctx.clock.now(), wall: ctx.clock.wall() }
  const due = await claimRows<ErasureRow>(ctx.db, tenantId, DUE, times, BATCH_MAX)
  for (const erasure of due) await takeForward(ctx, erasure)
  return due.length
}

async function takeForward(ctx: Ctx, claimed: ErasureRow): Promise<void> {
  for (let erasure = claimed; erasure.status === 'running'; ) {
    await renewLease(ctx.db, ctx.tenantId, 'erasures', erasure.id, ctx.clock.wall())
    let result: StepResult
    try {
      result = await STEPS[erasure.step](ctx, erasure)
    } catch (error) {
      await postpone(ctx, erasure, error)
      return
    }
    if (result.kind === 'wait') {
      await waitUntil(ctx, erasure, result)
      return
    }
    const next = stepAfter(erasure.step)
    if (next === undefined) return
    erasure = await advance(ctx, erasure, next)
  }
}

/** Each step may be run again, so whoever writes this first is right. */
async function advance(ctx: Ctx, { id, step }: ErasureRow, next: ErasureStep): Promise<ErasureRow> {
  return ctx.db.transaction(ctx.tenantId, async tx => {
    await tx.sql`
      update erasures set step = ${next}, waits_for = '[]', attempts = 0, error_code = null
       where tenant_id = ${ctx.tenantId} and id = ${id} and step = ${step}`
    const [row] = await tx.sql<ErasureRow[]>`
      select * from erasures where tenant_id = ${ctx.tenantId} and id = ${id}`
    return row as ErasureRow
  })
}

/** The wait is looked at again after a time that grows with it, from a minute to an hour. */
async function waitUntil(ctx: Ctx, erasure: ErasureRow, result: Extract<StepResult, { kind: 'wait' }>): Promise<void> {
  await ctx.db.transaction(
    ctx.tenantId,
    tx => tx.sql`
      update erasures
         set waits_for = ${JSON.stringify(result.for)}::text::jsonb, next_attempt_at = ${result.until}, lease_until = null,
             attempts = 0, error_code = null
       where tenant_id = ${ctx.tenantId} and id = ${erasure.id}`,
  )
}

async function postpone(ctx: Ctx, { id, step, attempts }: ErasureRow, error: unknown): Promise<void> {
  const code = codeOf(error)
  const again = new Date(
    ctx.clock.now().getTime() + Math.min(FIRST_RETRY_MS * 2 ** Math.min(attempts, 20), RETRY_MAX_MS),
  )
  ctx.log.warn({ tenant: ctx.tenantId, erasure: id, step, code, ...errorShape(error) }, 'an erasure cannot go on yet')
  ctx.meter.count('alerts', { name: 'erasure_delayed' })
  await ctx.db.transaction(
    ctx.tenantId,
    tx => tx.sql`
      update erasures set attempts = attempts + 1, error_code = ${code}, next_attempt_at = ${again}, lease_until = null
       where tenant_id = ${ctx.tenantId} and id = ${id}`,
  )
}

function codeOf(error: unknown): string {
  if (error instanceof StripeFailure) return `stripe_${error.kind}`
  return error instanceof DomainError ? error.code : 'failed'
}
