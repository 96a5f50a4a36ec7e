// Everything that was told of one person, for the person: oldest first, with the recipient's name.
import type { Ctx, Tx } from '../context.ts'
import { SECTION_ROWS_MAX } from '../privacy/read-held-data.ts'
import {
  type DisclosureRow,
  type DisclosureView,
  disclosureColumns,
  disclosureSource,
  showDisclosure,
} from './disclosure.ts'

export type ToldOf = Pick<
  DisclosureView,
  'id' | 'basis' | 'basis_ref' | 'purpose' | 'recipient' | 'fields' | 'sha256'
> & {
  at: string
  /** Whether it was one of many in a cohort, in which nobody can be known. */
  in_cohort: boolean
}

export type LogOfDisclosures = { rows: ToldOf[]; complete: boolean }

export async function listDisclosuresOf(
  tx: Tx,
  ctx: Ctx,
  payerId: string,
  rowsMax = SECTION_ROWS_MAX,
): Promise<LogOfDisclosures> {
  const found = await tx.sql<(DisclosureRow & { told_at: Date })[]>`
    select ${disclosureColumns(tx)}, dp.at as told_at ${disclosureSource(tx)}
      join disclosure_people dp on dp.tenant_id = d.tenant_id and dp.disclosure_id = d.id
     where dp.tenant_id = ${tx.tenantId} and dp.payer_id = ${payerId}
     order by dp.at, d.id limit ${rowsMax + 1}`
  const rows = await Promise.all(found.slice(0, rowsMax).map(row => toldOf(ctx, row)))
  return { rows, complete: found.length <= rowsMax }
}

async function toldOf(ctx: Ctx, row: DisclosureRow & { told_at: Date }): Promise<ToldOf> {
  const { id, basis, basis_ref, purpose, recipient, fields, sha256, payer } = await showDisclosure(ctx, row)
  const at = row.told_at.toISOString()
  return { id, at, basis, basis_ref, purpose, recipient, fields, sha256, in_cohort: payer === null }
}
