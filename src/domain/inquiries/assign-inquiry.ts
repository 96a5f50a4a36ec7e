// Gives an inquiry to somebody of the company, who then answers it; an answered one is taken up again.
import { z } from 'zod'
import { actorId } from '../audit/entry.ts'
import type { Ctx } from '../context.ts'
import type { Answer } from '../idempotency/request.ts'
import { requirePermission } from '../permissions.ts'
import { changeInquiry } from './change-inquiry.ts'
import type { InquiryView } from './inquiry.ts'

export const assignInquiryInput = z.strictObject({
  to: z
    .string()
    .regex(/^[\x21-\x7e]{1,200}$/, 'must be visible ASCII without spaces')
    .optional()
    .describe('Who answers it: the subject of a member of staff. Without it, the one who asks.'),
})

/** @throws insufficient_scope, not_found, payer_erased, validation_failed, invalid_state */
export async function assignInquiry(ctx: Ctx, id: string, input: unknown): Promise<Answer<InquiryView>> {
  requirePermission(ctx, 'assignInquiry')
  return changeInquiry(ctx, id, input, {
    action: 'inquiry.assign',
    schema: assignInquiryInput,
    from: ['received', 'assigned', 'answered'],
    apply: async (tx, _row, { to = actorId(ctx.actor) }) => {
      await tx.sql`
        update inquiries set status = 'assigned', assigned_to = ${to} where tenant_id = ${tx.tenantId} and id = ${id}`
      return { to }
    },
  })
}
