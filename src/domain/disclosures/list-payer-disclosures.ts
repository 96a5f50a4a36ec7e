// The log of one person: who was told what, on which basis; Stripe too.
import { z } from 'zod'
import type { Ctx } from '../context.ts'
import { keyOfCursor, type Page, pageQuery } from '../page.ts'
import { parseInput } from '../parse-input.ts'
import { loadPayer } from '../payers/get-payer.ts'
import { requirePermission } from '../permissions.ts'
import { read } from '../write.ts'
import { type DisclosureRow, type DisclosureView, disclosureColumns, disclosureSource } from './disclosure.ts'
import { DISCLOSURE_CURSOR, shownPage } from './list-disclosures.ts'

export const listPayerDisclosuresQuery = z.strictObject({ ...pageQuery })

/** @throws insufficient_scope, not_found, payer_erased, validation_failed */
export async function listPayerDisclosures(ctx: Ctx, payerId: string, query: unknown): Promise<Page<DisclosureView>> {
  requirePermission(ctx, 'listPayerDisclosures')
  await read(ctx, tx => loadPayer(tx, payerId))
  const { limit, cursor } = parseInput(listPayerDisclosuresQuery, query)
  const after = keyOfCursor(cursor, DISCLOSURE_CURSOR)
  const rows = await read(ctx, tx => {
    const { sql } = tx
    return sql<DisclosureRow[]>`
      select ${disclosureColumns(tx)} ${disclosureSource(tx)}
        join disclosure_people dp on dp.tenant_id = d.tenant_id and dp.disclosure_id = d.id
       where dp.tenant_id = ${ctx.tenantId} and dp.payer_id = ${payerId}
         ${after === undefined ? sql`` : sql`and dp.disclosure_id < ${after}`}
       order by dp.disclosure_id desc limit ${limit + 1}`
  })
  return shownPage(ctx, [...rows], limit)
}
