// What each step of an erasure does. All of them may be run again at any time, by any worker.
import { DATA_KEY_KEPT_MS } from '../../keyring/data-key-cache.ts'
import { CHARGING_TOKEN_KEPT_MS } from '../charges/charging-token.ts'
import type { Ctx } from '../context.ts'
import { LEASE_MS } from '../idempotency/keys.ts'
import { read, write } from '../write.ts'
import { deleteAtStripe } from './delete-at-stripe.ts'
import { emptyRows } from './empty-rows.ts'
import type { ErasureRow } from './erasure.ts'
import { finishErasure } from './finish-erasure.ts'
import { keepApart } from './keep-apart.ts'
import type { ErasureStep } from './state.ts'
import { type Wait, waitsOf } from './waits.ts'

export type StepResult = { kind: 'done' } | { kind: 'wait'; for: Wait[]; until: Date }

const DONE: StepResult = { kind: 'done' }
const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS

/** By then no process can open anything of the payer's: what they keep has run out, and requests under way have ended. */
export const KEY_GONE_AFTER_MS = CHARGING_TOKEN_KEPT_MS + DATA_KEY_KEPT_MS + LEASE_MS

export const STEPS: Readonly<Record<ErasureStep, (ctx: Ctx, erasure: ErasureRow) => Promise<StepResult>>> = {
  wait_for_money: waitForMoney,
  delete_at_stripe: finishing(deleteAtStripe),
  keep_apart: finishing(keepApart),
  destroy_key: finishing(destroyKey),
  empty_rows: finishing(emptyRows),
  wait_for_caches: waitForCaches,
  delete_at_stripe_again: finishing(deleteAtStripe),
  empty_rows_again: finishing(emptyRows),
  finish: finishing(finishErasure),
}

function finishing(work: (ctx: Ctx, erasure: ErasureRow) => Promise<void>) {
  return async (ctx: Ctx, erasure: ErasureRow): Promise<StepResult> => {
    await work(ctx, erasure)
    return DONE
  }
}

/** The longer it has waited, the less often it looks: from every minute to every hour. */
async function waitForMoney(ctx: Ctx, erasure: ErasureRow): Promise<StepResult> {
  const waits = await read(ctx, tx => waitsOf(tx, erasure.payer_id, ctx.clock.now()))
  if (waits.length === 0) return DONE
  const now = ctx.clock.now().getTime()
  const waited = now - erasure.started_at.getTime()
  return { kind: 'wait', for: waits, until: new Date(now + Math.min(Math.max(waited, MINUTE_MS), HOUR_MS)) }
}

/** From here on nothing about the person can be read, whatever happens to the rest. */
async function destroyKey(ctx: Ctx, { id, payer_id: payerId }: ErasureRow): Promise<void> {
  await write(ctx, async tx => {
    const [payer] = await tx.sql<{ status: string; key_version: number }[]>`
      select status, key_version from payers where tenant_id = ${ctx.tenantId} and id = ${payerId} for no key update`
    const destroyed = payer?.status !== 'erased'
    if (destroyed) {
      // The database empties the row by itself: a payer who is erased has no key, no sealed value and no hash.
      await tx.sql`
        update payers set status = 'erased', updated_at = ${ctx.clock.now()}
         where tenant_id = ${ctx.tenantId} and id = ${payerId}`
    }
    await tx.sql`
      update erasures
         set key_version = coalesce(key_version, ${payer?.key_version ?? 0}),
             key_destroyed_at = coalesce(key_destroyed_at, ${ctx.clock.wall()})
       where tenant_id = ${ctx.tenantId} and id = ${id}`
    return {
      value: null,
      audit: {
        action: 'erasure.destroy-key',
        object: { type: 'erasure', id },
        payerId,
        details: { key_version: payer?.key_version ?? 0, again: !destroyed },
      },
    }
  })
  ctx.dataKeys.forget(ctx.tenantId, payerId)
}

/** Judged by wall time, as the caches are. */
async function waitForCaches(ctx: Ctx, { key_destroyed_at: destroyedAt }: ErasureRow): Promise<StepResult> {
  const left = (destroyedAt?.getTime() ?? 0) + KEY_GONE_AFTER_MS - ctx.clock.wall().getTime()
  return left <= 0 ? DONE : { kind: 'wait', for: [], until: new Date(ctx.clock.now().getTime() + left) }
}
