// A service or the desk takes in a person's request about their data.
import type { Ctx } from '../context.ts'
import { type Answer, idempotentRequest } from '../idempotency/request.ts'
import { parseInput } from '../parse-input.ts'
import { requirePermission } from '../permissions.ts'
import { type ReceivedRequest, recordRequest } from './record-request.ts'
import { privacyRequestInput } from './request-input.ts'

/**
 * A payer who is not there gets the same answer as one who is: only what follows tells them apart.
 * @throws insufficient_scope, validation_failed, payer_erased
 */
export async function createPrivacyRequest(ctx: Ctx, input: unknown): Promise<Answer<ReceivedRequest>> {
  requirePermission(ctx, 'createPrivacyRequest')
  idempotentRequest(ctx)
  return recordRequest(ctx, parseInput(privacyRequestInput, input))
}
