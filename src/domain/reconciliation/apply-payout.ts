// Takes in a payout that was read from Stripe, and has its rows mirrored soon.
import type { StripePayout } from '../../stripe/balance-objects.ts'
import type { Ctx } from '../context.ts'
import { storePayouts } from './store-payouts.ts'

export async function applyPayout(ctx: Ctx, payout: StripePayout): Promise<void> {
  await ctx.db.transaction(ctx.tenantId, async tx => {
    await storePayouts(tx, ctx, [payout])
    await ctx.queue.enqueue(tx, 'sync-stripe-mirror', { tenantId: ctx.tenantId }, { singletonKey: ctx.tenantId })
  })
}
