// Reads one request about personal data.
import type { Ctx } from '../context.ts'
import { requirePermission } from '../permissions.ts'
import { read } from '../write.ts'
import { loadPrivacyRequest, type PrivacyRequestView, showPrivacyRequest } from './privacy-request.ts'

/** Also after the payer has been erased: then without a word of the person. @throws insufficient_scope, not_found */
export async function getPrivacyRequest(ctx: Ctx, requestId: string): Promise<PrivacyRequestView> {
  requirePermission(ctx, 'getPrivacyRequest')
  return showPrivacyRequest(ctx, await read(ctx, tx => loadPrivacyRequest(tx, requestId)))
}
