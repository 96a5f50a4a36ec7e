// Opens sealed data of a person: for a purpose of the register, with a reason, for a short time, and on record.
import { z } from 'zod'
import type { Ctx } from '../context.ts'
import { parseInput } from '../parse-input.ts'
import { requirePermission } from '../permissions.ts'
import { recordReveal, revealReason } from '../privacy/record-reveal.ts'
import { openIdentity } from '../privacy/sealed-identity.ts'
import { read, write } from '../write.ts'
import { loadPayer } from './get-payer.ts'
import { IDENTITY_FIELDS } from './payer.ts'
import { holdLiving } from './payer-erased.ts'

export const revealPayerInput = z.strictObject({
  fields: z.array(z.enum(IDENTITY_FIELDS)).min(1).max(IDENTITY_FIELDS.length),
  purpose: z.string().min(1).max(80).describe('The name of a purpose; see GET /v1/purposes.'),
  reason: revealReason,
})

export const revealedSchema = z.object({
  payer: z.string(),
  purpose: z.string(),
  fields: z
    .object({ real_name: z.string().nullable(), email: z.string().nullable(), phone: z.string().nullable() })
    .partial(),
  expires_at: z.iso.datetime().describe('When a page that shows the fields must take them away.'),
})

export type Revealed = z.infer<typeof revealedSchema>

/** @throws insufficient_scope, not_found, payer_erased, validation_failed, purpose_not_allowed, rate_limited */
export async function revealPayer(ctx: Ctx, payerId: string, input: unknown): Promise<Revealed> {
  requirePermission(ctx, 'revealPayer')
  await read(ctx, tx => loadPayer(tx, payerId))
  const wanted = parseInput(revealPayerInput, input)
  const { purpose, reason } = wanted
  const fields = [...new Set(wanted.fields)]
  return write(ctx, async tx => {
    // Before the consent that the look may rest on: everybody locks the two in this order.
    await holdLiving(tx, payerId)
    const { cover, payer, values } = await openIdentity(tx, ctx, payerId, purpose, fields)
    const { id, expiresAt } = await recordReveal(tx, ctx, { payerId, key: payer, purpose, fields, reason })
    return {
      value: { payer: payerId, purpose, fields: values, expires_at: expiresAt.toISOString() },
      audit: {
        action: 'payer.reveal',
        object: { type: 'payer', id: payerId },
        payerId,
        details: {
          fields,
          purpose,
          basis: cover.consentId ?? cover.basis,
          register: cover.registerVersion,
          reveal: id,
        },
      },
    }
  })
}
