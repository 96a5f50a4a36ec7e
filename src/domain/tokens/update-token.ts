// Changes a token's metadata and limits (RFC 7396: null clears).
import { z } from 'zod'
import type { Ctx } from '../context.ts'
import { metadataSchema, parseInput } from '../parse-input.ts'
import { requirePermission } from '../permissions.ts'
import { requireFieldsCovered } from '../privacy/require-fields-covered.ts'
import { read, write } from '../write.ts'
import { lockToken, shownAfter, tokenAudit, tokenDetached } from './change-token.ts'
import { loadToken } from './find-token.ts'
import { sealNotes, type TokenView } from './show-token.ts'
import { limitsPatch, patchedLimits } from './token-limits.ts'

const metadataPatch = z
  .record(z.string().min(1).max(40), z.string().max(500).nullable())
  .refine(patch => Object.keys(patch).length <= 50, 'must have at most 50 keys')

export const updateTokenInput = z.strictObject({
  metadata: metadataPatch.nullable().optional(),
  limits: limitsPatch.nullable().optional(),
})

/** @throws insufficient_scope, not_found, token_detached, payer_erased, validation_failed, field_without_purpose */
export async function updateToken(ctx: Ctx, tokenId: string, input: unknown): Promise<TokenView> {
  requirePermission(ctx, 'updateToken')
  await read(ctx, tx => loadToken(tx, tokenId))
  const patch = parseInput(updateTokenInput, input)
  const now = ctx.clock.now()
  return write(ctx, async tx => {
    if (patch.metadata) await requireFieldsCovered(tx, { 'token.metadata': '/metadata' })
    const token = await lockToken(tx, ctx, tokenId)
    const { row, notes, payer } = token
    if (row.status === 'detached') throw tokenDetached()
    const limits = patch.limits === undefined ? row.limits : patchedLimits(row.limits, patch.limits)
    const metadata = patch.metadata === undefined ? notes.metadata : patchedMetadata(notes.metadata, patch.metadata)
    const changed = { ...notes, metadata }
    await tx.sql`
      update tokens set limits = ${limits === null ? null : JSON.stringify(limits)}::text::jsonb,
                        notes_sealed = ${sealNotes(ctx, payer, tokenId, changed)}, updated_at = ${now}
       where tenant_id = ${ctx.tenantId} and id = ${tokenId}`
    return {
      value: shownAfter(token, { limits, notes: changed }, now),
      audit: tokenAudit(row, 'token.update', { fields: Object.keys(patch) }),
    }
  })
}

/** @throws validation_failed when there are too many keys afterwards */
function patchedMetadata(before: Record<string, string>, patch: Record<string, string | null> | null) {
  if (patch === null) return {}
  const merged: Record<string, string> = { ...before }
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete merged[name]
    else merged[name] = value
  }
  return parseInput(z.object({ metadata: metadataSchema }), { metadata: merged }).metadata
}
