// How a consent is shown.
import { z } from 'zod'

export const consentSchema = z
  .object({
    id: z.string(),
    object: z.literal('consent'),
    payer: z.string(),
    purpose: z.string(),
    text_version: z.string(),
    locale: z.string().nullable(),
    accepted_at: z.iso.datetime(),
    source: z.enum(['session', 'service', 'import']),
    withdrawn_at: z.iso.datetime().nullable(),
    created_at: z.iso.datetime(),
  })
  .meta({ id: 'Consent' })

export type ConsentView = z.infer<typeof consentSchema>

export type ConsentRow = {
  id: string
  payer_id: string
  purpose: string
  text_version: string
  locale: string | null
  accepted_at: Date
  source: string
  withdrawn_at: Date | null
  created_at: Date
}

export const CONSENT_COLUMNS = [
  'id',
  'payer_id',
  'purpose',
  'text_version',
  'locale',
  'accepted_at',
  'source',
  'withdrawn_at',
  'created_at',
] as const

export const showConsent = (row: ConsentRow): ConsentView => ({
  id: row.id,
  object: 'consent',
  payer: row.payer_id,
  purpose: row.purpose,
  text_version: row.text_version,
  locale: row.locale,
  accepted_at: row.accepted_at.toISOString(),
  source: row.source as ConsentView['source'],
  withdrawn_at: row.withdrawn_at?.toISOString() ?? null,
  created_at: row.created_at.toISOString(),
})
