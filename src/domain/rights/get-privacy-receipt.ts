// The signed receipt of a request: what was asked for, how the person was known, what was decided, and when. It holds
// nothing about the person.
import { createHash } from 'node:crypto'
import { z } from 'zod'
import type { Ctx } from '../context.ts'
import { invalidState } from '../errors.ts'
import { requirePermission } from '../permissions.ts'
import { read } from '../write.ts'
import { loadPrivacyRequest, type RequestRow } from './privacy-request.ts'

export const privacyReceiptSchema = z
  .object({
    object: z.literal('privacy_receipt'),
    request: z.string(),
    statement: z.string().describe("A JWS of panless's own; its keys are in the published key set."),
    sha256: z.string(),
  })
  .meta({ id: 'PrivacyReceipt' })

export type PrivacyReceipt = z.infer<typeof privacyReceiptSchema>

/** `outcome`: what becomes of the request now. */
export function signReceipt(ctx: Ctx, row: RequestRow, outcome: 'done' | 'refused', now: Date): string {
  return ctx.statements.sign('receipt', {
    object: 'privacy_receipt',
    request: row.id,
    kind: row.kind,
    tenant: ctx.tenantId,
    region: ctx.settings.region,
    payer: row.payer_id,
    outcome,
    evidence: row.evidence.map(({ kind }) => kind),
    received_at: row.created_at.toISOString(),
    deadline_at: row.deadline_at.toISOString(),
    verified_at: row.verified_at?.toISOString() ?? null,
    finished_at: now.toISOString(),
  })
}

/** Also after the payer has been erased. @throws insufficient_scope, not_found, invalid_state */
export async function getPrivacyReceipt(ctx: Ctx, requestId: string): Promise<PrivacyReceipt> {
  requirePermission(ctx, 'getPrivacyReceipt')
  return receiptOf(await read(ctx, tx => loadPrivacyRequest(tx, requestId)))
}

export function receiptOf({ id, status, receipt }: RequestRow): PrivacyReceipt {
  if (receipt === null) throw invalidState(`A request that is ${status} has no receipt yet.`)
  return {
    object: 'privacy_receipt',
    request: id,
    statement: receipt,
    sha256: createHash('sha256').update(receipt).digest('hex'),
  }
}
