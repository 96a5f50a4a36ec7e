// Shows who wrote and where to reach them, to answer the message and for nothing else; each look is on record.
import { z } from 'zod'
import type { Ctx } from '../context.ts'
import { DomainError } from '../errors.ts'
import { parseInput } from '../parse-input.ts'
import type { SealingKey } from '../payers/data-key.ts'
import { holdLiving } from '../payers/payer-erased.ts'
import { requirePermission } from '../permissions.ts'
import { recordReveal, revealReason } from '../privacy/record-reveal.ts'
import { requirePurpose } from '../privacy/require-purpose.ts'
import { read, write } from '../write.ts'
import { inquiryKey, loadInquiry, openContact } from './inquiry.ts'

export const revealInquiryContactInput = z.strictObject({
  purpose: z.string().min(1).max(80).describe('`answer_messages`, and no other.'),
  reason: revealReason,
})

export const inquiryContactSchema = z.object({
  inquiry: z.string(),
  purpose: z.string(),
  contact: z
    .object({ email: z.string().optional(), phone: z.string().optional(), name: z.string().optional() })
    .nullable()
    .describe('Null once it is no longer kept.'),
  expires_at: z.iso.datetime().nullable().describe('When a page that shows the contact must take it away.'),
})

export type RevealedContact = z.infer<typeof inquiryContactSchema>

/** @throws insufficient_scope, not_found, payer_erased, validation_failed, purpose_not_allowed, rate_limited */
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
    const { payer_id: payerId, contact_fields: fields } = row
    if (payerId !== null) await holdLiving(tx, payerId)
    const cover = await requirePurpose(tx, payerId, purpose, ['inquiry.contact'])
    const contact = await openContact(ctx, row)
    const key = contact && ((await inquiryKey(ctx, row)) as SealingKey)
    const look = key && (await recordReveal(tx, ctx, { payerId, inquiryId: id, key, purpose, fields, reason }))
    return {
      value: { inquiry: id, purpose, contact, expires_at: look?.expiresAt.toISOString() ?? null },
      audit: {
        action: 'inquiry.reveal',
        object: { type: 'inquiry', id },
        payerId,
        details: {
          fields,
          purpose,
          basis: cover.basis,
          register: cover.registerVersion,
          ...(look ? { reveal: look.id } : {}),
        },
      },
    }
  })
}
