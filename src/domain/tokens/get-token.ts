// Reads one token, whatever its state. An unknown id and another tenant's id get the same answer.
import type { Ctx } from '../context.ts'
import { requirePermission } from '../permissions.ts'
import { read } from '../write.ts'
import { loadToken, showStoredToken } from './find-token.ts'
import type { TokenView } from './show-token.ts'

/** @throws insufficient_scope, not_found, payer_erased */
export async function getToken(ctx: Ctx, tokenId: string): Promise<TokenView> {
  requirePermission(ctx, 'getToken')
  return showStoredToken(ctx, await read(ctx, tx => loadToken(tx, tokenId)))
}
