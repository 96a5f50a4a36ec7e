// Writes a tenant's audit log out, line by line, for somebody who verifies it without the database.
import type { Ctx, Tx } from '../context.ts'
import { invalidState } from '../errors.ts'
import { requirePermission } from '../permissions.ts'
import { read, write } from '../write.ts'
import { statementHash } from './checkpoint.ts'
import {
  type ArchiveStart,
  blockLine,
  checkpointLine,
  endLine,
  headLine,
  rowLine,
  UNSEALED_LINE,
} from './export-lines.ts'

/** Blocks of one transaction; their rows are in memory together. */
const BLOCKS_AT_ONCE = 5
/** Rows that are not sealed yet and go out too. */
const UNSEALED_MAX = 100_000

/**
 * Blocks from the first that is not archived, each with its rows and checkpoints, then what is not sealed yet; recorded.
 * What is sealed meanwhile goes out as not sealed. @throws insufficient_scope, invalid_state
 */
export async function* exportAudit(ctx: Ctx): AsyncGenerator<string> {
  requirePermission(ctx, 'listAuditLog')
  await write(ctx, async () => ({
    value: null,
    audit: { action: 'audit-log.export', object: { type: 'audit_log', id: null } },
  }))
  const end = await read(ctx, readEnd)
  const start = end.archived === 0 ? null : await read(ctx, tx => startBefore(tx, end.archived + 1))
  yield headLine(originOf(ctx), start)
  const counts = yield* linesOfBlocks(ctx, start?.number ?? 0, end)
  const { beyond, unsealed } = await read(ctx, tx => readTail(tx, counts.last, end))
  for (const statement of beyond) yield checkpointLine(statement)
  yield UNSEALED_LINE
  for (const row of unsealed) yield rowLine(row.hash, row.text)
  if ((await read(ctx, readEnd)).archived !== end.archived) {
    throw invalidState(
      'Entries left for an archive while they were written out, so the export is not whole. Remove it, then run this again.',
    )
  }
  yield endLine({ blocks: counts.blocks, rows: counts.rows + unsealed.length })
}

/** How far a file goes: what is sealed and signed later would be half in it. */
export type ExportEnd = { block: number; checkpoint: number }

/** Of one moment, with the last block that has left for an archive; 0 for none. */
async function readEnd({ sql, tenantId }: Tx): Promise<ExportEnd & { archived: number }> {
  const [end] = await sql<[ExportEnd & { archived: number }]>`
    select (select coalesce(max(number), 0) from audit_blocks where tenant_id = ${tenantId}) as block,
           (select coalesce(max(number), 0) from audit_checkpoints where tenant_id = ${tenantId}) as checkpoint,
           (select coalesce(max(last_block), 0) from audit_archives where tenant_id = ${tenantId}) as archived`
  return end
}

/** The blocks after a number with their rows and checkpoints; answers how many they were, and the last. */
export async function* linesOfBlocks(ctx: Ctx, after: number, end: ExportEnd) {
  const counts = { blocks: 0, rows: 0, last: after }
  while (counts.last < end.block) {
    const blocks = await read(ctx, tx => readBlocks(tx, counts.last, end))
    if (blocks.length === 0) break
    for (const block of blocks) {
      yield* linesOfBlock(block)
      counts.blocks++
      counts.rows += block.rows.length
      counts.last = block.number
    }
  }
  return counts
}

/** What the first line says of where a file comes from. */
export const originOf = ({ tenantId, settings, clock }: Ctx) => ({
  tenant: tenantId,
  region: settings.region,
  at: clock.now(),
})

export type ExportedBlock = {
  number: number
  hash: string
  text: string
  rows: { hash: string; text: string }[]
  checkpoints: string[]
}

export function* linesOfBlock(block: ExportedBlock): Generator<string> {
  yield blockLine(block.hash, block.text)
  for (const row of block.rows) yield rowLine(row.hash, row.text)
  for (const statement of block.checkpoints) yield checkpointLine(statement)
}

