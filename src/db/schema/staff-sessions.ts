// Sessions of people of the company at the console: the hash of what the browser holds, a subject, and no name.
import { index, pgTable, primaryKey, text, uniqueIndex } from 'drizzle-orm/pg-core'
import { bytes, instant, tenantId } from './columns.ts'

/** All times are wall times. */
export const staffSessions = pgTable(
  'staff_sessions',
  {
    tenantId: tenantId(),
    id: text('id').notNull(),
    secretHash: bytes('secret_hash').notNull(),
    /** The issuer's name for the person. */
    subject: text('subject').notNull(),
    roles: text('roles').array().notNull(),
    createdAt: instant('created_at').notNull(),
    lastSeenAt: instant('last_seen_at').notNull(),
    expiresAt: instant('expires_at').notNull(),
    endedAt: instant('ended_at'),
  },
  table => [
    primaryKey({ columns: [table.tenantId, table.id] }),
    uniqueIndex('staff_sessions_secret').on(table.tenantId, table.secretHash),
    index('staff_sessions_subject').on(table.tenantId, table.subject, table.createdAt),
  ],
)
