// How a token is read and shown: what a person may see of a card, never its fingerprint nor Stripe's ids.
import { z } from 'zod'
import type { TokenLimits } from '../../db/schema/payers.ts'
import type { Ctx } from '../context.ts'
import { openJson, type PayerKey, sealJson } from '../payers/data-key.ts'
import { TOKEN_STATUSES, type TokenStatus } from './state.ts'
import { limitsSchema } from './token-limits.ts'

export const USAGES = ['off_session', 'on_session'] as const
export type Usage = (typeof USAGES)[number]

export const tokenSchema = z
  .object({
    id: z.string(),
    object: z.literal('token'),
    payer: z.string(),
    status: z.enum(TOKEN_STATUSES),
    card: z.object({
      brand: z.string(),
      last4: z.string(),
      exp_month: z.number().int(),
      exp_year: z.number().int(),
      funding: z.string(),
      country: z.string().nullable(),
    }),
    duplicate: z
      .object({ of: z.string(), differs: z.array(z.string()) })
      .nullable()
      .describe('The older token of the same card and payer, and what differs.'),
    consent: z.object({
      id: z.string(),
      text_version: z.string(),
      locale: z.string().nullable(),
      accepted_at: z.iso.datetime(),
      withdrawn_at: z.iso.datetime().nullable(),
    }),
    limits: limitsSchema.nullable(),
    usage: z.enum(USAGES),
    metadata: z.record(z.string(), z.string()),
    freeze_reason: z.string().nullable(),
    created_at: z.iso.datetime(),
    updated_at: z.iso.datetime(),
  })
  .meta({ id: 'Token' })

export type TokenView = z.infer<typeof tokenSchema>

/** A token with its consent. */
export type TokenRow = {
  id: string
  sequence: number
  payer_id: string
  status: TokenStatus
  stripe_payment_method_id: string
  fingerprint_hash: Buffer | null
  brand: string
  last4: string
  exp_month: number
  exp_year: number
  funding: string
  country: string | null
  usage: Usage
  consent_id: string
  limits: TokenLimits | null
  duplicate_of: string | null
  duplicate_differs: string[] | null
  notes_sealed: Buffer | null
  detached_at: Date | null
  detach_due_at: Date | null
  created_at: Date
  updated_at: Date
  consent_text_version: string
  consent_locale: string | null
  consent_accepted_at: Date
  consent_withdrawn_at: Date | null
}

/** What callers wrote about a token; sealed with the payer's key. */
export type TokenNotes = { metadata: Record<string, string>; freezeReason: string | null }

const NO_NOTES: TokenNotes = { metadata: {}, freezeReason: null }

const notesPlace = (tokenId: string) => ({ table: 'tokens', column: 'notes_sealed', row: tokenId })

export const openNotes = (ctx: Ctx, payer: PayerKey, row: Pick<TokenRow, 'id' | 'notes_sealed'>): TokenNotes =>
  row.notes_sealed ? openJson<TokenNotes>(ctx, payer, notesPlace(row.id), row.notes_sealed) : NO_NOTES

export const sealNotes = (ctx: Ctx, payer: PayerKey, tokenId: string, notes: TokenNotes): Buffer =>
  sealJson(ctx, payer, notesPlace(tokenId), notes)

export function showToken(row: TokenRow, notes: TokenNotes = NO_NOTES): TokenView {
  return {
    id: row.id,
    object: 'token',
    payer: row.payer_id,
    status: row.status,
    card: {
      brand: row.brand,
      last4: row.last4,
      exp_month: row.exp_month,
      exp_year: row.exp_year,
      funding: row.funding,
      country: row.country,
    },
    duplicate: row.duplicate_of === null ? null : { of: row.duplicate_of, differs: row.duplicate_differs ?? [] },
    consent: {
      id: row.consent_id,
      text_version: row.consent_text_version,
      locale: row.consent_locale,
      accepted_at: row.consent_accepted_at.toISOString(),
      withdrawn_at: row.consent_withdrawn_at?.toISOString() ?? null,
    },
    limits: row.limits,
    usage: row.usage,
    metadata: notes.metadata,
    freeze_reason: row.status === 'frozen' ? notes.freezeReason : null,
    created_at: row.created_at.toISOString(),
    updated_at: row.updated_at.toISOString(),
  }
}
