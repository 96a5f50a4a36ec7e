// Reads one disclosure: what was told to whom, never what the package holds.
import type { Ctx } from '../context.ts'
import { requirePermission } from '../permissions.ts'
import { read } from '../write.ts'
import { type DisclosureView, loadDisclosure, showDisclosure } from './disclosure.ts'

/** @throws insufficient_scope, not_found, payer_erased */
export async function getDisclosure(ctx: Ctx, id: string): Promise<DisclosureView> {
  requirePermission(ctx, 'getDisclosure')
  return showDisclosure(ctx, await read(ctx, tx => loadDisclosure(tx, id)))
}
