// Reads one request about personal data; where the person wrote something, the reading is recorded.
import type { Ctx } from '../context.ts'
import { requirePermission } from '../permissions.ts'
import { read, write } from '../write.ts'
import {
  keyOfRequest,
  loadPrivacyRequest,
  openDetails,
  type PrivacyRequestView,
  type PrivacyRequestWithMessage,
  showPrivacyRequest,
} from './privacy-request.ts'

/** Also after the payer has been erased: then without a word of the person. @throws insufficient_scope, not_found */
export async function getPrivacyRequest(ctx: Ctx, requestId: string): Promise<PrivacyRequestWithMessage> {
  requirePermission(ctx, 'getPrivacyRequest')
  const row = await read(ctx, tx => loadPrivacyRequest(tx, requestId))
  const message = openDetails(ctx, await keyOfRequest(ctx, row), row)?.message ?? null
  const value = { ...(await showPrivacyRequest(ctx, row)), message }
  if (message === null) return value
  return write(ctx, async () => ({
    value,
    audit: {
      action: 'privacy-request.read',
      object: { type: 'privacy_request', id: requestId },
      payerId: row.payer_id,
      details: { purpose: 'rights_request' },
    },
  }))
}

/** Without what the person wrote, so that nothing has to be recorded. @throws insufficient_scope, not_found */
export async function findPrivacyRequest(ctx: Ctx, requestId: string): Promise<PrivacyRequestView> {
  requirePermission(ctx, 'getPrivacyRequest')
  return showPrivacyRequest(ctx, await read(ctx, tx => loadPrivacyRequest(tx, requestId)))
}
