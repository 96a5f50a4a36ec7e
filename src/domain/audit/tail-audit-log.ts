// Follows the audit log of a tenant at the end, oldest first, for an operator at the machine.
import { and, desc, eq, gt } from 'drizzle-orm'
import { auditLog } from '../../db/schema/audit.ts'
import type { Ctx } from '../context.ts'
import { requirePermission } from '../permissions.ts'
import { read, write } from '../write.ts'
import { type AuditEntryView, showAuditEntry } from './list-audit-log.ts'

export const TAIL_LIMIT_MAX = 1_000
/** A transaction can commit after others that took later numbers; this many numbers back are looked at again. */
const LOOK_BACK = 1_000
/** More rows than this in one look are given in the next one. */
const LOOK_ROWS_MAX = 2_000

export type AuditTail = {
  /** The last rows there are, oldest first. */
  rows: AuditEntryView[]
  /** Rows that came since the last look, oldest first; each row once. */
  more(): Promise<AuditEntryView[]>
}

/** `limit`: how many of the last rows to begin with. The reading is recorded once. @throws insufficient_scope */
export async function tailAuditLog(ctx: Ctx, limit: number): Promise<AuditTail> {
  requirePermission(ctx, 'listAuditLog')
  const mine = eq(auditLog.tenantId, ctx.tenantId)
  const last = await write(ctx, async tx => ({
    value: await tx.orm
      .select()
      .from(auditLog)
      .where(mine)
      .orderBy(desc(auditLog.sequence))
      .limit(Math.max(LOOK_BACK, Math.min(limit, TAIL_LIMIT_MAX))),
    audit: { action: 'audit-log.read', object: { type: 'audit_log', id: null }, details: { filters: ['tail'] } },
  }))
  let seen = new Set(last.map(row => row.sequence))
  let highest = last[0]?.sequence ?? 0

  async function more(): Promise<AuditEntryView[]> {
    const after = Math.max(0, highest - LOOK_BACK)
    const rows = await read(ctx, tx =>
      tx.orm
        .select()
        .from(auditLog)
        .where(and(mine, gt(auditLog.sequence, after)))
        .orderBy(auditLog.sequence)
        .limit(LOOK_ROWS_MAX),
    )
    const fresh = rows.filter(row => !seen.has(row.sequence))
    seen = new Set(rows.map(row => row.sequence))
    highest = rows.at(-1)?.sequence ?? highest
    return fresh.map(showAuditEntry)
  }

  return { rows: last.slice(0, limit).toReversed().map(showAuditEntry), more }
}
