// Gives up a charge that holds money or waits for its payer; `cancelled` is what Stripe has confirmed.
import { z } from 'zod'
import type { Ctx } from '../context.ts'
import { type Answer, idempotentRequest } from '../idempotency/request.ts'
import { parseInput } from '../parse-input.ts'
import { requirePermission } from '../permissions.ts'
import { read } from '../write.ts'
import { loadCharge } from './charge.ts'
import { type MovedCharge, moveCharge } from './move-charge.ts'

export const cancelChargeInput = z.strictObject({})

/**
 * @throws insufficient_scope, not_found, validation_failed, outcome_unknown, invalid_state, stripe_unavailable,
 * idempotency_mismatch, idempotency_in_progress
 */
export async function cancelCharge(ctx: Ctx, chargeId: string, input: unknown): Promise<Answer<MovedCharge>> {
  requirePermission(ctx, 'cancelCharge')
  await read(ctx, tx => loadCharge(tx, chargeId))
  idempotentRequest(ctx)
  parseInput(cancelChargeInput, input)
  return moveCharge(ctx, chargeId, {
    kind: 'cancel',
    from: ['requires_capture', 'requires_action'],
    participle: 'cancelled',
    amountOf: charge => charge.amount,
  })
}
