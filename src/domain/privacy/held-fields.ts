// Which fields that a register may leave uncovered are held now: those that are held cannot lose their purpose.
import type { Tx } from '../context.ts'
import type { PersonalField } from './personal-fields.ts'

/** Notes are sealed whole: where there is a row that may hold some, they count as held. */
export async function heldFields(tx: Tx): Promise<PersonalField[]> {
  const t = tx.tenantId
  const [row] = await tx.sql<Record<string, boolean>[]>`
    select exists (select 1 from payers where tenant_id = ${t} and 'real_name' = any (identity_fields)) as "payer.real_name",
           exists (select 1 from payers where tenant_id = ${t} and 'email' = any (identity_fields)) as "payer.email",
           exists (select 1 from payers where tenant_id = ${t} and 'phone' = any (identity_fields)) as "payer.phone",
           exists (select 1 from payers where tenant_id = ${t} and external_ref_hash is not null) as "payer.external_ref",
           exists (select 1 from payers where tenant_id = ${t} and status <> 'erased') as "payer.locale",
           exists (select 1 from payers where tenant_id = ${t} and status <> 'erased') as "payer.metadata",
           exists (select 1 from tokens where tenant_id = ${t} and notes_sealed is not null) as "token.metadata",
           exists (select 1 from charges where tenant_id = ${t}) as "charge.description",
           exists (select 1 from charges where tenant_id = ${t}) as "charge.metadata"`
  return Object.entries(row ?? {})
    .filter(([, held]) => held)
    .map(([field]) => field as PersonalField)
}
