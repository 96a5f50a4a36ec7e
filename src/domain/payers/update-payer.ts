// Changes what is said of a payer (RFC 7396: null clears).
import { z } from 'zod'
import type { Ctx } from '../context.ts'
import { parseInput } from '../parse-input.ts'
import { requirePermission } from '../permissions.ts'
import { read, write } from '../write.ts'
import { changePayer } from './change-payer.ts'
import { loadPayer } from './get-payer.ts'
import { type PayerView, payerFields } from './payer.ts'

export const updatePayerInput = z.strictObject({
  short_name: payerFields.short_name.optional(),
  real_name: payerFields.real_name.nullable().optional(),
  email: payerFields.email.nullable().optional(),
  phone: payerFields.phone.nullable().optional(),
  external_ref: payerFields.external_ref.nullable().optional(),
  locale: payerFields.locale.nullable().optional(),
  metadata: payerFields.metadata.nullable().optional(),
})

/** @throws insufficient_scope, not_found, payer_erased, validation_failed, field_without_purpose, reference_in_use */
export async function updatePayer(ctx: Ctx, payerId: string, input: unknown): Promise<PayerView> {
  requirePermission(ctx, 'updatePayer')
  await read(ctx, tx => loadPayer(tx, payerId))
  const changes = parseInput(updatePayerInput, input)
  return write(ctx, async tx => ({
    value: (await changePayer(tx, ctx, payerId, changes)).view,
    audit: {
      action: 'payer.update',
      object: { type: 'payer', id: payerId },
      payerId,
      details: { fields: Object.keys(changes) },
    },
  }))
}
