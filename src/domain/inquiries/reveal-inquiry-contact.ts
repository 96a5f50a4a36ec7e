// Shows who wrote and where to reach them, to answer the message and for nothing else; each look is recorded.
import { z } from 'zod'
import type { Ctx } from '../context.ts'
import { DomainError } from '../errors.ts'
import { parseInput } from '../parse-input.ts'
import { requirePermission } from '../permissions.ts'
import { read, write } from '../write.ts'
import { loadInquiry, openContact } from './inquiry.ts'

export const revealInquiryContactInput = z.strictObject({
  purpose: z.string().min(1).max(80).describe('`answer_messages`, and no other.'),
  reason: z.string().trim().min(3).max(500).describe('Why, in words; kept with the record by its length only.'),
})

export const inquiryContactSchema = z.object({
  inquiry: z.string(),
  purpose: z.string(),
  contact: z
    .object({ email: z.string().optional(), phone: z.string().optional(), name: z.string().optional() })
    .nullable()
    .describe('Null once it is no longer kept.'),
})

export type RevealedContact = z.infer<typeof inquiryContactSchema>

/** @throws insufficient_scope, not_found, payer_erased, validation_failed, purpose_not_allowed */
export async function revealInquiryContact(ctx: Ctx, id: string, input: unknown): Promise<RevealedContact> {
  requirePermission(ctx, 'revealInquiryContact')
  await read(ctx, tx => loadInquiry(tx, id))
  const { purpose, reason } = parseInput(revealInquiryContactInput, input)
  if (purpose !== 'answer_messages') {
    throw new DomainError(
      'purpose_not_allowed',
      'The contact of an inquiry is shown to answer it, and for nothing else.',
    )
  }
  return write(ctx, async tx => {
    const row = await loadInquiry(tx, id)
    return {
      value: { inquiry: id, purpose, contact: await openContact(ctx, row) },
      audit: {
        action: 'inquiry.reveal',
        object: { type: 'inquiry', id },
        payerId: row.payer_id,
        details: { purpose, fields: row.contact_fields, reason_characters: reason.length },
      },
    }
  })
}
