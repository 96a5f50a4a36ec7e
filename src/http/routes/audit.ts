// The audit log, for those who may read it.
import { Hono } from 'hono'
import {
  auditCheckpointSchema,
  listAuditCheckpoints,
  listAuditCheckpointsQuery,
} from '../../domain/audit/list-audit-checkpoints.ts'
import { auditEntrySchema, listAuditLog, listAuditLogQuery } from '../../domain/audit/list-audit-log.ts'
import { auditProofSchema, proveAuditEntry } from '../../domain/audit/prove-audit-entry.ts'
import { auditVerificationSchema, verifyAuditLog, verifyAuditLogQuery } from '../../domain/audit/verify-audit-log.ts'
import { pageOf } from '../../domain/page.ts'
import { type AppEnv, ctxOf, queryOf } from '../context.ts'
import { operation } from '../openapi.ts'

export function auditRoutes() {
  const app = new Hono<AppEnv>()

  app.get(
    '/v1/audit-log',
    operation({
      id: 'listAuditLog',
      tag: 'Audit',
      summary: 'List what was done, refused and revealed',
      scope: 'audit:read',
      query: listAuditLogQuery,
      answers: { 200: { description: 'A page, newest first.', schema: pageOf(auditEntrySchema) } },
    }),
    async c => c.json(await listAuditLog(ctxOf(c), queryOf(c))),
  )

  app.get(
    '/v1/audit-log/verify',
    operation({
      id: 'verifyAuditLog',
      tag: 'Audit',
      summary: 'Verify that nothing was altered since it was sealed',
      description:
        'Recomputes, in the database, the hash of each entry, the roots of the blocks and their chain, and holds them ' +
        'against the signed checkpoints. A limited number of blocks a call: go on with `next_after_block`.',
      scope: 'audit:read',
      query: verifyAuditLogQuery,
      answers: { 200: { description: 'What was found; `ok` when nothing was.', schema: auditVerificationSchema } },
    }),
    async c => c.json(await verifyAuditLog(ctxOf(c), queryOf(c))),
  )

  app.get(
    '/v1/audit-log/checkpoints',
    operation({
      id: 'listAuditCheckpoints',
      tag: 'Audit',
      summary: 'List the signed checkpoints, and their copies outside',
      scope: 'audit:read',
      query: listAuditCheckpointsQuery,
      answers: { 200: { description: 'A page, newest first.', schema: pageOf(auditCheckpointSchema) } },
    }),
    async c => c.json(await listAuditCheckpoints(ctxOf(c), queryOf(c))),
  )

  app.get(
    '/v1/audit-log/:id/proof',
    operation({
      id: 'proveAuditEntry',
      tag: 'Audit',
      summary: 'Prove that an entry stands in the sealed log',
      description:
        "The entry's text and hash, the path to its block's root, and the blocks up to one that a signed checkpoint " +
        'names: all that is needed to verify it without asking again.',
      scope: 'audit:read',
      answers: { 200: { description: 'The proof.', schema: auditProofSchema } },
      errors: ['not_found', 'not_sealed_yet'],
    }),
    async c => c.json(await proveAuditEntry(ctxOf(c), c.req.param('id'))),
  )

  return app
}
