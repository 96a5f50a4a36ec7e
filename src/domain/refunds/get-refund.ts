// Reads one refund. An unknown id and another tenant's id get the same answer.
import type { Ctx } from '../context.ts'
import { requirePermission } from '../permissions.ts'
import { read } from '../write.ts'
import { loadRefund, type RefundView, showRefund } from './refund.ts'

/** @throws insufficient_scope, not_found */
export async function getRefund(ctx: Ctx, refundId: string): Promise<RefundView> {
  requirePermission(ctx, 'getRefund')
  return showRefund(ctx, await read(ctx, tx => loadRefund(tx, refundId)))
}
