// Opens sealed data of a person: for a purpose of the closed list that the person's consents or a legal basis cover.
import { z } from 'zod'
import type { Ctx, Tx } from '../context.ts'
import { DomainError } from '../errors.ts'
import { parseInput } from '../parse-input.ts'
import { requirePermission } from '../permissions.ts'
import { read, write } from '../write.ts'
import { openDataKey, openJson } from './data-key.ts'
import { loadPayer } from './get-payer.ts'
import { IDENTITY_FIELDS, identityPlace, type PayerIdentity } from './payer.ts'
import { isPurpose, PURPOSES, type PurposeName } from './purposes.ts'

export const revealPayerInput = z.strictObject({
  fields: z.array(z.enum(IDENTITY_FIELDS)).min(1).max(IDENTITY_FIELDS.length),
  purpose: z
    .string()
    .min(1)
    .max(80)
    .describe(`One of ${Object.keys(PURPOSES).join(', ')}.`),
  reason: z
    .string()
    .trim()
    .min(3)
    .max(500)
    .describe('Why, in words; kept with the record of this reveal by its length only.'),
})

export const revealedSchema = z.object({
  payer: z.string(),
  purpose: z.string(),
  fields: z
    .object({ real_name: z.string().nullable(), email: z.string().nullable(), phone: z.string().nullable() })
    .partial(),
})

export type Revealed = z.infer<typeof revealedSchema>

/** @throws insufficient_scope, not_found, payer_erased, validation_failed, purpose_not_allowed */
export async function revealPayer(ctx: Ctx, payerId: string, input: unknown): Promise<Revealed> {
  requirePermission(ctx, 'revealPayer')
  await read(ctx, tx => loadPayer(tx, payerId))
  const { fields, purpose, reason } = parseInput(revealPayerInput, input)
  if (!isPurpose(purpose)) throw notAllowed('This purpose is not on the list of purposes.')
  const covered: readonly string[] = PURPOSES[purpose].fields
  if (fields.some(field => !covered.includes(field)))
    throw notAllowed('This purpose does not cover every field asked for.')
  return write(ctx, async tx => {
    const row = await loadPayer(tx, payerId)
    const basis = await basisOf(tx, payerId, purpose)
    const [sealed] = await tx.sql<{ identity_sealed: Buffer | null }[]>`
      select identity_sealed from payers where tenant_id = ${ctx.tenantId} and id = ${payerId}`
    const payer = await openDataKey(ctx, { payerId, wrapped: row.wrapped_key, keyVersion: row.key_version })
    const identity = sealed?.identity_sealed
      ? openJson<PayerIdentity>(ctx, payer, identityPlace(payerId), sealed.identity_sealed)
      : {}
    return {
      value: {
        payer: payerId,
        purpose,
        fields: Object.fromEntries(fields.map(field => [field, identity[field] ?? null])),
      },
      audit: {
        action: 'payer.reveal',
        object: { type: 'payer', id: payerId },
        payerId,
        details: { fields, purpose, basis, reason_characters: reason.length },
      },
    }
  })
}

async function basisOf(tx: Tx, payerId: string, purpose: PurposeName): Promise<string> {
  const { basis } = PURPOSES[purpose]
  if (basis !== 'consent') return basis
  const [consent] = await tx.sql<{ id: string }[]>`
    select id from consents
     where tenant_id = ${tx.tenantId} and payer_id = ${payerId} and purpose = ${purpose} and withdrawn_at is null
     order by created_at desc limit 1`
  if (!consent) throw notAllowed('The payer has given no consent to this purpose, or has withdrawn it.')
  return consent.id
}

const notAllowed = (detail: string) => new DomainError('purpose_not_allowed', detail)
