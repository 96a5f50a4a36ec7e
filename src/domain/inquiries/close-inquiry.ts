// Closes an inquiry: it is answered, or there is nothing to answer.
import { z } from 'zod'
import type { Ctx } from '../context.ts'
import type { Answer } from '../idempotency/request.ts'
import { requirePermission } from '../permissions.ts'
import { changeInquiry } from './change-inquiry.ts'
import type { InquiryView } from './inquiry.ts'

export const closeInquiryInput = z.strictObject({
  outcome: z
    .enum(['settled', 'passed_on', 'spam', 'duplicate'])
    .describe('`passed_on`: it goes on as a privacy request or elsewhere.'),
})

/** @throws insufficient_scope, not_found, payer_erased, validation_failed, invalid_state */
export async function closeInquiry(ctx: Ctx, id: string, input: unknown): Promise<Answer<InquiryView>> {
  requirePermission(ctx, 'closeInquiry')
  return changeInquiry(ctx, id, input, {
    action: 'inquiry.close',
    schema: closeInquiryInput,
    from: ['received', 'assigned', 'answered'],
    apply: async (tx, _row, { outcome }) => {
      await tx.sql`
        update inquiries set status = 'closed', closed_at = ${ctx.clock.now()}
         where tenant_id = ${tx.tenantId} and id = ${id}`
      return { outcome }
    },
  })
}
