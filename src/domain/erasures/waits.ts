// What an erasure waits for: money that is not decided, disputes in which the company may have to answer, and mails that
// tell the person so, for as long as the outbox commonly tries.
import type { Tx } from '../context.ts'

export type Wait = {
  kind: 'charge' | 'authorization' | 'attempt' | 'refund' | 'dispute' | 'mail'
  id: string
  status: string
}

/** A mail that did not leave by then has no server to leave by. */
const MAIL_WAIT_MS = 3 * 86_400_000

/** So many are named; the rest is waited for all the same. */
const NAMED_MAX = 20

/** An authorization is waited for until it is captured, cancelled or lapses: whose decision that is, it stays. */
export async function waitsOf(tx: Tx, payerId: string, now: Date): Promise<Wait[]> {
  return [
    ...(await tx.sql<Wait[]>`
      with mine as (
        select c.id, c.status, c.disputed from charges c
         where c.tenant_id = ${tx.tenantId} and c.payer_id = ${payerId})
      select case when m.status = 'requires_capture' then 'authorization' else 'charge' end as kind, m.id, m.status
        from mine m
       where m.status in ('created', 'sending', 'processing', 'requires_action', 'requires_capture', 'unknown', 'needs_review')
      union all
      select 'attempt', a.id, a.status
        from mine m join charge_attempts a on a.tenant_id = ${tx.tenantId} and a.charge_id = m.id
       where a.kind <> 'charge'
         and a.status in ('created', 'sending', 'processing', 'requires_action', 'unknown', 'needs_review')
      union all
      select 'refund', r.id, r.status
        from mine m join refunds r on r.tenant_id = ${tx.tenantId} and r.charge_id = m.id
       where r.status in ('sending', 'unknown', 'pending', 'needs_review')
      union all
      select 'dispute', m.id, 'open' from mine m where m.disputed
      union all
      select 'mail', o.id, o.status from mail_outbox o
       where o.tenant_id = ${tx.tenantId} and o.payer_id = ${payerId} and o.status = 'queued'
         and o.created_at > ${new Date(now.getTime() - MAIL_WAIT_MS)}
      limit ${NAMED_MAX}`),
  ]
}
