// When each scheduled task of a tenant is due next; claimed by whichever worker sees it first.
import { pgTable, primaryKey, text } from 'drizzle-orm/pg-core'
import { instant, tenantId } from './columns.ts'

export const scheduledTasks = pgTable(
  'scheduled_tasks',
  {
    tenantId: tenantId(),
    task: text('task').notNull(),
    /** Business time. */
    dueAt: instant('due_at').notNull(),
  },
  table => [primaryKey({ columns: [table.tenantId, table.task] })],
)
