// How a request about personal data is stored and shown. What the person wrote is sealed: with the payer's key where the
// request names a payer, and with a key of its own row where it names nobody.
import { z } from 'zod'
import type { Ctx, Tx } from '../context.ts'
import { notFound } from '../errors.ts'
import { isId } from '../ids.ts'
import type { Language } from '../languages.ts'
import { openDataKey, openJson, type PayerKey, type SealingKey } from '../payers/data-key.ts'
import { requireLiving } from '../payers/payer-erased.ts'
import { openRowKey } from '../row-key.ts'
import { changesNeeded } from './changes-needed.ts'
import { YOUNG_CONTACT_MS } from './deadlines.ts'
import { EVIDENCE_KINDS, type EvidenceKind, evidenceNeeded } from './identity-policy.ts'
import { isOver, REQUEST_KINDS, REQUEST_STATUSES, type RequestKind, type RequestStatus } from './state.ts'

const instant = z.iso.datetime().nullable()

export const CODE_CHANNELS = ['usable', 'not_on_file', 'changed_recently', 'no_channel'] as const
export type CodeChannel = (typeof CODE_CHANNELS)[number]

const requestMembers = z.object({
  id: z.string(),
  object: z.literal('privacy_request'),
  kind: z.enum(REQUEST_KINDS),
  status: z.enum(REQUEST_STATUSES),
  source: z.enum(['service', 'staff', 'person', 'operator']),
  payer: z.string().nullable().describe('The payer that the request names, whoever made it.'),
  language: z.string(),
  code_channel: z
    .enum(CODE_CHANNELS)
    .describe('Whether a code can be sent: to an e-mail address that is on file and older than 14 days.'),
  changes: z
    .array(z.string())
    .describe('Fields that a correction names, or that whoever approved it did; never their values.'),
  changes_needed: z
    .boolean()
    .describe(
      'Whether whoever approves next gives `changes`, from what they saw themselves: the values are not shown.',
    ),
  purposes: z.array(z.string()).describe('Purposes that an objection names, or that whoever approved it did.'),
  evidence: z.array(
    z.object({
      kind: z.enum(EVIDENCE_KINDS),
      document: z.string().nullable(),
      recorded_by: z.string(),
      recorded_at: z.iso.datetime(),
    }),
  ),
  evidence_needed: z.array(z.enum(EVIDENCE_KINDS)).describe('Any one of these comes next.'),
  verified_at: instant,
  deadline_at: z.iso.datetime(),
  overdue: z.boolean(),
  extension: z.object({ reason: z.string().nullable(), at: z.iso.datetime() }).nullable(),
  decision: z
    .object({
      decision: z.enum(['approve', 'refuse']),
      reason: z.string().nullable().describe('Null once the payer has been erased.'),
      by: z.string(),
      at: z.iso.datetime(),
    })
    .nullable(),
  second_person: z
    .object({
      reason: z.string().nullable().describe('Null once the payer has been erased.'),
      by: z.string(),
      at: z.iso.datetime(),
    })
    .nullable(),
  propagation: z.enum(['none', 'due', 'done', 'failed']).describe("A correction on its way to Stripe's customer."),
  receipt: z.boolean().describe('Whether there is a signed receipt.'),
  created_by: z.string(),
  created_at: z.iso.datetime(),
  finished_at: instant,
})

export const privacyRequestSchema = requestMembers.meta({ id: 'PrivacyRequest' })

export const privacyRequestWithMessageSchema = requestMembers
  .extend({ message: z.string().nullable().describe('What the person wrote; null once the payer has been erased.') })
  .meta({ id: 'PrivacyRequestWithMessage' })

export type PrivacyRequestView = z.infer<typeof privacyRequestSchema>
export type PrivacyRequestWithMessage = z.infer<typeof privacyRequestWithMessageSchema>

export type RequestDetails = {
  /** As it was sent: an id, or the caller's own reference. */
  payer: string | null
  contact: string
  message: string | null
  changes: Record<string, string | null> | null
  purposes: string[] | null
}

