// Appends audit rows in the caller's transaction; if that fails, so does the change.
import type { Ctx, Tx } from '../context.ts'
import { type AuditEntry, auditRow } from './entry.ts'

export async function appendAudit(tx: Tx, ctx: Ctx, entries: AuditEntry | readonly AuditEntry[]): Promise<void> {
  const list = Array.isArray(entries) ? entries : [entries]
  for (const entry of list as readonly AuditEntry[]) {
    const row = JSON.stringify(auditRow(ctx, entry))
    await tx.sql`select panless_append_audit(${tx.tenantId}, ${ctx.clock.now()}, ${row}::text::jsonb)`
  }
}
