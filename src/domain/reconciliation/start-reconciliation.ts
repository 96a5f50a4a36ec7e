// Asks for a reconciliation: its row and its job are made in one transaction.

import { z } from 'zod'
import type { AuditEntry } from '../audit/entry.ts'
import type { Ctx, Tx } from '../context.ts'
import { writeOnce } from '../idempotency/once.ts'
import { type Answer, idempotentRequest } from '../idempotency/request.ts'
import { newId } from '../ids.ts'
import { parseInput } from '../parse-input.ts'
import { requirePermission } from '../permissions.ts'
import { loadReconciliation } from './get-reconciliation.ts'
import type { Stretch } from './read-feed.ts'
import {
  type ReconciliationRow,
  type ReconciliationView,
  showReconciliation,
  stretchInput,
  stretchOf,
} from './reconciliation.ts'

export const startReconciliationInput = z.strictObject(stretchInput)

/** @throws insufficient_scope, validation_failed */
export async function startReconciliation(ctx: Ctx, input: unknown): Promise<Answer<ReconciliationView>> {
  requirePermission(ctx, 'startReconciliation')
  idempotentRequest(ctx)
  const stretch = stretchOf(parseInput(startReconciliationInput, input))
  return writeOnce(ctx, {
    resume: async id => showReconciliation(await ctx.db.transaction(ctx.tenantId, tx => loadReconciliation(tx, id))),
    change: async tx => {
      const row = await insertReconciliation(tx, ctx, stretch, 'queued')
      await ctx.queue.enqueue(tx, 'run-reconciliation', { tenantId: ctx.tenantId, reconciliationId: row.id })
      return { result: showReconciliation(row), objectId: row.id, payer: null, audit: startedAudit(row) }
    },
  })
}

export const startedAudit = ({ id, from, to }: ReconciliationRow): AuditEntry => ({
  action: 'reconciliation.start',
  object: { type: 'reconciliation', id },
  details: { from: from.toISOString(), to: to.toISOString() },
})

export async function insertReconciliation(
  tx: Tx,
  ctx: Ctx,
  { from, to }: Stretch,
  status: 'queued' | 'running',
): Promise<ReconciliationRow> {
  const now = ctx.clock.now()
  const id = newId('reconciliation', now)
  await tx.sql`
    insert into reconciliations (tenant_id, id, "from", "to", status, created_at)
    values (${tx.tenantId}, ${id}, ${from}, ${to}, ${status}, ${now})`
  return { id, from, to, status, summary: null, error_code: null, created_at: now, finished_at: null }
}
