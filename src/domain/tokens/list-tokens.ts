// Lists tokens, newest first, by payer and status.
import { and, desc, eq, getTableColumns, lt } from 'drizzle-orm'
import { z } from 'zod'
import { consents, payers } from '../../db/schema/payers.ts'
import { tokens } from '../../db/schema/tokens.ts'
import type { Ctx } from '../context.ts'
import { isId } from '../ids.ts'
import { keyOfCursor, type Page, pageQuery, toPage } from '../page.ts'
import { parseInput } from '../parse-input.ts'
import { requirePermission } from '../permissions.ts'
import { read } from '../write.ts'
import { type StoredToken, showStoredToken } from './find-token.ts'
import type { TokenView, Usage } from './show-token.ts'
import { TOKEN_STATUSES, type TokenStatus } from './state.ts'

export const listTokensQuery = z.strictObject({
  ...pageQuery,
  payer: z
    .string()
    .refine(id => isId('payer', id), 'must be the id of a payer')
    .optional(),
  status: z.enum(TOKEN_STATUSES).optional(),
})

/** @throws insufficient_scope, validation_failed */
export async function listTokens(ctx: Ctx, query: unknown): Promise<Page<TokenView>> {
  requirePermission(ctx, 'listTokens')
  const { limit, cursor, payer, status } = parseInput(listTokensQuery, query)
  const after = keyOfCursor(cursor, /^\d{1,15}$/)
  const rows = await read(ctx, tx =>
    tx.orm
      .select({
        token: getTableColumns(tokens),
        consent: {
          textVersion: consents.textVersion,
          locale: consents.locale,
          acceptedAt: consents.acceptedAt,
          withdrawnAt: consents.withdrawnAt,
        },
        payer: { status: payers.status, wrappedKey: payers.wrappedKey, keyVersion: payers.keyVersion },
      })
      .from(tokens)
      .innerJoin(consents, and(eq(consents.tenantId, tokens.tenantId), eq(consents.id, tokens.consentId)))
      .innerJoin(payers, and(eq(payers.tenantId, tokens.tenantId), eq(payers.id, tokens.payerId)))
      .where(
        and(
          eq(tokens.tenantId, ctx.tenantId),
          after === undefined ? undefined : lt(tokens.sequence, Number(after)),
          payer === undefined ? undefined : eq(tokens.payerId, payer),
          status === undefined ? undefined : eq(tokens.status, status),
        ),
      )
      .orderBy(desc(tokens.sequence))
      .limit(limit + 1),
  )
  const page = toPage(rows, limit, row => row.token.sequence, storedOf)
  return { data: await Promise.all(page.data.map(row => showStoredToken(ctx, row))), next_cursor: page.next_cursor }
}

type Selected = {
  token: typeof tokens.$inferSelect
  consent: { textVersion: string; locale: string | null; acceptedAt: Date; withdrawnAt: Date | null }
  payer: { status: string; wrappedKey: Buffer; keyVersion: number }
}

const storedOf = ({ token, consent, payer }: Selected): StoredToken => ({
  id: token.id,
  sequence: token.sequence,
  payer_id: token.payerId,
  status: token.status as TokenStatus,
  stripe_payment_method_id: token.stripePaymentMethodId,
  fingerprint_hash: token.fingerprintHash,
  brand: token.brand,
  last4: token.last4,
  exp_month: token.expMonth,
  exp_year: token.expYear,
  funding: token.funding,
  country: token.country,
  usage: token.usage as Usage,
  consent_id: token.consentId,
  limits: token.limits,
  duplicate_of: token.duplicateOf,
  duplicate_differs: token.duplicateDiffers,
  notes_sealed: token.notesSealed,
  detached_at: token.detachedAt,
  detach_due_at: token.detachDueAt,
  created_at: token.createdAt,
  updated_at: token.updatedAt,
  consent_text_version: consent.textVersion,
  consent_locale: consent.locale,
  consent_accepted_at: consent.acceptedAt,
  consent_withdrawn_at: consent.withdrawnAt,
  payer_status: payer.status,
  wrapped_key: payer.wrappedKey,
  key_version: payer.keyVersion,
})
