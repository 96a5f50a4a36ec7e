// Thaws a frozen token; one whose card ran out meanwhile comes back as expired.
import { z } from 'zod'
import type { Ctx } from '../context.ts'
import { invalidState } from '../errors.ts'
import { writeOnce } from '../idempotency/once.ts'
import { type Answer, idempotentRequest } from '../idempotency/request.ts'
import { parseInput } from '../parse-input.ts'
import { requirePermission } from '../permissions.ts'
import { read } from '../write.ts'
import { isOutOfDate } from './card-expiry.ts'
import { lockToken, shownAfter, tokenAudit } from './change-token.ts'
import { loadToken, showStoredToken } from './find-token.ts'
import { sealNotes, type TokenView } from './show-token.ts'

export const thawTokenInput = z.strictObject({})

/** @throws insufficient_scope, not_found, payer_erased, validation_failed, invalid_state */
export async function thawToken(ctx: Ctx, tokenId: string, input: unknown): Promise<Answer<TokenView>> {
  requirePermission(ctx, 'thawToken')
  await read(ctx, tx => loadToken(tx, tokenId))
  idempotentRequest(ctx)
  parseInput(thawTokenInput, input)
  const now = ctx.clock.now()
  return writeOnce(ctx, {
    resume: async id => showStoredToken(ctx, await read(ctx, tx => loadToken(tx, id))),
    change: async tx => {
      const token = await lockToken(tx, ctx, tokenId)
      const { row, payer } = token
      if (row.status !== 'frozen') throw invalidState(`A token that is ${row.status} cannot be thawed.`)
      const outOfDate = isOutOfDate({ expMonth: row.exp_month, expYear: row.exp_year }, now)
      const status = outOfDate ? ('expired' as const) : ('active' as const)
      const notes = { ...token.notes, freezeReason: null }
      await tx.sql`
        update tokens set status = ${status}, notes_sealed = ${sealNotes(ctx, payer, tokenId, notes)}, updated_at = ${now}
         where tenant_id = ${ctx.tenantId} and id = ${tokenId}`
      return {
        result: shownAfter(token, { status, notes }, now),
        audit: tokenAudit(row, 'token.thaw', { to: status }),
        objectId: tokenId,
        payer,
      }
    },
  })
}
