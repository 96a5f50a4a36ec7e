// Keeps in the person's log what Stripe was told beyond the making of its customer, which the database itself records.
import type { Ctx, Tx } from '../context.ts'
import { newId } from '../ids.ts'
import type { DisclosureField } from './disclosure-fields.ts'

/** In its caller's transaction, which audits the telling. */
export async function recordStripeDisclosure(
  tx: Tx,
  ctx: Ctx,
  payerId: string,
  purpose: string,
  fields: readonly DisclosureField[],
): Promise<void> {
  const now = ctx.clock.now()
  const id = newId('disclosure', now)
  await tx.sql`
    insert into disclosures (tenant_id, id, status, basis, purpose, payer_id, recipient_code, fields, people, format,
                             created_by, created_at)
    values (${tx.tenantId}, ${id}, 'made', 'contract', ${purpose}, ${payerId}, 'stripe', ${fields as string[]}, 1, 'json',
            'panless', ${now})`
  await tx.sql`
    insert into disclosure_people (tenant_id, payer_id, disclosure_id, at) values (${tx.tenantId}, ${payerId}, ${id}, ${now})`
}
