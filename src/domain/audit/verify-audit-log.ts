// Verifies the audit log in the database: rows from their columns up, blocks, their chain, and the signed checkpoints.
import { z } from 'zod'
import type { Ctx, Tx } from '../context.ts'
import { parseInput } from '../parse-input.ts'
import { requirePermission } from '../permissions.ts'
import { write } from '../write.ts'
import { type ArchiveRow, archivesOf, isSigned } from './archive.ts'
import {
  type BlockFacts,
  CHAIN_START,
  type ChainEnd,
  type ChangedRow,
  judgeBlock,
  judgeChanged,
} from './chain-check.ts'
import { BLOCKS_AT_ONCE, checkBlocks } from './check-blocks.ts'
import { type CheckpointPayload, readCheckpoint, statementHash } from './checkpoint.ts'
import { type AuditFinding, auditFindingSchema, finding } from './finding.ts'
import { judgeCheckpoint, predecessorMissing } from './judge-checkpoint.ts'

/** Blocks of one call: 320,000 rows, a second or two. */
const BLOCKS_MAX = 2 * BLOCKS_AT_ONCE
/** Checkpoints of one call; there is at most one for a block. Those beyond the last block are cut off at this number. */
const CHECKPOINTS_MAX = 1_000
/** Rows that are not sealed yet and are looked at; a sealer that runs leaves fewer. */
const UNSEALED_MAX = 10_000
/** Rows outside all blocks that are named. */
const STRAYS_MAX = 100

export const verifyAuditLogQuery = z.strictObject({
  after_block: z
    .string()
    .regex(/^\d{1,15}$/, 'must be the number of a block')
    .transform(Number)
    .default(0)
    .describe('`next_after_block` of the answer before; from the first block unless told.'),
})

export const auditVerificationSchema = z
  .object({
    object: z.literal('audit_verification'),
    ok: z.boolean().describe('Whether nothing was found.'),
    blocks: z.int().describe('Blocks that were verified in this call.'),
    entries: z.int().describe('Entries of these blocks.'),
    checkpoints: z.int().describe('Signed checkpoints that were held against them.'),
    last_block: z.object({ number: z.int(), hash: z.string(), entries_through: z.int() }),
    unsealed: z.int().nullable().describe('Entries that no block holds yet; at the end of the log only.'),
    findings: z.array(auditFindingSchema),
    next_after_block: z.int().nullable().describe('Where to go on; null at the end of the log.'),
  })
  .meta({ id: 'AuditVerification' })

export type AuditVerification = z.infer<typeof auditVerificationSchema>

/** A limited number of blocks a call; recorded. @throws insufficient_scope, validation_failed */
export async function verifyAuditLog(ctx: Ctx, query: unknown): Promise<AuditVerification> {
  requirePermission(ctx, 'verifyAuditLog')
  const { after_block: after } = parseInput(verifyAuditLogQuery, query)
  return write(ctx, async tx => {
    const newest = await newestCheckpoint(tx)
    const from = await chainEndAt(tx, after)
    const walked = await walkBlocks(ctx, tx, from)
    const signed = await holdCheckpoints(ctx, tx, after, walked, newest)
    const tail = walked.more ? null : await judgeUnsealed(tx)
    const findings = [...walked.findings, ...signed.findings, ...(tail?.findings ?? [])]
    const value: AuditVerification = {
      object: 'audit_verification',
      ok: findings.length === 0,
      blocks: walked.blocks.size,
      entries: walked.rows,
      checkpoints: signed.checkpoints,
      last_block: { number: walked.end.number, hash: walked.end.hash, entries_through: walked.end.rowsThrough },
      unsealed: tail?.rows ?? null,
      findings,
      next_after_block: walked.more ? walked.end.number : null,
    }
    const details = { blocks: value.blocks, findings: [...new Set(findings.map(({ code }) => code))] }
    return { value, audit: { action: 'audit-log.verify', object: { type: 'audit_log', id: null }, details } }
  })
}

/** Noted before the walk: a later one may be of a block that was sealed after it. */
async function newestCheckpoint({ sql, tenantId }: Tx): Promise<number> {
  const [row] = await sql<[{ number: number }]>`
    select coalesce(max(number), 0) as number from audit_checkpoints where tenant_id = ${tenantId}`
  return row.number
}

/** The block that a walk goes on from; the start of the chain where there is none. */
async function chainEndAt({ sql, tenantId }: Tx, number: number): Promise<ChainEnd> {
  const [row] = await sql<{ number: number; hash: Buffer; rows_through: number }[]>`
    select number, hash, rows_through from audit_blocks
     where tenant_id = ${tenantId} and number <= ${number} order by number desc limit 1`
  return row ? { number: row.number, hash: row.hash.toString('hex'), rowsThrough: row.rows_through } : CHAIN_START
}

type Walked = {
  end: ChainEnd
  blocks: Map<number, { hash: string; rowsThrough: number }>
  rows: number
  findings: AuditFinding[]
  more: boolean
}

