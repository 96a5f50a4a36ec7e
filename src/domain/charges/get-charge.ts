// Reads one charge. An unknown id and another tenant's id get the same answer.
import type { Ctx } from '../context.ts'
import { requirePermission } from '../permissions.ts'
import { read } from '../write.ts'
import { type ChargeView, loadCharge, showCharge } from './charge.ts'

/** @throws insufficient_scope, not_found */
export async function getCharge(ctx: Ctx, chargeId: string): Promise<ChargeView> {
  requirePermission(ctx, 'getCharge')
  return showCharge(ctx, await read(ctx, tx => loadCharge(tx, chargeId)))
}
