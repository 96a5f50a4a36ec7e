// Ends living consents in the caller's transaction: what rests on them is not begun after that has been committed.
import type { Tx } from '../context.ts'

/** Keeps the first time of a consent that was withdrawn before. Answers those that were living. */
export async function endConsents(
  tx: Tx,
  payerId: string,
  consentIds: readonly string[],
  now: Date,
): Promise<{ id: string; purpose: string }[]> {
  if (consentIds.length === 0) return []
  // Charges are reserved under the lock on their token: taking it first lets those under way finish, and no more begin.
  await tx.sql`
    select id from tokens where tenant_id = ${tx.tenantId} and consent_id = any (${consentIds as string[]})
     order by id for no key update`
  return tx.sql<{ id: string; purpose: string }[]>`
    update consents set withdrawn_at = ${now}
     where tenant_id = ${tx.tenantId} and id = any (${consentIds as string[]}) and payer_id = ${payerId}
       and withdrawn_at is null
    returning id, purpose`
}