/** Archives of these blocks that one of our keys signed; the others are named. */
async function archivedBlocks(ctx: Ctx, tx: Tx, walked: Walked, blocks: readonly BlockFacts[]): Promise<ArchiveRow[]> {
  const [first, last] = [blocks[0], blocks.at(-1)]
  if (!first || !last) return []
  const archives = await archivesOf(tx, first.number, last.number)
  for (const row of archives.filter(one => !isSigned(ctx, tx.tenantId, one))) {
    const detail = 'The archive in the database is not one that was signed with our keys.'
    walked.findings.push(finding('archive_forged', detail, { block: row.first_block }))
  }
  return archives.filter(one => isSigned(ctx, tx.tenantId, one))
}

const holds = (archive: ArchiveRow, block: number): boolean =>
  archive.first_block <= block && block <= archive.last_block

async function walkBlocks(ctx: Ctx, tx: Tx, from: ChainEnd): Promise<Walked> {
  const walked: Walked = { end: from, blocks: new Map(), rows: 0, findings: [], more: true }
  while (walked.more && walked.blocks.size < BLOCKS_MAX) {
    const checked = await checkBlocks(tx, walked.end.number)
    const signed = await archivedBlocks(ctx, tx, walked, checked)
    for (const facts of checked) {
      const block = { ...facts, archived: signed.some(one => holds(one, facts.number)) }
      walked.findings.push(...judgeBlock(walked.end, block))
      walked.blocks.set(block.number, block)
      walked.rows += block.rowsFound
      walked.end = block
    }
    walked.more = checked.length === BLOCKS_AT_ONCE
  }
  return walked
}

type CheckpointRow = {
  number: number
  id: string
  block_number: number
  rows_through: number
  head: Buffer
  statement: string
  before: string | null
}

/** The database's own checkpoints of the blocks that were walked, and at the end of the log those beyond it. */
async function holdCheckpoints(ctx: Ctx, tx: Tx, after: number, walked: Walked, newest: number) {
  const last = walked.end
  const rows = await tx.sql<CheckpointRow[]>`
    select c.number, c.id, c.block_number, c.rows_through, c.head, c.statement,
           (select b.statement from audit_checkpoints b where b.tenant_id = c.tenant_id and b.number = c.number - 1) as before
      from audit_checkpoints c
     where c.tenant_id = ${tx.tenantId} and c.block_number > ${after} and c.number <= ${newest}
       and (c.block_number <= ${last.number} or ${!walked.more})
     order by c.number limit ${CHECKPOINTS_MAX}`
  const findings: AuditFinding[] = []
  for (const row of rows) {
    const payload = readCheckpoint(row.statement, ctx.statements.read)
    if (!payload || !saysTheSame(row, payload, tx.tenantId)) {
      const detail = 'The checkpoint in the database is not one that was signed with our keys.'
      findings.push(finding('checkpoint_forged', detail, { block: row.block_number, checkpoint: row.number }))
      continue
    }
    if (row.number > 1 && (row.before === null || payload.previous !== statementHash(row.before).toString('hex')))
      findings.push(predecessorMissing(row.number))
    findings.push(...judgeCheckpoint(payload, walked.blocks.get(payload.block), last))
  }
  return { checkpoints: rows.length, findings }
}

const saysTheSame = (row: CheckpointRow, payload: CheckpointPayload, tenantId: string): boolean =>
  payload.tenant === tenantId &&
  payload.checkpoint === row.number &&
  payload.id === row.id &&
  payload.block === row.block_number &&
  payload.rows === row.rows_through &&
  payload.head === row.head.toString('hex')

/** Rows above the last block are not proved against their past, but each against its own hash. */
async function judgeUnsealed(tx: Tx): Promise<{ rows: number; findings: AuditFinding[] }> {
  const { sql, tenantId } = tx
  const [row] = await sql<[{ rows: number; changed: ChangedRow[] }]>`
    select count(*)::int as rows,
           coalesce(json_agg(json_build_object('id', u.id, 'sequence', u.sequence, 'text', u.text, 'hash', encode(u.row_hash, 'hex')))
             filter (where u.row_hash <> sha256(convert_to(u.text, 'UTF8'))), '[]') as changed
      from (select t.* from audit_texts t
             where t.tenant_id = ${tenantId}
               and (t.transaction_number, t.sequence) > (
                 coalesce((select max(b.end_transaction) from audit_blocks b where b.tenant_id = ${tenantId}), 0),
                 coalesce((select b.end_sequence from audit_blocks b where b.tenant_id = ${tenantId} order by b.number desc limit 1), 0))
             order by t.transaction_number, t.sequence limit ${UNSEALED_MAX}) u`
  const findings = [...judgeChanged({ number: null, rowsChanged: row.changed }), ...(await findStrays(tx))]
  return { rows: row.rows, findings }
}

/** No transaction has a number below 1, nor one that the server has not come to: no block will ever hold such a row. */
async function findStrays({ sql, tenantId }: Tx): Promise<AuditFinding[]> {
  const rows = await sql<{ id: string }[]>`
    select id from audit_log
     where tenant_id = ${tenantId}
       and (transaction_number < 1 or transaction_number is null
            or transaction_number > greatest(
                 pg_snapshot_xmax(pg_current_snapshot())::text::bigint - 1,
                 (select max(b.end_transaction) from audit_blocks b where b.tenant_id = ${tenantId})))
     order by transaction_number, sequence limit ${STRAYS_MAX}`
  if (rows.length === 0) return []
  const detail = 'Entries bear a number that no transaction of this server has had, so no block holds them.'
  return [finding('entries_added', detail, { entries: rows.map(({ id }) => id) })]
}
