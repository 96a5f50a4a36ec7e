// The audit log, for those who may read it.
import { Hono } from 'hono'
import { auditEntrySchema, listAuditLog, listAuditLogQuery } from '../../domain/audit/list-audit-log.ts'
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

  return app
}
