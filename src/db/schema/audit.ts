// The audit log: one row for every change, denial and reveal, appended in the transaction of the change, never altered;
// the blocks that seal it, and the signed checkpoints of these.
import { sql } from 'drizzle-orm'
import {
  bigint,
  bigserial,
  check,
  foreignKey,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  smallint,
  text,
  uniqueIndex,
} from 'drizzle-orm/pg-core'
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
    transactionNumber: bigint('transaction_number', { mode: 'number' }).generatedAlwaysAs(sql`transaction_id::bigint`),
    rowHash: bytes('row_hash').notNull(),
    /** How the hashed text is made, see the view audit_texts. */
    hashVersion: smallint('hash_version').notNull().default(1),
  },
  table => [
    primaryKey({ columns: [table.tenantId, table.sequence] }),
    index('audit_log_at').on(table.tenantId, table.at),
    index('audit_log_object').on(table.tenantId, table.objectId),
    index('audit_log_payer').on(table.tenantId, table.payerId),
    index('audit_log_action').on(table.tenantId, table.action, table.sequence),
    index('audit_log_actor').on(table.tenantId, table.actorId, table.sequence),
    index('audit_log_transaction').on(table.tenantId, table.transactionNumber, table.sequence),
  ],
)

const count = (name: string) => bigint(name, { mode: 'number' })

/** A block holds the rows above the end of the block before it and up to its own, by transaction and sequence. */
export const auditBlocks = pgTable(
  'audit_blocks',
  {
    tenantId: tenantId(),
    number: count('number').notNull(),
    rowCount: integer('row_count').notNull(),
    /** Rows of this block and all before it. */
    rowsThrough: count('rows_through').notNull(),
    endTransaction: count('end_transaction').notNull(),
    endSequence: count('end_sequence').notNull(),
    /** Merkle tree hash over the rows' hashes (RFC 6962). */
    root: bytes('root').notNull(),
    previousHash: bytes('previous_hash').notNull(),
    hash: bytes('hash').notNull(),
    sealedAt: instant('sealed_at').notNull(),
  },
  table => [
    primaryKey({ columns: [table.tenantId, table.number] }),
    uniqueIndex('audit_blocks_end').on(table.tenantId, table.endTransaction, table.endSequence),
  ],
)

export const auditCheckpoints = pgTable(
  'audit_checkpoints',
  {
    tenantId: tenantId(),
    number: count('number').notNull(),
    id: text('id').notNull(),
    blockNumber: count('block_number').notNull(),
    rowsThrough: count('rows_through').notNull(),
    /** The hash of that block. */
    head: bytes('head').notNull(),
    statement: text('statement').notNull(),
    createdAt: instant('created_at').notNull(),
  },
  table => [
    primaryKey({ columns: [table.tenantId, table.number] }),
    uniqueIndex('audit_checkpoints_block').on(table.tenantId, table.blockNumber),
  ],
)

/** What became of a checkpoint at each place outside the database. */
export const auditCheckpointCopies = pgTable(
  'audit_checkpoint_copies',
  {
    tenantId: tenantId(),
    sink: text('sink').notNull(),
    checkpointNumber: count('checkpoint_number').notNull(),
    status: text('status').notNull(),
    attempts: integer('attempts').notNull().default(0),
    nextAttemptAt: instant('next_attempt_at').notNull(),
    writtenAt: instant('written_at'),
    errorCode: text('error_code'),
    /** What the place gave back, such as a time stamp. */
    evidence: bytes('evidence'),
  },
  table => [
    primaryKey({ columns: [table.tenantId, table.sink, table.checkpointNumber] }),
    foreignKey({
      name: 'audit_checkpoint_copies_checkpoint_fk',
      columns: [table.tenantId, table.checkpointNumber],
      foreignColumns: [auditCheckpoints.tenantId, auditCheckpoints.number],
    }),
    index('audit_checkpoint_copies_waiting')
      .on(table.tenantId, table.nextAttemptAt)
      .where(sql`${table.status} = 'waiting'`),
    check('audit_checkpoint_copies_status', sql`${table.status} in ('waiting', 'written', 'contradicted')`),
  ],
)

/** Files that hold the entries of blocks, and the signed statement of each. */
export const auditArchives = pgTable(
  'audit_archives',
  {
    tenantId: tenantId(),
    firstBlock: count('first_block').notNull(),
    lastBlock: count('last_block').notNull(),
    rowCount: count('row_count').notNull(),
    file: text('file').notNull(),
    /** SHA-256 of the file. */
    digest: bytes('digest').notNull(),
    statement: text('statement').notNull(),
    createdAt: instant('created_at').notNull(),
  },
  table => [
    primaryKey({ columns: [table.tenantId, table.firstBlock] }),
    check('audit_archives_range', sql`${table.lastBlock} >= ${table.firstBlock}`),
  ],
)
