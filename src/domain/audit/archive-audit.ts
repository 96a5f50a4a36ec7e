// Moves blocks that are old enough into archive files: written, read back, verified and signed before an entry leaves the
// database. Archives that have been kept long enough are dropped; blocks and checkpoints stay for good.
import type { ArchiveFolder } from '../../outbound/archive-folder.ts'
import type { Ctx, Tx } from '../context.ts'
import { read, write } from '../write.ts'
import type { ArchivePayload, ArchiveRow } from './archive.ts'
import { archivesKeptFrom } from './archives-kept-from.ts'
import { linesOfBlocks, originOf, startBefore } from './export-audit.ts'
import { archiveHeadLine, endLine } from './export-lines.ts'
import { createExportVerifier } from './verify-export.ts'

/** A file ends with the block that brings it to so many entries, or blocks; a log that is quiet has blocks of a few entries, four a minute. */
const ROWS_PER_FILE = 100_000
const BLOCKS_PER_FILE = 2_000
const FILES_PER_RUN = 50
const DROPS_PER_RUN = 100
const DAY_MS = 86_400_000
const NUMBER_DIGITS = 12

type Range = { first: number; last: number; head: string; rows: number; checkpoint: number }

/** How many files were written. Without a folder nothing leaves the database. */
export async function archiveAudit(ctx: Ctx): Promise<number> {
  const { auditArchive: folder } = ctx
  if (folder === null) return 0
  let files = 0
  // What a crash left in the database after it was archived.
  await emptyLast(ctx)
  while (files < FILES_PER_RUN) {
    const range = await read(ctx, tx => nextRange(ctx, tx))
    if (range === null) break
    await archiveRange(ctx, folder, range)
    await emptyLast(ctx)
    files++
  }
  await dropOld(ctx, folder)
  return files
}

/** The next blocks that are old enough and that a checkpoint covers. */
async function nextRange(ctx: Ctx, { sql, tenantId }: Tx): Promise<Range | null> {
  const before = new Date(ctx.clock.now().getTime() - ctx.settings.auditAtHandDays * DAY_MS)
  const [range] = await sql<(Range & { first: number | null })[]>`
    select min(b.number) as first, max(b.number) as last, coalesce(sum(b.row_count), 0)::bigint as rows,
           (array_agg(encode(b.hash, 'hex') order by b.number desc))[1] as head,
           (select coalesce(max(number), 0) from audit_checkpoints where tenant_id = ${tenantId}) as checkpoint
      from (select number, row_count, hash, sum(row_count) over (order by number) as rows from audit_blocks
             where tenant_id = ${tenantId} and sealed_at < ${before}
               and number > coalesce((select max(last_block) from audit_archives where tenant_id = ${tenantId}), 0)
               and number <= coalesce((select max(block_number) from audit_checkpoints where tenant_id = ${tenantId}), 0)
             order by number limit ${BLOCKS_PER_FILE}) b
     where b.rows - b.row_count < ${ROWS_PER_FILE}`
  return range?.first ? range : null
}

async function archiveRange(ctx: Ctx, folder: ArchiveFolder, range: Range): Promise<void> {
  const { tenantId } = ctx
  const number = (block: number) => String(block).padStart(NUMBER_DIGITS, '0')
  const file = `${tenantId}-${number(range.first)}-${number(range.last)}.ndjson.gz`
  const digest = await folder.write(file, archiveLines(ctx, range))
  const verifier = createExportVerifier(ctx.statements.read)
  const found = await folder.read(file, line => verifier.take(line))
  const verdict = verifier.end()
  if (
    !found?.equals(digest) ||
    !verdict.ok ||
    verdict.entries !== range.rows ||
    verdict.last_block.hash !== range.head
  ) {
    ctx.meter.count('alerts', { name: 'archive_not_sound' })
    throw new Error('an archive of the audit log does not verify; nothing was removed')
  }
  const now = ctx.clock.now()
  const payload: ArchivePayload = {
    tenant: tenantId,
    first_block: range.first,
    last_block: range.last,
    rows: range.rows,
    head: range.head,
    file,
    sha256: digest.toString('hex'),
    at: now.toISOString(),
  }
  await write(ctx, async ({ sql }) => {
    await sql`
      insert into audit_archives (tenant_id, first_block, last_block, row_count, file, digest, statement, created_at)
      values (${tenantId}, ${range.first}, ${range.last}, ${range.rows}, ${file}, ${digest},
              ${ctx.statements.sign('archive', payload)}, ${now})`
    const details = { first_block: range.first, last_block: range.last, entries: range.rows }
    return { value: null, audit: { action: 'audit-log.archive', object: { type: 'audit_archive', id: file }, details } }
  })
}

async function* archiveLines(ctx: Ctx, { first, last, checkpoint }: Range): AsyncGenerator<string> {
  yield archiveHeadLine(originOf(ctx), await read(ctx, tx => startBefore(tx, first)))
  const { blocks, rows } = yield* linesOfBlocks(ctx, first - 1, { block: last, checkpoint })
  yield endLine({ blocks, rows })
}

/** Takes the entries that the newest archive holds out of the database, block by block. */
async function emptyLast(ctx: Ctx): Promise<void> {
  const blocks = await read(
    ctx,
    ({ sql, tenantId }) => sql<{ number: number; root: Buffer }[]>`
      select b.number, b.root
        from (select first_block, last_block from audit_archives where tenant_id = ${tenantId} order by first_block desc limit 1) c
        join audit_blocks b on b.tenant_id = ${tenantId} and b.number between c.first_block and c.last_block
        left join audit_blocks p on p.tenant_id = ${tenantId} and p.number = b.number - 1
       where exists (
         select 1 from audit_log a
          where a.tenant_id = ${tenantId}
            and (a.transaction_number, a.sequence) > (coalesce(p.end_transaction, 0), coalesce(p.end_sequence, 0))
            and (a.transaction_number, a.sequence) <= (b.end_transaction, b.end_sequence))
       order by b.number`,
  )
  for (const { number, root } of blocks) {
    await read(ctx, ({ sql, tenantId }) => sql`select panless_remove_archived(${tenantId}, ${number}, ${root})`)
  }
}

/** Files whose newest entries are older than archives are kept. */
async function dropOld(ctx: Ctx, folder: ArchiveFolder): Promise<void> {
  const before = await archivesKeptFrom(ctx)
  const there = await folder.list()
  const old = await read(
    ctx,
    ({ sql, tenantId }) => sql<ArchiveRow[]>`
      select a.file, a.first_block, a.last_block
        from audit_archives a join audit_blocks b on b.tenant_id = a.tenant_id and b.number = a.last_block
       where a.tenant_id = ${tenantId} and b.sealed_at < ${before} and a.file = any(${there})
       order by a.first_block limit ${DROPS_PER_RUN}`,
  )
  for (const { file, first_block, last_block } of old) {
    const details = { first_block, last_block }
    await write(ctx, async () => ({
      value: null,
      audit: { action: 'audit-log.drop-archive', object: { type: 'audit_archive', id: file }, details },
    }))
    // Recorded first: what a crash leaves in the folder is recorded once more and then goes.
    await folder.remove(file)
  }
}
