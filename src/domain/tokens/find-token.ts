// Reads one token with its consent and its payer's key.
import type { Ctx, Tx } from '../context.ts'
import { notFound } from '../errors.ts'
import { isTokenId } from '../ids.ts'
import { openDataKey, type PayerKey } from '../payers/data-key.ts'
import { openNotes, showToken, type TokenRow, type TokenView } from './show-token.ts'

export type StoredToken = TokenRow & { wrapped_key: Buffer; key_version: number }

/** `lock` keeps charges from being reserved on the token until the transaction ends. @throws not_found */
export async function loadToken(tx: Tx, tokenId: string, { lock = false } = {}): Promise<StoredToken> {
  if (!isTokenId(tokenId)) throw notFound()
  const [row] = await tx.sql<StoredToken[]>`
    select t.*, c.text_version as consent_text_version, c.locale as consent_locale, c.accepted_at as consent_accepted_at,
           c.withdrawn_at as consent_withdrawn_at, p.wrapped_key, p.key_version
      from tokens t
      join consents c on c.tenant_id = t.tenant_id and c.id = t.consent_id
      join payers p on p.tenant_id = t.tenant_id and p.id = t.payer_id
     where t.tenant_id = ${tx.tenantId} and t.id = ${tokenId} ${lock ? tx.sql`for no key update of t` : tx.sql``}`
  if (!row) throw notFound()
  return row
}

export const payerKeyOf = (ctx: Ctx, row: StoredToken): Promise<PayerKey> =>
  openDataKey(ctx, { payerId: row.payer_id, wrapped: row.wrapped_key, keyVersion: row.key_version })

/** What was written about an erased payer's token is gone with the payer's key. */
export async function showStoredToken(ctx: Ctx, row: StoredToken): Promise<TokenView> {
  if (row.notes_sealed === null || row.status === 'erased') return showToken(row)
  return showToken(row, openNotes(ctx, await payerKeyOf(ctx, row), row))
}
