// Verifies the archive files of a tenant against what the database knows of them.
import type { ArchiveFolder } from '../../outbound/archive-folder.ts'
import type { Ctx } from '../context.ts'
import { requirePermission } from '../permissions.ts'
import { read } from '../write.ts'
import { type ArchiveRow, archivesOf, isSigned } from './archive.ts'
import { archivesKeptFrom } from './archives-kept-from.ts'
import { type AuditFinding, finding } from './finding.ts'
import { createExportVerifier } from './verify-export.ts'

export type ArchivesVerdict = { archives: number; entries: number; findings: AuditFinding[] }

/** @throws insufficient_scope */
export async function verifyArchives(ctx: Ctx, folder: ArchiveFolder): Promise<ArchivesVerdict> {
  requirePermission(ctx, 'listAuditLog')
  const archives = await read(ctx, tx => archivesOf(tx, 0, Number.MAX_SAFE_INTEGER))
  const verdict: ArchivesVerdict = { archives: archives.length, entries: 0, findings: [] }
  for (const row of archives) {
    const { entries, findings } = await verifyOne(ctx, folder, row)
    verdict.entries += entries
    verdict.findings.push(...findings)
  }
  return verdict
}

async function verifyOne(ctx: Ctx, folder: ArchiveFolder, row: ArchiveRow) {
  const about = { block: row.first_block }
  if (!isSigned(ctx, ctx.tenantId, row)) {
    const detail = 'The archive in the database is not one that was signed with our keys.'
    return { entries: 0, findings: [finding('archive_forged', detail, about)] }
  }
  const verifier = createExportVerifier(ctx.statements.read)
  const digest = await folder.read(row.file, line => verifier.take(line)).catch(() => undefined)
  if (digest === null) {
    // Kept long enough, and dropped.
    if (await isDropped(ctx, row)) return { entries: 0, findings: [] }
    return { entries: 0, findings: [finding('archive_missing', `The file ${row.file} is not there.`, about)] }
  }
  const verdict = verifier.end()
  const findings = [...verdict.findings]
  if (!digest?.equals(row.digest)) {
    findings.push(finding('archive_damaged', `The file ${row.file} is not the one that was signed.`, about))
  }
  return { entries: verdict.entries, findings }
}

async function isDropped(ctx: Ctx, row: ArchiveRow): Promise<boolean> {
  const before = await archivesKeptFrom(ctx)
  const rows = await read(
    ctx,
    ({ sql, tenantId }) => sql`
      select 1 from audit_blocks where tenant_id = ${tenantId} and number = ${row.last_block} and sealed_at < ${before}`,
  )
  return rows.length > 0
}
