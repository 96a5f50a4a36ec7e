// Everything that was told of one person, for the person: oldest first, with the recipient's name.
import type { Ctx, Tx } from '../context.ts'
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

/** More than one person was ever told of; the newest are kept. */
const ENTRIES_MAX = 5_000

export async function listDisclosuresOf(tx: Tx, ctx: Ctx, payerId: string): Promise<ToldOf[]> {
  const rows = await tx.sql<(DisclosureRow & { told_at: Date })[]>`
    select ${disclosureColumns(tx)}, dp.at as told_at ${disclosureSource(tx)}
      join disclosure_people dp on dp.tenant_id = d.tenant_id and dp.disclosure_id = d.id
     where dp.tenant_id = ${tx.tenantId} and dp.payer_id = ${payerId}
     order by dp.at desc, d.id desc limit ${ENTRIES_MAX}`
  const told = await Promise.all(
    rows.map(async row => {
      const { id, basis, basis_ref, purpose, recipient, fields, sha256, payer } = await showDisclosure(ctx, row)
      return {
        id,
        at: row.told_at.toISOString(),
        basis,
        basis_ref,
        purpose,
        recipient,
        fields,
        sha256,
        in_cohort: payer === null,
      }
    }),
  )
  return told.reverse()
}