export type RequestNotes = {
  extension?: string
  decision?: string
  /** What was approved, for the second person to agree to. */
  values?: Pick<RequestDetails, 'changes' | 'purposes'>
  agreement?: string
  cancellation?: string
}

export type RequestRow = {
  id: string
  kind: RequestKind
  status: RequestStatus
  source: PrivacyRequestView['source']
  payer_id: string | null
  wrapped_key: Buffer | null
  key_version: number | null
  language: Language
  details_sealed: Buffer | null
  notes_sealed: Buffer | null
  contact_kind: 'email' | 'phone'
  contact_hash: Buffer | null
  failures: number
  deadline_at: Date
  extended_at: Date | null
  verified_at: Date | null
  decision: 'approve' | 'refuse' | null
  decided_by: string | null
  decided_at: Date | null
  approved_by: string | null
  approved_at: Date | null
  finished_at: Date | null
  receipt: string | null
  propagation: PrivacyRequestView['propagation']
  created_by: string
  created_at: Date
  payer_status: string | null
  payer_wrapped_key: Buffer | null
  payer_key_version: number | null
  /** Whether the contact is the payer's e-mail address on file, and when that last changed. */
  on_file: boolean
  contact_changed_at: Date | null
  payer_created_at: Date | null
  evidence: { kind: EvidenceKind; document: string | null; recorded_by: string; recorded_at: string }[]
}

export const REQUEST_TABLE = 'privacy_requests'
const detailsPlace = (id: string) => ({ table: REQUEST_TABLE, column: 'details_sealed', row: id })
const notesPlace = (id: string) => ({ table: REQUEST_TABLE, column: 'notes_sealed', row: id })
export const requestPlaces = { details: detailsPlace, notes: notesPlace }

/** `select ${requestColumns(tx)} ${requestSource(tx)} where r.tenant_id = …` gives a RequestRow. */
export const requestColumns = ({ sql }: Tx) => sql`
  r.id, r.kind, r.status, r.source, r.payer_id, r.wrapped_key, r.key_version, r.language, r.details_sealed, r.notes_sealed,
  r.contact_kind, r.contact_hash, r.failures, r.deadline_at, r.extended_at, r.verified_at, r.decision, r.decided_by,
  r.decided_at, r.approved_by, r.approved_at, r.finished_at, r.receipt, r.propagation, r.created_by, r.created_at,
  p.status as payer_status, p.wrapped_key as payer_wrapped_key, p.key_version as payer_key_version,
  r.contact_kind = 'email' and coalesce(p.email_hash = r.contact_hash, false) as on_file, p.contact_changed_at,
  p.created_at as payer_created_at,
  coalesce((select jsonb_agg(jsonb_build_object('kind', e.kind, 'document', e.document, 'recorded_by', e.recorded_by,
                                                'recorded_at', e.recorded_at) order by e.recorded_at, e.kind)
              from identity_evidence e where e.tenant_id = r.tenant_id and e.request_id = r.id), '[]') as evidence`

export const requestSource = ({ sql }: Tx) => sql`
  from privacy_requests r left join payers p on p.tenant_id = r.tenant_id and p.id = r.payer_id`

/** `lock` keeps others from changing it. @throws not_found */
export async function loadPrivacyRequest(tx: Tx, id: string, lock = false): Promise<RequestRow> {
  if (!isId('privacyRequest', id)) throw notFound()
  if (lock)
    await tx.sql`select 1 from privacy_requests where tenant_id = ${tx.tenantId} and id = ${id} for no key update`
  const [row] = await tx.sql<RequestRow[]>`
    select ${requestColumns(tx)} ${requestSource(tx)} where r.tenant_id = ${tx.tenantId} and r.id = ${id}`
  if (!row) throw notFound()
  return row
}

/** For what the desk does with it. @throws not_found, payer_erased */
export async function loadLivingRequest(tx: Tx, id: string): Promise<RequestRow> {
  const row = await loadPrivacyRequest(tx, id)
  requireLiving(row.payer_status)
  return row
}

