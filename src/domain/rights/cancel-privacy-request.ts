// Ends a request that is not to be answered: withdrawn by the person, or made twice.
import { z } from 'zod'
import type { Ctx } from '../context.ts'
import { invalidState } from '../errors.ts'
import { writeOnce } from '../idempotency/once.ts'
import { type Answer, idempotentRequest } from '../idempotency/request.ts'
import { parseInput } from '../parse-input.ts'
import { requirePermission } from '../permissions.ts'
import { read } from '../write.ts'
import { moveRequest, writingKeyOf } from './move-request.ts'
import {
  loadPrivacyRequest,
  type PrivacyRequestView,
  payerKeyOfRequest,
  showPrivacyRequest,
} from './privacy-request.ts'
import { REQUEST_MOVES } from './state.ts'

export const cancelPrivacyRequestInput = z.strictObject({ reason: z.string().trim().min(3).max(500) })

/** @throws insufficient_scope, not_found, validation_failed, invalid_state, payer_erased */
export async function cancelPrivacyRequest(
  ctx: Ctx,
  requestId: string,
  input: unknown,
): Promise<Answer<PrivacyRequestView>> {
  requirePermission(ctx, 'cancelPrivacyRequest')
  const before = await read(ctx, tx => loadPrivacyRequest(tx, requestId))
  idempotentRequest(ctx)
  const { reason } = parseInput(cancelPrivacyRequestInput, input)
  const [key, payer] = await Promise.all([writingKeyOf(ctx, before), payerKeyOfRequest(ctx, before)])
  return writeOnce(ctx, {
    resume: async id => showPrivacyRequest(ctx, await read(ctx, tx => loadPrivacyRequest(tx, id))),
    change: async tx => {
      const row = await loadPrivacyRequest(tx, requestId, true)
      if (!REQUEST_MOVES[row.status].includes('cancelled'))
        throw invalidState(`A request that is ${row.status} cannot be cancelled.`)
      await moveRequest(tx, ctx, row, { status: 'cancelled', notes: { cancellation: reason }, key })
      return {
        result: await showPrivacyRequest(ctx, await loadPrivacyRequest(tx, requestId)),
        objectId: requestId,
        payer,
        audit: {
          action: 'privacy-request.cancel',
          object: { type: 'privacy_request', id: requestId },
          payerId: row.payer_id,
          details: { from: row.status },
        },
      }
    },
  })
}
