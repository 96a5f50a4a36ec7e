// Lists charges, newest first; filters combine. The caller's reference is found by its keyed hash.
import { z } from 'zod'
import type { Ctx } from '../context.ts'
import { isId, isTokenId } from '../ids.ts'
import { createdQuery, keyOfCursor, type Page, pageQuery, toPage } from '../page.ts'
import { parseInput } from '../parse-input.ts'
import { requirePermission } from '../permissions.ts'
import { read } from '../write.ts'
import { type ChargeRow, type ChargeView, chargeColumns, chargeSource, loadAttempts, showCharge } from './charge.ts'
import { referenceHash } from './reference-hash.ts'
import { CHARGE_STATUSES } from './state.ts'

export const listChargesQuery = z.strictObject({
  ...pageQuery,
  status: z.enum(CHARGE_STATUSES).optional(),
  payer: z
    .string()
    .refine(id => isId('payer', id), 'must be the id of a payer')
    .optional(),
  token: z.string().refine(isTokenId, 'must be the id of a token').optional(),
  reference: z.string().min(1).max(128).optional(),
  ...createdQuery,
})

/** @throws insufficient_scope, validation_failed */
export async function listCharges(ctx: Ctx, query: unknown): Promise<Page<ChargeView>> {
  requirePermission(ctx, 'listCharges')
  const { limit, cursor, ...filter } = parseInput(listChargesQuery, query)
  const after = keyOfCursor(cursor, /^chrg_[0-9a-z]{26}$/)
  const { rows, attempts } = await read(ctx, async tx => {
    const { sql } = tx
    const found = await sql<ChargeRow[]>`
      select ${chargeColumns(tx)} ${chargeSource(tx)}
       where c.tenant_id = ${ctx.tenantId}
         ${after === undefined ? sql`` : sql`and c.id < ${after}`}
         ${filter.status === undefined ? sql`` : sql`and c.status = ${filter.status}`}
         ${filter.payer === undefined ? sql`` : sql`and c.payer_id = ${filter.payer}`}
         ${filter.token === undefined ? sql`` : sql`and c.token_id = ${filter.token}`}
         ${filter.reference === undefined ? sql`` : sql`and c.reference_hash = ${referenceHash(ctx, filter.reference)}`}
         ${filter.created_from === undefined ? sql`` : sql`and c.created_at >= ${filter.created_from}`}
         ${filter.created_to === undefined ? sql`` : sql`and c.created_at < ${filter.created_to}`}
       order by c.id desc limit ${limit + 1}`
    const ids = found.map(({ id }) => id)
    return { rows: [...found], attempts: ids.length === 0 ? [] : await loadAttempts(tx, ids) }
  })
  const page = toPage(
    rows,
    limit,
    row => row.id,
    row => row,
  )
  const shown = page.data.map(charge =>
    showCharge(ctx, { charge, attempts: attempts.filter(attempt => attempt.charge_id === charge.id) }),
  )
  return { data: await Promise.all(shown), next_cursor: page.next_cursor }
}
