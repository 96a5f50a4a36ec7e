// The audit log: one row for every change, denial and reveal, appended in the transaction of the change, never altered.
import { bigserial, index, jsonb, pgTable, primaryKey, text } from 'drizzle-orm/pg-core'
import { bytes, instant, tenantId } from './columns.ts'

export const auditLog = pgTable(
  'audit_log',
  {
    tenantId: tenantId(),
    sequence: bigserial('sequence', { mode: 'number' }).notNull(),
    id: text('id').notNull(),
    at: instant('at').notNull(),
    actorKind: text('actor_kind').notNull(),
    actorId: text('actor_id').notNull(),
    action: text('action').notNull(),
    outcome: text('outcome').notNull(),
    objectType: text('object_type').notNull(),
    objectId: text('object_id'),
    payerId: text('payer_id'),
    requestId: text('request_id').notNull(),
    /** Keyed hash of the caller's address. */
    addressHash: bytes('address_hash'),
    /** Ids, field names and codes; never a value about a person. */
    details: jsonb('details').$type<Record<string, unknown>>().notNull(),
    /** Of the writing transaction, so that a sealer can stay below the horizon of running ones. */
    transactionId: text('transaction_id').notNull(),
    rowHash: bytes('row_hash').notNull(),
  },
  table => [
    primaryKey({ columns: [table.tenantId, table.sequence] }),
    index('audit_log_at').on(table.tenantId, table.at),
    index('audit_log_object').on(table.tenantId, table.objectId),
    index('audit_log_payer').on(table.tenantId, table.payerId),
    index('audit_log_action').on(table.tenantId, table.action, table.sequence),
  ],
)
