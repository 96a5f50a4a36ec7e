// Reads one audit entry; the reading is recorded.
import { and, between, eq } from 'drizzle-orm'
import { auditLog } from '../../db/schema/audit.ts'
import type { Ctx } from '../context.ts'
import { notFound } from '../errors.ts'
import { requirePermission } from '../permissions.ts'
import { write } from '../write.ts'
import { type AuditEntryView, showAuditEntry } from './list-audit-log.ts'
import { timesOfEntry } from './times-of-entry.ts'

/** @throws insufficient_scope, not_found */
export async function getAuditEntry(ctx: Ctx, id: string): Promise<AuditEntryView> {
  requirePermission(ctx, 'listAuditLog')
  const { from, to } = timesOfEntry(id)
  return write(ctx, async tx => {
    const [row] = await tx.orm
      .select()
      .from(auditLog)
      .where(and(eq(auditLog.tenantId, ctx.tenantId), eq(auditLog.id, id), between(auditLog.at, from, to)))
      .limit(1)
    if (!row) throw notFound()
    return { value: showAuditEntry(row), audit: { action: 'audit-log.read', object: { type: 'audit_entry', id } } }
  })
}
