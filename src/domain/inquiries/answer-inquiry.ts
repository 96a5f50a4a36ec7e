// Answers an inquiry: the answer is kept sealed beside the question, and goes to the person by mail.
import { z } from 'zod'
import type { Ctx } from '../context.ts'
import { invalidState } from '../errors.ts'
import type { Answer } from '../idempotency/request.ts'
import { queueMail } from '../mail/queue-mail.ts'
import { requirePermission } from '../permissions.ts'
import { tenantOf } from '../tenants/stripe-account.ts'
import { changeInquiry } from './change-inquiry.ts'
import { type InquiryView, inquiryKey, messageSchema, openContact, payerKeyOfInquiry } from './inquiry.ts'
import { storeMessage } from './store-inquiry.ts'

export const answerInquiryInput = z.strictObject({
  message: messageSchema.describe('Goes to the person by mail, in the words given here. Sealed.'),
})

/**
 * Where the person gave no e-mail address, the answer is kept and somebody calls them.
 * @throws insufficient_scope, not_found, payer_erased, validation_failed, invalid_state
 */
export async function answerInquiry(ctx: Ctx, id: string, input: unknown): Promise<Answer<InquiryView>> {
  requirePermission(ctx, 'answerInquiry')
  return changeInquiry(ctx, id, input, {
    action: 'inquiry.answer',
    schema: answerInquiryInput,
    from: ['received', 'assigned', 'answered'],
    apply: async (tx, row, { message }) => {
      const key = await inquiryKey(ctx, row)
      const contact = await openContact(ctx, row)
      if (!key || !contact) throw invalidState('What the person wrote is no longer kept.')
      const { name: merchant } = await tenantOf(ctx)
      const mailId =
        contact.email === undefined
          ? null
          : await queueMail(tx, ctx, {
              template: 'inquiry_answered',
              locale: row.language,
              to: { address: contact.email, payer: await payerKeyOfInquiry(ctx, row) },
              data: { merchant, inquiry: id, message },
            })
      await storeMessage(tx, ctx, { inquiryId: id, key, direction: 'out', text: message, mailId })
      await tx.sql`
        update inquiries set status = 'answered', answered_at = coalesce(answered_at, ${ctx.clock.now()})
         where tenant_id = ${tx.tenantId} and id = ${id}`
      return { purpose: 'answer_messages', mail: mailId, characters: message.length }
    },
  })
}
