// Reads the audit log of a tenant, newest or oldest first. Reading it is itself recorded.
import { and, asc, desc, eq, gt, gte, lt } from 'drizzle-orm'
import { z } from 'zod'
import { auditLog } from '../../db/schema/audit.ts'
import type { Ctx } from '../context.ts'
import { createdQuery, keyOfCursor, type Page, pageQuery, sortQuery, toPage } from '../page.ts'
import { parseInput } from '../parse-input.ts'
import { requirePermission } from '../permissions.ts'
import { write } from '../write.ts'

export const listAuditLogQuery = z.strictObject({
  ...pageQuery,
  ...sortQuery,
  ...createdQuery,
  action: z.string().min(1).max(100).optional().describe('Such as charge.create.'),
  outcome: z.enum(['ok', 'denied', 'failed', 'unknown', 'contradicted']).optional(),
  object: z.string().min(1).max(80).optional().describe('The id of the object.'),
  payer: z.string().min(1).max(80).optional(),
  actor: z.string().min(1).max(200).optional().describe('client/subject of a service, or the id of a session.'),
})

export const auditEntrySchema = z
  .object({
    id: z.string(),
    object: z.literal('audit_entry'),
    sequence: z.int(),
    at: z.iso.datetime(),
    actor: z.object({ kind: z.string(), id: z.string() }),
    action: z.string(),
    outcome: z.string(),
    subject: z.object({ type: z.string(), id: z.string().nullable() }),
    payer: z.string().nullable(),
    request_id: z.string(),
    address_hash: z
      .string()
      .nullable()
      .describe("Keyed hash of the caller's address, of its first 64 bits where it is IPv6."),
    details: z.record(z.string(), z.unknown()),
    row_hash: z.string(),
  })
  .meta({ id: 'AuditEntry' })

export type AuditEntryView = z.infer<typeof auditEntrySchema>

/** @throws insufficient_scope, validation_failed */
export async function listAuditLog(ctx: Ctx, query: unknown): Promise<Page<AuditEntryView>> {
  requirePermission(ctx, 'listAuditLog')
  const wanted = parseInput(listAuditLogQuery, query)
  const after = keyOfCursor(wanted.cursor, /^\d{1,15}$/)
  const oldest = wanted.sort === 'oldest'
  return write(ctx, async tx => {
    const rows = await tx.orm
      .select()
      .from(auditLog)
      .where(
        and(
          eq(auditLog.tenantId, ctx.tenantId),
          after === undefined ? undefined : (oldest ? gt : lt)(auditLog.sequence, Number(after)),
          wanted.created_from && gte(auditLog.at, wanted.created_from),
          wanted.created_to && lt(auditLog.at, wanted.created_to),
          wanted.action === undefined ? undefined : eq(auditLog.action, wanted.action),
          wanted.outcome === undefined ? undefined : eq(auditLog.outcome, wanted.outcome),
          wanted.object === undefined ? undefined : eq(auditLog.objectId, wanted.object),
          wanted.payer === undefined ? undefined : eq(auditLog.payerId, wanted.payer),
          wanted.actor === undefined ? undefined : eq(auditLog.actorId, wanted.actor),
        ),
      )
      .orderBy((oldest ? asc : desc)(auditLog.sequence))
      .limit(wanted.limit + 1)
    return {
      value: toPage(rows, wanted.limit, row => row.sequence, showAuditEntry),
      audit: {
        action: 'audit-log.read',
        object: { type: 'audit_log', id: null },
        details: { filters: Object.keys(wanted).filter(name => name !== 'limit' && name !== 'sort') },
      },
    }
  })
}

export const showAuditEntry = (row: typeof auditLog.$inferSelect): AuditEntryView => ({
  id: row.id,
  object: 'audit_entry',
  sequence: row.sequence,
  at: row.at.toISOString(),
  actor: { kind: row.actorKind, id: row.actorId },
  action: row.action,
  outcome: row.outcome,
  subject: { type: row.objectType, id: row.objectId },
  payer: row.payerId,
  request_id: row.requestId,
  address_hash: row.addressHash?.toString('hex') ?? null,
  details: row.details,
  row_hash: row.rowHash.toString('hex'),
})
