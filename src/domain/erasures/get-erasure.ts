// Reads one erasure with its receipt. An unknown id and another tenant's id get the same answer.
import type { Ctx } from '../context.ts'
import { requirePermission } from '../permissions.ts'
import { read } from '../write.ts'
import { type ErasureView, loadErasure, showErasure } from './erasure.ts'

/** @throws insufficient_scope, not_found */
export async function getErasure(ctx: Ctx, erasureId: string): Promise<ErasureView> {
  requirePermission(ctx, 'getErasure')
  return showErasure(ctx, await read(ctx, tx => loadErasure(tx, erasureId)))
}
