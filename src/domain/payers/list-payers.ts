// Lists payers, newest or oldest first; look-ups go by keyed hashes, so nothing about a person is compared in the clear.
import { and, asc, desc, eq, gt, lt } from 'drizzle-orm'
import { z } from 'zod'
import { lookupHash, normalizeEmail, normalizeExternalRef, normalizeShortName } from '../../crypto/keyed-hash.ts'
import { payers } from '../../db/schema/payers.ts'
import { appendAudit } from '../audit/append.ts'
import type { Ctx, Tx } from '../context.ts'
import { keyOfCursor, type Page, pageQuery, type Sort, sortQuery, toPage } from '../page.ts'
import { parseInput } from '../parse-input.ts'
import { requirePermission } from '../permissions.ts'
import { requireGeneralPurpose } from '../privacy/require-purpose.ts'
import { read } from '../write.ts'
import { type IdentityField, type PayerView, payerFields, showPayer } from './payer.ts'

export const listPayersQuery = z.strictObject({
  ...pageQuery,
  ...sortQuery,
  external_ref: payerFields.external_ref.optional(),
  short_name: payerFields.short_name.optional(),
})

/** Look-ups are made where somebody pays or asks about a payment. */
const SEARCH_PURPOSE = 'settle_payments'

export const searchPayersInput = z.strictObject({
  email: payerFields.email,
  purpose: z
    .string()
    .min(1)
    .max(80)
    .default(SEARCH_PURPOSE)
    .describe(`What the look-up is for: a purpose that needs no consent. ${SEARCH_PURPOSE} unless told.`),
  limit: z.int().min(1).max(100).default(20),
  cursor: z.string().min(1).max(200).optional(),
})

type Filter = { externalRef?: string; shortName?: string; email?: string }

/** @throws insufficient_scope, validation_failed */
export async function listPayers(ctx: Ctx, query: unknown): Promise<Page<PayerView>> {
  requirePermission(ctx, 'listPayers')
  const { external_ref, short_name, ...way } = parseInput(listPayersQuery, query)
  return find(ctx, { externalRef: external_ref, shortName: short_name }, way, async () => {})
}

/**
 * By e-mail, in a body and never in a URL; for a purpose, and recorded.
 * @throws insufficient_scope, validation_failed, purpose_not_allowed
 */
export async function searchPayers(ctx: Ctx, input: unknown): Promise<Page<PayerView>> {
  requirePermission(ctx, 'searchPayers')
  const { email, purpose, ...way } = parseInput(searchPayersInput, input)
  return find(ctx, { email }, { ...way, sort: 'newest' }, async (tx, found) => {
    await requireGeneralPurpose(tx, purpose, ['payer.email'])
    await appendAudit(tx, ctx, {
      action: 'payer.search',
      object: { type: 'payer', id: null },
      details: { by: ['email'], purpose, found },
    })
  })
}

async function find(
  ctx: Ctx,
  filter: Filter,
  { limit, cursor, sort }: { limit: number; cursor?: string | undefined; sort: Sort },
  record: (tx: Tx, found: number) => Promise<void>,
) {
  const after = keyOfCursor(cursor, /^payer_[0-9a-z]{26}$/)
  const key = ctx.keyring.derive('lookup-hash')
  const hash = (column: string, value: string) => lookupHash(key, ctx.tenantId, column, value)
  const rows = await read(ctx, async tx => {
    const found = await tx.orm
      .select({
        id: payers.id,
        status: payers.status,
        wrapped_key: payers.wrappedKey,
        key_version: payers.keyVersion,
        profile_sealed: payers.profileSealed,
        identity_fields: payers.identityFields,
        stripe_customer_id: payers.stripeCustomerId,
        created_at: payers.createdAt,
        updated_at: payers.updatedAt,
      })
      .from(payers)
      .where(
        and(
          eq(payers.tenantId, ctx.tenantId),
          eq(payers.status, 'active'),
          after === undefined ? undefined : (sort === 'oldest' ? gt : lt)(payers.id, after),
          filter.externalRef === undefined
            ? undefined
            : eq(payers.externalRefHash, hash('payers.external_ref', normalizeExternalRef(filter.externalRef))),
          filter.shortName === undefined
            ? undefined
            : eq(payers.shortNameHash, hash('payers.short_name', normalizeShortName(filter.shortName))),
          filter.email === undefined
            ? undefined
            : eq(payers.emailHash, hash('payers.email', normalizeEmail(filter.email))),
        ),
      )
      .orderBy((sort === 'oldest' ? asc : desc)(payers.id))
      .limit(limit + 1)
    await record(tx, Math.min(found.length, limit))
    return found
  })
  const page = toPage(
    rows,
    limit,
    row => row.id,
    row => row,
  )
  const data = await Promise.all(
    page.data.map(row => showPayer(ctx, { ...row, identity_fields: row.identity_fields as IdentityField[] })),
  )
  return { data, next_cursor: page.next_cursor }
}
