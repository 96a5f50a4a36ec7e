// Erasures of payers: how far each has come, what it waits for, and the receipt at its end.
import { sql } from 'drizzle-orm'
import {
  boolean,
  check,
  foreignKey,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
  uniqueIndex,
} from 'drizzle-orm/pg-core'
import { instant, tenantId } from './columns.ts'
import { payers } from './payers.ts'

export const erasures = pgTable(
  'erasures',
  {
    tenantId: tenantId(),
    id: text('id').notNull(),
    payerId: text('payer_id').notNull(),
    /** The privacy request that asked for it; none when it is applied again after a restore. */
    requestId: text('request_id'),
    /** Whether the payer had been erased before and came back with an older copy of the database. */
    restored: boolean('restored').notNull().default(false),
    status: text('status').notNull().default('running'),
    /** The step that comes next. */
    step: text('step').notNull(),
    /** What the step waits for: `[{ kind, id, status }]`. */
    waitsFor: jsonb('waits_for').$type<{ kind: string; id: string; status: string }[]>().notNull().default([]),
    /** Failed tries of the step. */
    attempts: integer('attempts').notNull().default(0),
    errorCode: text('error_code'),
    /** Business time. */
    nextAttemptAt: instant('next_attempt_at').notNull(),
    /** Wall time until which one worker owns it. */
    leaseUntil: instant('lease_until'),
    /** Rows emptied or removed so far, by what they are. */
    counts: jsonb('counts').$type<Record<string, number>>().notNull().default({}),
    /** The version of the keyring that wrapped the payer's data key last. */
    keyVersion: integer('key_version'),
    /** Wall time: other processes may hold the key for a while after it. */
    keyDestroyedAt: instant('key_destroyed_at'),
    receipt: text('receipt'),
    startedAt: instant('started_at').notNull(),
    finishedAt: instant('finished_at'),
  },
  table => [
    primaryKey({ columns: [table.tenantId, table.id] }),
    foreignKey({ columns: [table.tenantId, table.payerId], foreignColumns: [payers.tenantId, payers.id] }),
    uniqueIndex('erasures_payer').on(table.tenantId, table.payerId),
    index('erasures_due').on(table.tenantId, table.nextAttemptAt).where(sql`status = 'running'`),
    check('erasures_status', sql`${table.status} in ('running', 'done')`),
    check('erasures_receipt', sql`(${table.status} = 'done') = (${table.receipt} is not null)`),
  ],
)
