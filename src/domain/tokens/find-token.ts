// Reads one token with its consent and its payer's key.

import type { Ctx, Tx } from '../context.ts'
import { notFound } from '../errors.ts'
import { isTokenId } from '../ids.ts'
import { openDataKey, type PayerKey } from '../payers/data-key.ts'
import { isLiving, requireLiving } from '../payers/payer-erased.ts'
import { openNotes, showToken, type TokenRow, type TokenView } from './show-token.ts'

export type StoredToken = TokenRow & { payer_status: string; wrapped_key: Buffer; key_version: number }

/** `lock` keeps charges from being reserved on the token until the transaction ends. @throws not_found, payer_erased */
export async function loadToken(tx: Tx, tokenId: string, { lock = false } = {}): Promise<StoredToken> {
  if (!isTokenId(tokenId)) throw notFound()
  const [row] = await tx.sql<StoredToken[]>`
    select t.*, c.text_version as consent_text_version, c.locale as consent_locale, c.accepted_at as consent_accepted_at,
           c.withdrawn_at as consent_withdrawn_at, p.status as payer_status, p.wrapped_key, p.key_version
      from tokens t
      join consents c on c.tenant_id = t.tenant_id and c.id = t.consent_id
      join payers p on p.tenant_id = t.tenant_id and p.id = t.payer_id
     where t.tenant_id = ${tx.tenantId} and t.id = ${tokenId} ${lock ? tx.sql`for no key update of t` : tx.sql``}`
  if (!row) throw notFound()
  requireLiving(row.payer_status)
  return row
}

export const payerKeyOf = (ctx: Ctx, row: StoredToken): Promise<PayerKey> =>
  openDataKey(ctx, { payerId: row.payer_id, wrapped: row.wrapped_key, keyVersion: row.key_version })

/** What was written about an erased payer's token is read no more. */
export async function showStoredToken(ctx: Ctx, row: StoredToken): Promise<TokenView> {
  if (row.notes_sealed === null || !isLiving(row.payer_status)) return showToken(row)
  return showToken(row, openNotes(ctx, await payerKeyOf(ctx, row), row))
}