/** The payer's own key; null without a payer, and once the payer has been erased. */
export async function payerKeyOfRequest(ctx: Ctx, row: RequestRow): Promise<PayerKey | null> {
  const { payer_id: payerId, payer_wrapped_key: wrapped, payer_key_version: keyVersion } = row
  if (payerId === null || wrapped === null || keyVersion === null || row.payer_status === 'erased') return null
  return openDataKey(ctx, { payerId, wrapped, keyVersion })
}

/** The key that seals the row; null once the person has been erased. */
export async function keyOfRequest(ctx: Ctx, row: RequestRow): Promise<SealingKey | null> {
  if (row.payer_id !== null) return payerKeyOfRequest(ctx, row)
  if (row.wrapped_key === null || row.key_version === null) return null
  return openRowKey(ctx, REQUEST_TABLE, row.id, { wrapped: row.wrapped_key, keyVersion: row.key_version })
}

export function openDetails(ctx: Ctx, key: SealingKey | null, row: RequestRow): RequestDetails | null {
  if (key === null || row.details_sealed === null) return null
  return openJson<RequestDetails>(ctx, key, detailsPlace(row.id), row.details_sealed)
}

export function openNotes(ctx: Ctx, key: SealingKey | null, row: RequestRow): RequestNotes {
  if (key === null || row.notes_sealed === null) return {}
  return openJson<RequestNotes>(ctx, key, notesPlace(row.id), row.notes_sealed)
}

export function codeChannelOf(row: RequestRow, now: Date): CodeChannel {
  if (row.contact_kind === 'phone') return 'no_channel'
  if (!row.on_file || row.payer_status !== 'active') return 'not_on_file'
  const { contact_changed_at: changed, payer_created_at: created } = row
  // What the person was registered with has not been changed by anybody since.
  if (changed === null || created === null || changed <= created) return 'usable'
  return now.getTime() - changed.getTime() < YOUNG_CONTACT_MS ? 'changed_recently' : 'usable'
}

export async function showPrivacyRequest(ctx: Ctx, row: RequestRow): Promise<PrivacyRequestView> {
  const key = await keyOfRequest(ctx, row)
  const details = openDetails(ctx, key, row)
  const notes = openNotes(ctx, key, row)
  const now = ctx.clock.now()
  const iso = (at: Date | null) => at?.toISOString() ?? null
  return {
    id: row.id,
    object: 'privacy_request',
    kind: row.kind,
    status: row.status,
    source: row.source,
    payer: row.payer_id,
    language: row.language,
    code_channel: codeChannelOf(row, now),
    changes: Object.keys(notes.values?.changes ?? details?.changes ?? {}),
    changes_needed: changesNeeded(row, details?.changes),
    purposes: notes.values?.purposes ?? details?.purposes ?? [],
    evidence: row.evidence.map(one => ({ ...one, recorded_at: new Date(one.recorded_at).toISOString() })),
    evidence_needed: [...evidenceNeeded(row.evidence.map(({ kind }) => kind))],
    verified_at: iso(row.verified_at),
    deadline_at: row.deadline_at.toISOString(),
    overdue: !isOver(row.status) && row.deadline_at < now,
    extension: row.extended_at && { reason: notes.extension ?? null, at: row.extended_at.toISOString() },
    decision:
      row.decision && row.decided_by && row.decided_at
        ? {
            decision: row.decision,
            reason: notes.decision ?? null,
            by: row.decided_by,
            at: row.decided_at.toISOString(),
          }
        : null,
    second_person:
      row.approved_by && row.approved_at
        ? { reason: notes.agreement ?? null, by: row.approved_by, at: row.approved_at.toISOString() }
        : null,
    propagation: row.propagation,
    receipt: row.receipt !== null,
    created_by: row.created_by,
    created_at: row.created_at.toISOString(),
    finished_at: iso(row.finished_at),
  }
}
