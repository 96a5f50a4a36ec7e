// Lists what a payer agreed to, newest first, withdrawn ones too.
import { and, desc, eq, lt } from 'drizzle-orm'
import { z } from 'zod'
import { consents } from '../../db/schema/payers.ts'
import type { Ctx } from '../context.ts'
import { keyOfCursor, type Page, pageQuery, toPage } from '../page.ts'
import { parseInput } from '../parse-input.ts'
import { requirePermission } from '../permissions.ts'
import { read } from '../write.ts'
import { type ConsentView, showConsent } from './consents.ts'
import { loadPayer } from './get-payer.ts'

export const listConsentsQuery = z.strictObject({ ...pageQuery })

/** @throws insufficient_scope, not_found, payer_erased, validation_failed */
export async function listConsents(ctx: Ctx, payerId: string, query: unknown): Promise<Page<ConsentView>> {
  requirePermission(ctx, 'listConsents')
  await read(ctx, tx => loadPayer(tx, payerId))
  const { limit, cursor } = parseInput(listConsentsQuery, query)
  const after = keyOfCursor(cursor, /^cons_[0-9a-z]{26}$/)
  const rows = await read(ctx, tx =>
    tx.orm
      .select()
      .from(consents)
      .where(
        and(
          eq(consents.tenantId, ctx.tenantId),
          eq(consents.payerId, payerId),
          after === undefined ? undefined : lt(consents.id, after),
        ),
      )
      .orderBy(desc(consents.id))
      .limit(limit + 1),
  )
  return toPage(
    rows,
    limit,
    row => row.id,
    row =>
      showConsent({
        id: row.id,
        payer_id: row.payerId,
        purpose: row.purpose,
        text_version: row.textVersion,
        locale: row.locale,
        accepted_at: row.acceptedAt,
        source: row.source,
        withdrawn_at: row.withdrawnAt,
        created_at: row.createdAt,
      }),
  )
}
