// The only way to change something: a transaction of one tenant that ends with its audit entry.
import { appendAudit } from './audit/append.ts'
import type { AuditEntry } from './audit/entry.ts'
import type { Ctx, Tx } from './context.ts'

/** What a write gives back, and the audit entries without which it does not compile. */
export type Written<Value> = { value: Value; audit: AuditEntry | readonly [AuditEntry, ...AuditEntry[]] }

/** Runs `work` in one transaction and appends its audit entries before it commits. */
export async function write<Value>(ctx: Ctx, work: (tx: Tx) => Promise<Written<Value>>): Promise<Value> {
  return ctx.db.transaction(ctx.tenantId, async tx => {
    const { value, audit } = await work(tx)
    await appendAudit(tx, ctx, audit as AuditEntry | readonly AuditEntry[])
    return value
  })
}

/** Reads need no audit entry; `read` cannot be told from a write by the database, so nothing may be changed in it. */
export async function read<Value>(ctx: Ctx, work: (tx: Tx) => Promise<Value>): Promise<Value> {
  return ctx.db.transaction(ctx.tenantId, work)
}
