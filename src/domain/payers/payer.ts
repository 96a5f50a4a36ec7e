// How a payer is stored and shown: the short name to everyone, the real name to nobody without a purpose.
import { z } from 'zod'
import type { Ctx } from '../context.ts'
import { metadataSchema } from '../parse-input.ts'
import { openDataKey, openJson } from './data-key.ts'

export const LOCALE = /^[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|\d{3}))?$/

export const payerFields = {
  short_name: z.string().trim().min(1).max(80).describe('What staff and other people see. Chosen freely.'),
  real_name: z.string().trim().min(1).max(200).describe('Sealed. Leaves only by reveal.'),
  email: z.email('must be an e-mail address').max(254).describe('Sealed. Leaves only by reveal.'),
  phone: z
    .string()
    .regex(/^\+[1-9]\d{4,14}$/, 'must be an E.164 number, such as + and 5 to 15 digits')
    .describe('E.164. Sealed. Leaves only by reveal.'),
  external_ref: z.string().trim().min(1).max(128).describe("The caller's own id of this person, unique in a tenant."),
  locale: z.string().regex(LOCALE, 'must be a BCP 47 tag such as mn or ja-JP'),
  metadata: metadataSchema,
}

export const IDENTITY_FIELDS = ['real_name', 'email', 'phone'] as const
export type IdentityField = (typeof IDENTITY_FIELDS)[number]

export const payerSchema = z
  .object({
    id: z.string(),
    object: z.literal('payer'),
    short_name: z.string(),
    external_ref: z.string().nullable(),
    locale: z.string().nullable(),
    has: z.array(z.enum(IDENTITY_FIELDS)).describe('Which sealed fields there are.'),
    stripe_customer: z.boolean(),
    metadata: z.record(z.string(), z.string()),
    created_at: z.iso.datetime(),
    updated_at: z.iso.datetime(),
  })
  .meta({ id: 'Payer' })

export type PayerView = z.infer<typeof payerSchema>

export type PayerProfile = {
  shortName: string
  externalRef: string | null
  locale: string | null
  metadata: Record<string, string>
}

export type PayerIdentity = Partial<Record<IdentityField, string>>

export type PayerRow = {
  id: string
  status: string
  wrapped_key: Buffer
  key_version: number
  profile_sealed: Buffer
  identity_fields: IdentityField[]
  stripe_customer_id: string | null
  created_at: Date
  updated_at: Date
}

export const profilePlace = (payerId: string) => ({ table: 'payers', column: 'profile_sealed', row: payerId })

/** Opens a row for showing: one unwrap of the data key, kept for a while, and one seal. */
export async function showPayer(ctx: Ctx, row: PayerRow): Promise<PayerView> {
  const payer = await openDataKey(ctx, { payerId: row.id, wrapped: row.wrapped_key, keyVersion: row.key_version })
  return viewOf(row, openJson<PayerProfile>(ctx, payer, profilePlace(row.id), row.profile_sealed))
}

export function viewOf(
  row: Omit<PayerRow, 'wrapped_key' | 'key_version' | 'profile_sealed'>,
  profile: PayerProfile,
): PayerView {
  return {
    id: row.id,
    object: 'payer',
    short_name: profile.shortName,
    external_ref: profile.externalRef,
    locale: profile.locale,
    has: row.identity_fields,
    stripe_customer: row.stripe_customer_id !== null,
    metadata: profile.metadata,
    created_at: row.created_at.toISOString(),
    updated_at: row.updated_at.toISOString(),
  }
}
