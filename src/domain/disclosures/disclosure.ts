// How a disclosure is stored and shown. What callers wrote about it is sealed: with the person's key, or, for a cohort,
// with a key of its own.

import { z } from 'zod'
import type { Ctx, Tx } from '../context.ts'
import { notFound } from '../errors.ts'
import { isId } from '../ids.ts'
import { openDataKey, openJson, type PayerKey, type SealingKey } from '../payers/data-key.ts'
import { isLiving, requireLiving } from '../payers/payer-erased.ts'
import { openRowKey } from '../row-key.ts'
import { DISCLOSURE_STATUSES, type DisclosureStatus } from './state.ts'

export const DISCLOSURE_BASES = ['consent', 'law', 'deidentified', 'contract'] as const
export type DisclosureBasis = (typeof DISCLOSURE_BASES)[number]

export const PACKAGE_FORMATS = ['json', 'ndjson', 'csv'] as const
export type PackageFormat = (typeof PACKAGE_FORMATS)[number]

export const lawRefSchema = z.strictObject({
  authority: z.string().trim().min(1).max(200).describe('Who asks by law.'),
  reference: z.string().trim().min(1).max(200).describe("The authority's own reference."),
  document_sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/, 'must be a SHA-256 in hex, lower case')
    .describe('Of the document that asks, which is kept elsewhere.'),
})

const instant = z.iso.datetime().nullable()

export const disclosureSchema = z
  .object({
    id: z.string(),
    object: z.literal('disclosure'),
    status: z.enum(DISCLOSURE_STATUSES),
    basis: z.enum(DISCLOSURE_BASES).describe('`contract`: what Stripe is told to carry a payment out.'),
    basis_ref: z
      .union([z.string(), z.object(lawRefSchema.shape)])
      .nullable()
      .describe('The consent, the legal request, or your own reference of a cohort.'),
    purpose: z.string(),
    recipient: z.string().nullable().describe('Null once the payer has been erased.'),
    payer: z.string().nullable(),
    cohort: z.record(z.string(), z.string()).nullable(),
    fields: z.array(z.string()),
    people: z.int().describe('How many people it tells something about.'),
    check: z
      .object({
        people: z.int(),
        left_out: z.int(),
        classes: z.int(),
        k: z.int().describe('People in the smallest class.'),
        l: z.int().nullable().describe('The fewest values of a sensitive column in a class.'),
      })
      .nullable(),
    format: z.enum(PACKAGE_FORMATS),
    sha256: z.string().nullable().describe('Of the package, in hex. Stays when the package is forgotten.'),
    package: z.object({ available_until: z.iso.datetime(), downloads: z.int() }).nullable(),
    refusal_reason: z.string().nullable(),
    created_by: z.string(),
    decided_by: z.string().nullable(),
    created_at: z.iso.datetime(),
    decided_at: instant,
  })
  .meta({ id: 'Disclosure' })

export type DisclosureView = z.infer<typeof disclosureSchema>

/** What callers wrote, sealed. */
export type DisclosureDetails = {
  recipient: string
  law?: z.infer<typeof lawRefSchema>
  reference?: string
  refusal?: string
}

export type DisclosureRow = {
  id: string
  status: DisclosureStatus
  basis: DisclosureBasis
  purpose: string
  payer_id: string | null
  own_key: Buffer | null
  own_key_version: number | null
  recipient_code: string | null
  consent_id: string | null
  details_sealed: Buffer | null
  fields: string[]
  cohort: Record<string, string> | null
  report: DisclosureView['check']
  people: number
  format: PackageFormat
  sha256: Buffer | null
  package_until: Date | null
  has_package: boolean
  downloads: number
  created_by: string
  decided_by: string | null
  created_at: Date
  decided_at: Date | null
  payer_status: string | null
  payer_key: Buffer | null
  payer_key_version: number | null
}

/** `select ${disclosureColumns(tx)} ${disclosureSource(tx)} where d.tenant_id = …` gives a DisclosureRow. */
export const disclosureColumns = ({ sql }: Tx) => sql`
  d.id, d.status, d.basis, d.purpose, d.payer_id, d.wrapped_key as own_key, d.key_version as own_key_version,
  d.recipient_code, d.consent_id, d.details_sealed, d.fields, d.cohort, d.report, d.people, d.format, d.sha256,
  d.package_until, d.package_sealed is not null as has_package, d.downloads, d.created_by, d.decided_by, d.created_at,
  d.decided_at, p.status as payer_status, p.wrapped_key as payer_key, p.key_version as payer_key_version`

export const disclosureSource = ({ sql }: Tx) => sql`
  from disclosures d left join payers p on p.tenant_id = d.tenant_id and p.id = d.payer_id`

export const disclosureDetailsPlace = (id: string) => ({ table: 'disclosures', column: 'details_sealed', row: id })
export const packagePlace = (id: string) => ({ table: 'disclosures', column: 'package_sealed', row: id })

/** @throws not_found, payer_erased */
export async function loadDisclosure(tx: Tx, id: string, lock = false): Promise<DisclosureRow> {
  if (!isId('disclosure', id)) throw notFound()
  const [row] = await tx.sql<DisclosureRow[]>`
    select ${disclosureColumns(tx)} ${disclosureSource(tx)}
     where d.tenant_id = ${tx.tenantId} and d.id = ${id} ${lock ? tx.sql`for update of d` : tx.sql``}`
  if (!row) throw notFound()
  requireLiving(row.payer_status)
  return row
}

/** The key that seals a disclosure; null when its person has been erased, and for one without a seal. */
export async function disclosureKey(ctx: Ctx, row: DisclosureRow): Promise<SealingKey | null> {
  if (row.payer_id === null) {
    if (row.own_key === null) return null
    return openRowKey(ctx, 'disclosures', row.id, {
      wrapped: row.own_key,
      keyVersion: row.own_key_version as number,
    })
  }
  return !isLiving(row.payer_status) ? null : payerKeyOfDisclosure(ctx, row)
}

export const payerKeyOfDisclosure = (ctx: Ctx, row: DisclosureRow): Promise<PayerKey> =>
  openDataKey(ctx, {
    payerId: row.payer_id as string,
    wrapped: row.payer_key as Buffer,
    keyVersion: row.payer_key_version as number,
  })

export async function detailsOf(ctx: Ctx, row: DisclosureRow): Promise<DisclosureDetails | null> {
  const key = row.details_sealed === null ? null : await disclosureKey(ctx, row)
  return key && openJson<DisclosureDetails>(ctx, key, disclosureDetailsPlace(row.id), row.details_sealed as Buffer)
}

export async function showDisclosure(ctx: Ctx, row: DisclosureRow): Promise<DisclosureView> {
  const details = await detailsOf(ctx, row)
  const kept = row.has_package && (row.package_until as Date) > ctx.clock.now()
  return {
    id: row.id,
    object: 'disclosure',
    status: row.status,
    basis: row.basis,
    basis_ref: row.consent_id ?? details?.law ?? details?.reference ?? null,
    purpose: row.purpose,
    recipient: row.recipient_code ?? details?.recipient ?? null,
    payer: row.payer_id,
    cohort: row.cohort,
    fields: row.fields,
    people: row.people,
    check: row.report,
    format: row.format,
    sha256: row.sha256?.toString('hex') ?? null,
    package: kept ? { available_until: (row.package_until as Date).toISOString(), downloads: row.downloads } : null,
    refusal_reason: details?.refusal ?? null,
    created_by: row.created_by,
    decided_by: row.decided_by,
    created_at: row.created_at.toISOString(),
    decided_at: row.decided_at?.toISOString() ?? null,
  }
}
