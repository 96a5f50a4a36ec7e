// How an inquiry is stored and shown: staff see a short name at most, and which contacts there are, never what they say.

import { z } from 'zod'
import type { Ctx, Tx } from '../context.ts'
import { notFound } from '../errors.ts'
import { isId } from '../ids.ts'
import { LANGUAGES, type Language } from '../languages.ts'
import { openDataKey, openJson, type PayerKey, type SealingKey } from '../payers/data-key.ts'
import { type PayerProfile, payerFields, profilePlace } from '../payers/payer.ts'
import { isLiving, requireLiving } from '../payers/payer-erased.ts'
import { openRowKey } from '../row-key.ts'
import { INQUIRY_STATUSES, type InquiryStatus, WAITING } from './state.ts'

export const INQUIRY_KINDS = ['question', 'wish', 'complaint'] as const
export type InquiryKind = (typeof INQUIRY_KINDS)[number]

/** Days within which each kind is answered. */
export const TERM_DAYS: Readonly<Record<InquiryKind, number>> = { question: 7, complaint: 14, wish: 30 }

export const MESSAGE_MAX = 5_000

export const messageSchema = z.string().trim().min(1).max(MESSAGE_MAX)

export const contactSchema = z
  .strictObject({
    email: payerFields.email.optional(),
    phone: payerFields.phone.optional(),
    name: z.string().trim().min(1).max(200).optional().describe('How to address the person.'),
  })
  .refine(({ email, phone }) => email !== undefined || phone !== undefined, 'must hold an email or a phone')

export type InquiryContact = z.output<typeof contactSchema>

const instant = z.iso.datetime().nullable()

const inquiryMembers = {
  id: z.string(),
  object: z.literal('inquiry'),
  kind: z.enum(INQUIRY_KINDS),
  status: z.enum(INQUIRY_STATUSES),
  source: z.enum(['service', 'page']),
  language: z.enum(LANGUAGES).describe('In which the person is answered.'),
  payer: z.string().nullable(),
  short_name: z.string().nullable(),
  has_contact: z.array(z.enum(['email', 'phone', 'name'])).describe('Shown by reveal alone.'),
  assigned_to: z.string().nullable(),
  due_at: z.iso.datetime(),
  overdue: z.boolean(),
  privacy_request: z.string().nullable().describe('The request that it turned out to be.'),
  acknowledged_at: instant.describe('When a mail that it has arrived was put on its way.'),
  answered_at: instant,
  closed_at: instant,
  created_at: z.iso.datetime(),
}

export const inquirySchema = z.object(inquiryMembers).meta({ id: 'Inquiry' })

export const inquiryWithMessagesSchema = z
  .object({
    ...inquiryMembers,
    messages: z.array(
      z.object({
        id: z.string(),
        direction: z.enum(['in', 'out']),
        author: z.string(),
        text: z.string().nullable().describe('Null once it is no longer kept.'),
        created_at: z.iso.datetime(),
      }),
    ),
  })
  .meta({ id: 'InquiryWithMessages' })

export type InquiryView = z.infer<typeof inquirySchema>
export type InquiryWithMessages = z.infer<typeof inquiryWithMessagesSchema>

export type InquiryRow = {
  id: string
  kind: InquiryKind
  status: InquiryStatus
  source: 'service' | 'page'
  language: Language
  payer_id: string | null
  own_key: Buffer | null
  own_key_version: number | null
  contact_sealed: Buffer | null
  contact_fields: ('email' | 'phone' | 'name')[]
  assigned_to: string | null
  privacy_request_id: string | null
  due_at: Date
  acknowledged_at: Date | null
  answered_at: Date | null
  closed_at: Date | null
  created_at: Date
  payer_status: string | null
  /** Of whoever proved to be the person, in the request that it became. */
  proved_status: string | null
  payer_key: Buffer | null
  payer_key_version: number | null
  profile_sealed: Buffer | null
}

