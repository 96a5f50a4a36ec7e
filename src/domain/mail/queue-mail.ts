// Puts a mail into the outbox in its caller's transaction: it is sent if, and only if, the caller's change is kept.
import { generateDataKey, toDataKey } from '../../crypto/data-key.ts'
import type { Ctx, Tx } from '../context.ts'
import { newId } from '../ids.ts'
import { languageOf } from '../languages.ts'
import { openDataKey, type PayerKey, type SealingKey, sealJson } from '../payers/data-key.ts'
import { requirePurpose } from '../privacy/require-purpose.ts'
import { openIdentity } from '../privacy/sealed-identity.ts'
import { newRowKey } from '../row-key.ts'
import { MAIL_TEMPLATES, type MailData, type MailTemplate } from './templates.ts'

export const MAIL_TABLE = 'mail_outbox'

export type MailRequest<Template extends MailTemplate> = {
  template: Template
  /** A BCP 47 tag; a language without texts is written to in English. */
  locale: string | null
  /**
   * A payer at the e-mail address on file, or anybody at an address, sealed with the payer's key where the payer is
   * known; nobody where only the work of queueing must be done.
   */
  to: { payerId: string } | { address: string; payer?: PayerKey | null } | 'nobody'
  data: MailData<Template>
  /** Not sent after this time. */
  expiresAt?: Date
}

export const recipientPlace = (id: string) => ({ table: MAIL_TABLE, column: 'recipient_sealed', row: id })
export const dataPlace = (id: string) => ({ table: MAIL_TABLE, column: 'data_sealed', row: id })

type Recipient = {
  address: string
  key: SealingKey
  payerId: string | null
  wrapped: Buffer | null
  keyVersion: number | null
}

/** The mail's id; null when the payer has no e-mail address on file. @throws purpose_not_allowed */
export async function queueMail<Template extends MailTemplate>(
  tx: Tx,
  ctx: Ctx,
  { template, locale, to, data, expiresAt }: MailRequest<Template>,
): Promise<string | null> {
  const now = ctx.clock.now()
  const id = newId('mail', now)
  const recipient = await recipientOf(tx, ctx, id, template, to)
  if (recipient === null) return null
  const { address, key, payerId, wrapped, keyVersion } = recipient
  await tx.sql`
    insert into mail_outbox (tenant_id, id, template, language, payer_id, wrapped_key, key_version, recipient_sealed,
                             data_sealed, next_attempt_at, expires_at, created_at)
    values (${tx.tenantId}, ${id}, ${template}, ${languageOf(locale)}, ${payerId}, ${wrapped}, ${keyVersion},
            ${sealJson(ctx, key, recipientPlace(id), address)}, ${sealJson(ctx, key, dataPlace(id), data)}, ${now},
            ${to === 'nobody' ? now : (expiresAt ?? null)}, ${now})`
  return id
}

async function recipientOf(
  tx: Tx,
  ctx: Ctx,
  id: string,
  template: MailTemplate,
  to: MailRequest<MailTemplate>['to'],
): Promise<Recipient | null> {
  const { purpose } = MAIL_TEMPLATES[template]
  if (to === 'nobody') return nobody(tx, purpose)
  if ('payerId' in to) return payerAsRecipient(tx, ctx, to.payerId, purpose)
  const { address, payer } = to
  if (payer) return { address, key: payer, payerId: payer.payerId, wrapped: null, keyVersion: null }
  return { address, payerId: null, ...(await newRowKey(ctx, MAIL_TABLE, id)) }
}

/**
 * Sealed with a key that is kept nowhere, and of no use from the beginning: it is never sent. As much is read as for a
 * payer, whose row is looked at here and twice where the address is opened: the time tells nobody which it was.
 */
async function nobody(tx: Tx, purpose: string): Promise<Recipient> {
  await requirePurpose(tx, null, purpose, ['payer.email'])
  for (let looks = 0; looks < 3; looks++) await payerWithEmail(tx, '')
  return {
    address: 'nobody@invalid',
    key: { key: toDataKey(generateDataKey()), keyVersion: 1 },
    payerId: null,
    wrapped: null,
    keyVersion: null,
  }
}

async function payerWithEmail(tx: Tx, payerId: string) {
  const [row] = await tx.sql<{ wrapped_key: Buffer; key_version: number }[]>`
    select wrapped_key, key_version from payers
     where tenant_id = ${tx.tenantId} and id = ${payerId} and status = 'active' and 'email' = any (identity_fields)`
  return row
}

async function payerAsRecipient(tx: Tx, ctx: Ctx, payerId: string, purpose: string): Promise<Recipient | null> {
  const row = await payerWithEmail(tx, payerId)
  if (!row) return null
  const key = await openDataKey(ctx, { payerId, wrapped: row.wrapped_key, keyVersion: row.key_version })
  const { email } = (await openIdentity(tx, ctx, payerId, purpose, ['email'])).values
  return email ? { address: email, key, payerId, wrapped: null, keyVersion: null } : null
}