/** The blocks after a number, each with the rows that fall to it and the checkpoints since the one before. */
export async function readBlocks({ sql, tenantId }: Tx, after: number, end: ExportEnd): Promise<ExportedBlock[]> {
  const blocks = await sql<(Omit<ExportedBlock, 'rows'> & Range)[]>`
    select b.number, encode(b.hash, 'hex') as hash, panless_audit_block_text(b) as text,
           b.end_transaction, b.end_sequence, coalesce(p.end_transaction, 0) as from_transaction,
           coalesce(p.end_sequence, 0) as from_sequence,
           array(select c.statement from audit_checkpoints c
                  where c.tenant_id = ${tenantId} and c.block_number > coalesce(p.number, 0) and c.block_number <= b.number
                    and c.number <= ${end.checkpoint}
                  order by c.number) as checkpoints
      from audit_blocks b
      left join lateral (
        select e.number, e.end_transaction, e.end_sequence from audit_blocks e
         where e.tenant_id = ${tenantId} and e.number < b.number order by e.number desc limit 1) p on true
     where b.tenant_id = ${tenantId} and b.number > ${after} and b.number <= ${end.block}
     order by b.number limit ${BLOCKS_AT_ONCE}`
  const exported: ExportedBlock[] = []
  for (const block of blocks) {
    const rows = await sql<{ hash: string; text: string }[]>`
      select encode(t.row_hash, 'hex') as hash, t.text from audit_texts t
       where t.tenant_id = ${tenantId}
         and (t.transaction_number, t.sequence) > (${block.from_transaction}, ${block.from_sequence})
         and (t.transaction_number, t.sequence) <= (${block.end_transaction}, ${block.end_sequence})
       order by t.transaction_number, t.sequence`
    exported.push({ ...block, rows: [...rows] })
  }
  return exported
}

type Range = { end_transaction: number; end_sequence: number; from_transaction: number; from_sequence: number }

async function readTail({ sql, tenantId }: Tx, last: number, end: ExportEnd) {
  const beyond = await sql<{ statement: string }[]>`
    select statement from audit_checkpoints
     where tenant_id = ${tenantId} and block_number > ${last} and number <= ${end.checkpoint} order by number`
  const unsealed = await sql<{ hash: string; text: string }[]>`
    select encode(t.row_hash, 'hex') as hash, t.text from audit_texts t
     where t.tenant_id = ${tenantId}
       and (t.transaction_number, t.sequence) > (
         coalesce((select b.end_transaction from audit_blocks b where b.tenant_id = ${tenantId} and b.number = ${last}), 0),
         coalesce((select b.end_sequence from audit_blocks b where b.tenant_id = ${tenantId} and b.number = ${last}), 0))
     order by t.transaction_number, t.sequence limit ${UNSEALED_MAX}`
  return { beyond: beyond.map(({ statement }) => statement), unsealed: [...unsealed] }
}

/** The block, the checkpoint and the archive before a block. */
export async function startBefore({ sql, tenantId }: Tx, first: number): Promise<ArchiveStart> {
  const [block] = await sql<{ number: number; hash: Buffer; rows_through: number }[]>`
    select number, hash, rows_through from audit_blocks where tenant_id = ${tenantId} and number = ${first - 1}`
  const [checkpoint] = await sql<{ number: number; statement: string }[]>`
    select number, statement from audit_checkpoints
     where tenant_id = ${tenantId} and block_number < ${first} order by number desc limit 1`
  const [archive] = await sql<{ statement: string }[]>`
    select statement from audit_archives where tenant_id = ${tenantId} and last_block = ${first - 1}`
  return {
    number: block?.number ?? 0,
    hash: block?.hash.toString('hex') ?? '0'.repeat(64),
    rowsThrough: block?.rows_through ?? 0,
    checkpoint: checkpoint
      ? { number: checkpoint.number, hash: statementHash(checkpoint.statement).toString('hex') }
      : null,
    archive: archive?.statement ?? null,
  }
}
