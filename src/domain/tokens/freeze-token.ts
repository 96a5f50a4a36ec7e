// Freezes a token: no new charge is reserved on it from the moment this is answered. Captures and refunds go on.
import { z } from 'zod'
import type { Ctx } from '../context.ts'
import { writeOnce } from '../idempotency/once.ts'
import { type Answer, idempotentRequest } from '../idempotency/request.ts'
import { parseInput } from '../parse-input.ts'
import { requirePermission } from '../permissions.ts'
import { read } from '../write.ts'
import { lockToken, requireMove, shownAfter, tokenAudit } from './change-token.ts'
import { loadToken, showStoredToken } from './find-token.ts'
import { sealNotes, type TokenView } from './show-token.ts'

export const freezeTokenInput = z.strictObject({
  reason: z.string().trim().min(1).max(500).describe('Why. Sealed; shown with the token.'),
})

/** @throws insufficient_scope, not_found, payer_erased, validation_failed, invalid_state */
export async function freezeToken(ctx: Ctx, tokenId: string, input: unknown): Promise<Answer<TokenView>> {
  requirePermission(ctx, 'freezeToken')
  await read(ctx, tx => loadToken(tx, tokenId))
  idempotentRequest(ctx)
  const { reason } = parseInput(freezeTokenInput, input)
  const now = ctx.clock.now()
  return writeOnce(ctx, {
    resume: async id => showStoredToken(ctx, await read(ctx, tx => loadToken(tx, id))),
    change: async tx => {
      const token = await lockToken(tx, ctx, tokenId)
      const { row, payer } = token
      requireMove(row.status, 'frozen')
      const notes = { ...token.notes, freezeReason: reason }
      await tx.sql`
        update tokens set status = 'frozen', notes_sealed = ${sealNotes(ctx, payer, tokenId, notes)}, updated_at = ${now}
         where tenant_id = ${ctx.tenantId} and id = ${tokenId}`
      return {
        result: shownAfter(token, { status: 'frozen', notes }, now),
        audit: tokenAudit(row, 'token.freeze', { from: row.status }),
        objectId: tokenId,
        payer,
      }
    },
  })
}
