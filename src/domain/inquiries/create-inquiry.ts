// Takes in a question, a wish or a complaint that a service of the company passes on.
import { z } from 'zod'
import type { Ctx } from '../context.ts'
import { writeOnce } from '../idempotency/once.ts'
import { type Answer, idempotentRequest } from '../idempotency/request.ts'
import { languageOf } from '../languages.ts'
import { parseInput } from '../parse-input.ts'
import { openDataKey, type PayerKey } from '../payers/data-key.ts'
import { loadPayer } from '../payers/get-payer.ts'
import { LOCALE } from '../payers/payer.ts'
import { requirePermission } from '../permissions.ts'
import { read } from '../write.ts'
import { contactSchema, INQUIRY_KINDS, type InquiryView, loadInquiry, messageSchema, showInquiry } from './inquiry.ts'
import { storeInquiry } from './store-inquiry.ts'

export const createInquiryInput = z.strictObject({
  kind: z.enum(INQUIRY_KINDS),
  message: messageSchema.describe('Sealed.'),
  contact: contactSchema.describe('Where the answer goes. Sealed, and shown by reveal alone.'),
  payer: z.string().min(1).max(64).optional(),
  locale: z
    .string()
    .regex(LOCALE, 'must be a BCP 47 tag such as mn or ja-JP')
    .optional()
    .describe('The language of the person; answers are in English, Japanese or Mongolian.'),
})

/**
 * @throws insufficient_scope, validation_failed, not_found (of the payer), payer_erased, idempotency_mismatch,
 * idempotency_in_progress
 */
export async function createInquiry(ctx: Ctx, input: unknown): Promise<Answer<InquiryView>> {
  requirePermission(ctx, 'createInquiry')
  idempotentRequest(ctx)
  const wanted = parseInput(createInquiryInput, input)
  const payer = wanted.payer === undefined ? null : await payerKeyFor(ctx, wanted.payer)
  const show = async (id: string) => showInquiry(ctx, await read(ctx, tx => loadInquiry(tx, id)))
  return writeOnce(ctx, {
    resume: show,
    change: async tx => {
      if (wanted.payer !== undefined) await loadPayer(tx, wanted.payer)
      const id = (await storeInquiry(tx, ctx, {
        kind: wanted.kind,
        source: 'service',
        language: languageOf(wanted.locale),
        message: wanted.message,
        contact: wanted.contact,
        payer,
      })) as string
      return {
        result: await showInquiry(ctx, await loadInquiry(tx, id)),
        objectId: id,
        payer,
        audit: {
          action: 'inquiry.create',
          object: { type: 'inquiry', id },
          payerId: payer?.payerId ?? null,
          details: { kind: wanted.kind, contact: Object.keys(wanted.contact) },
        },
      }
    },
  })
}

async function payerKeyFor(ctx: Ctx, payerId: string): Promise<PayerKey> {
  const row = await read(ctx, tx => loadPayer(tx, payerId))
  return openDataKey(ctx, { payerId: row.id, wrapped: row.wrapped_key, keyVersion: row.key_version })
}
