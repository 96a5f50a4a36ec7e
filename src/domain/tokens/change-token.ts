// Changes one token under its lock, so that charges are reserved wholly before or wholly after.
import type { AuditEntry } from '../audit/entry.ts'
import type { Ctx, Tx } from '../context.ts'
import { DomainError, invalidState } from '../errors.ts'
import type { PayerKey } from '../payers/data-key.ts'
import { loadToken, payerKeyOf, type StoredToken } from './find-token.ts'
import { openNotes, showToken, type TokenNotes, type TokenRow, type TokenView } from './show-token.ts'
import { mayMove, type TokenStatus } from './state.ts'

export type TokenChange = Partial<Pick<TokenRow, 'status' | 'limits'>> & { notes?: TokenNotes }

export type LoadedToken = { row: StoredToken; payer: PayerKey; notes: TokenNotes }

/** Loads a token that still lives, locked. @throws not_found, token_detached, payer_erased */
export async function lockToken(tx: Tx, ctx: Ctx, tokenId: string): Promise<LoadedToken> {
  const row = await loadToken(tx, tokenId, { lock: true })
  const payer = await payerKeyOf(ctx, row)
  return { row, payer, notes: openNotes(ctx, payer, row) }
}

export const tokenDetached = () =>
  new DomainError('token_detached', 'The token has been detached. Let the payer save a card anew.')

/** @throws invalid_state */
export function requireMove(from: TokenStatus, to: TokenStatus): void {
  if (!mayMove(from, to)) throw invalidState(`A token that is ${from} cannot become ${to}.`)
}

/** The token as it is after a change that the caller has written. */
export function shownAfter({ row, notes }: LoadedToken, change: TokenChange, now: Date): TokenView {
  return showToken({ ...row, ...change, updated_at: now }, change.notes ?? notes)
}

/** An audit entry about a token. */
export const tokenAudit = (
  row: TokenRow,
  action: AuditEntry['action'],
  details: Record<string, unknown> = {},
): AuditEntry => ({
  action,
  object: { type: 'token', id: row.id },
  payerId: row.payer_id,
  details,
})
