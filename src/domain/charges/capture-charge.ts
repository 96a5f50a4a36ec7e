// Takes an authorized amount, or a part of it; what is left over is released. Once only.
import { z } from 'zod'
import type { Ctx } from '../context.ts'
import { invalidField } from '../errors.ts'
import { type Answer, idempotentRequest } from '../idempotency/request.ts'
import { amountSchema } from '../money.ts'
import { parseInput } from '../parse-input.ts'
import { requirePermission } from '../permissions.ts'
import { read } from '../write.ts'
import { loadCharge } from './charge.ts'
import { type MovedCharge, moveCharge } from './move-charge.ts'

export const captureChargeInput = z.strictObject({
  amount: amountSchema.optional().describe('Minor units; the whole without it.'),
})

/**
 * @throws insufficient_scope, not_found, validation_failed (more than was authorized), outcome_unknown, invalid_state,
 * stripe_unavailable, idempotency_mismatch, idempotency_in_progress
 */
export async function captureCharge(ctx: Ctx, chargeId: string, input: unknown): Promise<Answer<MovedCharge>> {
  requirePermission(ctx, 'captureCharge')
  await read(ctx, tx => loadCharge(tx, chargeId))
  idempotentRequest(ctx)
  const { amount } = parseInput(captureChargeInput, input)
  return moveCharge(ctx, chargeId, {
    kind: 'capture',
    from: ['requires_capture'],
    participle: 'captured',
    amountOf(charge) {
      if (amount !== undefined && amount > charge.amount) {
        throw invalidField('/amount', 'is more than was authorized', 'too_big')
      }
      return amount ?? charge.amount
    },
  })
}
