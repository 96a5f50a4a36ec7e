// Reads one audit entry; the reading is recorded.
import { and, between, eq } from 'drizzle-orm'
import { auditLog } from '../../db/schema/audit.ts'
import type { Ctx } from '../context.ts'
import { notFound } from '../errors.ts'
import { isId, timeOfId } from '../ids.ts'
import { requirePermission } from '../permissions.ts'
import { write } from '../write.ts'
import { type AuditEntryView, showAuditEntry } from './list-audit-log.ts'

/** The log has no index of ids: an id is made in the request that it is of, its row's time this near to it. */
const TIME_APART_MS = 60_000

/** @throws insufficient_scope, not_found */
export async function getAuditEntry(ctx: Ctx, id: string): Promise<AuditEntryView> {
  requirePermission(ctx, 'listAuditLog')
  if (!isId('audit', id)) throw notFound()
  const made = timeOfId('audit', id).getTime()
  return write(ctx, async tx => {
    const [row] = await tx.orm
      .select()
      .from(auditLog)
      .where(
        and(
          eq(auditLog.tenantId, ctx.tenantId),
          eq(auditLog.id, id),
          between(auditLog.at, new Date(made - TIME_APART_MS), new Date(made + TIME_APART_MS)),
        ),
      )
      .limit(1)
    if (!row) throw notFound()
    return { value: showAuditEntry(row), audit: { action: 'audit-log.read', object: { type: 'audit_entry', id } } }
  })
}
