// What waits in a tenant's tables: for the metrics of a worker, from partial indexes alone.
import type { Dependencies } from '../context.ts'

export type Backlog = {
  tenant: string
  /** Charges and refunds whose outcome nobody knows yet, or that a person must decide. */
  undecided: { kind: 'charge' | 'refund'; status: string; count: number }[]
  eventsWaiting: number
  /** Seconds since the oldest event that waits came in; 0 when none does. */
  oldestEventSeconds: number
  exceptionsOpen: { cause: string; count: number }[]
  /** Inquiries that wait for an answer after their term. */
  inquiriesOverdue: number
  /** Requests about personal data that wait for an answer, and those of them that are late. */
  privacyRequests: { open: number; overdue: number }
}

/** One short transaction for each tenant, one after the other. */
export async function readBacklog({
  db,
  tenants,
  clock,
}: Pick<Dependencies, 'db' | 'tenants' | 'clock'>): Promise<Backlog[]> {
  const backlogs: Backlog[] = []
  for (const { id: tenant } of await tenants.list()) {
    const [row] = await db.transaction(
      tenant,
      ({ sql }) => sql<[Omit<Backlog, 'tenant' | 'oldestEventSeconds'> & { oldestEvent: Date | null }]>`
        select (select count(*)::int from stripe_events where tenant_id = ${tenant} and status = 'received') as "eventsWaiting",
               (select min(received_at) from stripe_events where tenant_id = ${tenant} and status = 'received') as "oldestEvent",
               (select coalesce(json_agg(u), '[]') from (
                  select 'charge' as kind, status, count(*)::int as count from charges
                   where tenant_id = ${tenant} and status in ('unknown', 'needs_review') group by status
                  union all
                  select 'refund', status, count(*)::int from refunds where tenant_id = ${tenant} and status = 'unknown' group by status
                ) u) as undecided,
               (select coalesce(json_agg(e), '[]') from (
                  select cause, count(*)::int as count from exceptions where tenant_id = ${tenant} and status = 'open' group by cause
                ) e) as "exceptionsOpen",
               (select count(*)::int from inquiries
                 where tenant_id = ${tenant} and status in ('received', 'assigned') and due_at <= ${clock.now()}) as "inquiriesOverdue",
               (select json_build_object('open', count(*), 'overdue', count(*) filter (where deadline_at < ${clock.now()}))
                  from privacy_requests where tenant_id = ${tenant}
                   and status in ('received', 'verifying', 'verified', 'approved', 'executing')) as "privacyRequests"`,
    )
    const { oldestEvent, ...counts } = row
    const waited = oldestEvent === null ? 0 : clock.now().getTime() - oldestEvent.getTime()
    backlogs.push({ tenant, ...counts, oldestEventSeconds: Math.max(0, waited / 1000) })
  }
  return backlogs
}
