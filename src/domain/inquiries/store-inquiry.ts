// Keeps an inquiry with its first message, and puts the mail that acknowledges it on its way.
import { actorId } from '../audit/entry.ts'
import type { Ctx, Tx } from '../context.ts'
import { newId } from '../ids.ts'
import type { Language } from '../languages.ts'
import { queueMail } from '../mail/queue-mail.ts'
import { type PayerKey, type SealingKey, sealJson } from '../payers/data-key.ts'
import { newRowKey } from '../row-key.ts'
import { tenantOf } from '../tenants/stripe-account.ts'
import { contactPlace, type InquiryContact, type InquiryKind, messagePlace, TERM_DAYS } from './inquiry.ts'

const DAY_MS = 86_400_000

export type NewInquiry = {
  kind: InquiryKind
  source: 'service' | 'page'
  language: Language
  message: string
  contact: InquiryContact
  /** Whose key seals it, where the payer is known. */
  payer: PayerKey | null
  addressHash?: Buffer | null
  formHash?: Buffer | null
}

/** The inquiry's id; null when this form made one already. */
export async function storeInquiry(tx: Tx, ctx: Ctx, wanted: NewInquiry): Promise<string | null> {
  const now = ctx.clock.now()
  const id = newId('inquiry', now)
  const due = new Date(now.getTime() + TERM_DAYS[wanted.kind] * DAY_MS)
  const own = wanted.payer ? null : await newRowKey(ctx, 'inquiries', id)
  const key: SealingKey = wanted.payer ?? (own as NonNullable<typeof own>).key
  const { contact } = wanted
  const inserted = await tx.sql`
    insert into inquiries (tenant_id, id, kind, source, language, payer_id, wrapped_key, key_version, contact_sealed,
                           contact_fields, address_hash, form_hash, created_by, due_at, created_at, updated_at)
    values (${tx.tenantId}, ${id}, ${wanted.kind}, ${wanted.source}, ${wanted.language}, ${wanted.payer?.payerId ?? null},
            ${own?.wrapped ?? null}, ${own?.keyVersion ?? null}, ${sealJson(ctx, key, contactPlace(id), contact)},
            ${Object.keys(contact)}, ${wanted.addressHash ?? null}, ${wanted.formHash ?? null}, ${actorId(ctx.actor)},
            ${due}, ${now}, ${now})
    on conflict (tenant_id, form_hash) do nothing returning id`
  if (inserted.length === 0) return null
  const mailId = await acknowledge(tx, ctx, id, wanted, due)
  await storeMessage(tx, ctx, { inquiryId: id, key, direction: 'in', text: wanted.message, mailId })
  return id
}

type NewMessage = { inquiryId: string; key: SealingKey; direction: 'in' | 'out'; text: string; mailId: string | null }

export async function storeMessage(tx: Tx, ctx: Ctx, message: NewMessage): Promise<void> {
  const now = ctx.clock.now()
  const id = newId('message', now)
  await tx.sql`
    insert into inquiry_messages (tenant_id, inquiry_id, id, direction, author, body_sealed, mail_id, created_at)
    values (${tx.tenantId}, ${message.inquiryId}, ${id}, ${message.direction},
            ${message.direction === 'in' ? 'person' : actorId(ctx.actor)},
            ${sealJson(ctx, message.key, messagePlace(id), message.text)}, ${message.mailId}, ${now})`
}

async function acknowledge(
  tx: Tx,
  ctx: Ctx,
  id: string,
  { contact, language, payer }: NewInquiry,
  due: Date,
): Promise<string | null> {
  if (contact.email === undefined) return null
  const { name: merchant } = await tenantOf(ctx)
  const deadline = new Intl.DateTimeFormat(language, { dateStyle: 'long', timeZone: 'UTC' }).format(due)
  const mailId = await queueMail(tx, ctx, {
    template: 'inquiry_received',
    locale: language,
    to: { address: contact.email, payer },
    data: { merchant, inquiry: id, deadline },
  })
  await tx.sql`
    update inquiries set acknowledged_at = ${ctx.clock.now()} where tenant_id = ${tx.tenantId} and id = ${id}`
  return mailId
}
