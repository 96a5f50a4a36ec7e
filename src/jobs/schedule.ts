// What runs by itself, and how often, in business time; and the one who is due is enqueued by whichever worker sees it.
import type { Dependencies } from '../domain/context.ts'
import type { QueueName } from '../queue/queue-names.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS

/** `atStripe`: without the tenant's key there is nothing to do. */
export const SCHEDULE: Readonly<Partial<Record<QueueName, { everyMs: number; atStripe?: boolean }>>> = {
  // Stripe sends no event for a balance line; payout events ask for a sync besides.
  'sync-stripe-mirror': { everyMs: 5 * MINUTE_MS, atStripe: true },
  'scan-event-gap': { everyMs: HOUR_MS, atStripe: true },
  'start-daily-reconciliation': { everyMs: DAY_MS, atStripe: true },
  'expire-tokens': { everyMs: DAY_MS },
  'apply-retention': { everyMs: DAY_MS },
  'archive-audit': { everyMs: DAY_MS },
  'watch-privacy-requests': { everyMs: DAY_MS },
}

/** Enqueues what is due for a tenant; answers how much. A task that is new is due after one interval. */
export async function enqueueDue({ db, clock, queue, tenants }: Dependencies, tenantId: string): Promise<number> {
  const tenant = await tenants.find(tenantId)
  if (!tenant) return 0
  const now = clock.now()
  const possible = Object.entries(SCHEDULE).filter(([, { atStripe }]) => tenant.secrets !== null || !atStripe)
  const tasks = possible.map(([task, { everyMs }]) => ({
    task,
    next: new Date(now.getTime() + everyMs).toISOString(),
    // Further away than two intervals: the clock was set back since.
    beyond: new Date(now.getTime() + 2 * everyMs).toISOString(),
  }))
  const told = JSON.stringify(tasks)
  return db.transaction(tenantId, async tx => {
    const due = await tx.sql<{ task: QueueName }[]>`
      update scheduled_tasks s set due_at = w.next
        from jsonb_to_recordset(${told}::text::jsonb) as w(task text, next timestamptz, beyond timestamptz)
       where s.tenant_id = ${tenantId} and s.task = w.task and (s.due_at <= ${now} or s.due_at > w.beyond)
      returning s.task`
    await tx.sql`
      insert into scheduled_tasks (tenant_id, task, due_at)
      select ${tenantId}, w.task, w.next
        from jsonb_to_recordset(${told}::text::jsonb) as w(task text, next timestamptz)
      on conflict do nothing`
    for (const { task } of due) await queue.enqueue(tx, task, { tenantId }, { singletonKey: tenantId })
    return due.length
  })
}