/** `select ${inquiryColumns(tx)} ${inquirySource(tx)} where i.tenant_id = …` gives an InquiryRow. */
export const inquiryColumns = ({ sql }: Tx) => sql`
  i.id, i.kind, i.status, i.source, i.language, i.payer_id, i.wrapped_key as own_key, i.key_version as own_key_version,
  i.contact_sealed, i.contact_fields, i.assigned_to, i.privacy_request_id, i.due_at, i.acknowledged_at, i.answered_at,
  i.closed_at, i.created_at, p.status as payer_status, p.wrapped_key as payer_key, p.key_version as payer_key_version,
  p.profile_sealed,
  (select q.status from privacy_requests r join payers q on q.tenant_id = r.tenant_id and q.id = r.payer_id
    where r.tenant_id = i.tenant_id and r.id = i.privacy_request_id and r.verified_at is not null) as proved_status`

export const inquirySource = ({ sql }: Tx) => sql`
  from inquiries i left join payers p on p.tenant_id = i.tenant_id and p.id = i.payer_id`

export const contactPlace = (id: string) => ({ table: 'inquiries', column: 'contact_sealed', row: id })
export const messagePlace = (id: string) => ({ table: 'inquiry_messages', column: 'body_sealed', row: id })

/** @throws not_found, payer_erased */
export async function loadInquiry(tx: Tx, id: string, lock = false): Promise<InquiryRow> {
  if (!isId('inquiry', id)) throw notFound()
  const [row] = await tx.sql<InquiryRow[]>`
    select ${inquiryColumns(tx)} ${inquirySource(tx)}
     where i.tenant_id = ${tx.tenantId} and i.id = ${id} ${lock ? tx.sql`for update of i` : tx.sql``}`
  if (!row) throw notFound()
  requireLiving(row.payer_status)
  requireLiving(row.proved_status)
  return row
}

/** The key that seals an inquiry; null when its person was erased, or when what was written is no longer kept. */
export async function inquiryKey(ctx: Ctx, row: InquiryRow): Promise<SealingKey | null> {
  if (row.payer_id !== null) return !isLiving(row.payer_status) ? null : payerKeyOfInquiry(ctx, row)
  if (row.own_key === null) return null
  return openRowKey(ctx, 'inquiries', row.id, { wrapped: row.own_key, keyVersion: row.own_key_version as number })
}

/** The payer's key, which seals stored replies too; null for somebody who is no payer. */
export async function payerKeyOfInquiry(ctx: Ctx, row: InquiryRow): Promise<PayerKey | null> {
  if (row.payer_id === null) return null
  return openDataKey(ctx, {
    payerId: row.payer_id,
    wrapped: row.payer_key as Buffer,
    keyVersion: row.payer_key_version as number,
  })
}

export async function showInquiry(ctx: Ctx, row: InquiryRow): Promise<InquiryView> {
  const payer = !isLiving(row.payer_status) ? null : await payerKeyOfInquiry(ctx, row)
  const profile = payer
    ? openJson<PayerProfile>(ctx, payer, profilePlace(payer.payerId), row.profile_sealed as Buffer)
    : null
  return {
    id: row.id,
    object: 'inquiry',
    kind: row.kind,
    status: row.status,
    source: row.source,
    language: row.language,
    payer: row.payer_id,
    short_name: profile?.shortName ?? null,
    has_contact: row.contact_sealed === null ? [] : row.contact_fields,
    assigned_to: row.assigned_to,
    due_at: row.due_at.toISOString(),
    overdue: WAITING.includes(row.status) && row.due_at <= ctx.clock.now(),
    privacy_request: row.privacy_request_id,
    acknowledged_at: row.acknowledged_at?.toISOString() ?? null,
    answered_at: row.answered_at?.toISOString() ?? null,
    closed_at: row.closed_at?.toISOString() ?? null,
    created_at: row.created_at.toISOString(),
  }
}

export async function openContact(ctx: Ctx, row: InquiryRow): Promise<InquiryContact | null> {
  const key = row.contact_sealed === null ? null : await inquiryKey(ctx, row)
  return key && openJson<InquiryContact>(ctx, key, contactPlace(row.id), row.contact_sealed as Buffer)
}
