// Takes two months more for an answer, once, and tells the person why.
import { z } from 'zod'
import type { Ctx } from '../context.ts'
import { invalidState } from '../errors.ts'
import { writeOnce } from '../idempotency/once.ts'
import { type Answer, idempotentRequest } from '../idempotency/request.ts'
import { queueMail } from '../mail/queue-mail.ts'
import { parseInput } from '../parse-input.ts'
import { requirePermission } from '../permissions.ts'
import { tenantOf } from '../tenants/stripe-account.ts'
import { read } from '../write.ts'
import { extendedDeadline } from './deadlines.ts'
import { moveRequest, writingKeyOf } from './move-request.ts'
import {
  loadPrivacyRequest,
  type PrivacyRequestView,
  payerKeyOfRequest,
  type RequestRow,
  showPrivacyRequest,
} from './privacy-request.ts'
import { isOver } from './state.ts'

export const extendPrivacyRequestInput = z.strictObject({
  reason: z.string().trim().min(3).max(500).describe('Told to the person.'),
})

/**
 * The notice goes to the contact if that is on file; otherwise the desk tells the person.
 * @throws insufficient_scope, not_found, validation_failed, invalid_state, payer_erased
 */
export async function extendPrivacyRequest(
  ctx: Ctx,
  requestId: string,
  input: unknown,
): Promise<Answer<PrivacyRequestView>> {
  requirePermission(ctx, 'extendPrivacyRequest')
  const before = await read(ctx, tx => loadPrivacyRequest(tx, requestId))
  idempotentRequest(ctx)
  const { reason } = parseInput(extendPrivacyRequestInput, input)
  const [key, payer, { name: merchant }] = await Promise.all([
    writingKeyOf(ctx, before),
    payerKeyOfRequest(ctx, before),
    tenantOf(ctx),
  ])
  const now = ctx.clock.now()
  return writeOnce(ctx, {
    resume: async id => showPrivacyRequest(ctx, await read(ctx, tx => loadPrivacyRequest(tx, id))),
    change: async tx => {
      const row = await loadPrivacyRequest(tx, requestId, true)
      refuseUnfit(row, now)
      const deadline = extendedDeadline(row.created_at)
      await moveRequest(tx, ctx, row, { status: row.status, notes: { extension: reason }, key })
      await tx.sql`
        update privacy_requests set deadline_at = ${deadline}, extended_at = ${now}
         where tenant_id = ${ctx.tenantId} and id = ${requestId}`
      const mail = row.on_file
        ? await queueMail(tx, ctx, {
            template: 'request_extended',
            locale: row.language,
            to: { payerId: row.payer_id as string },
            data: { merchant, request: requestId, deadline: deadline.toISOString().slice(0, 10), reason },
          })
        : null
      return {
        result: await showPrivacyRequest(ctx, await loadPrivacyRequest(tx, requestId)),
        objectId: requestId,
        payer,
        audit: {
          action: 'privacy-request.extend',
          object: { type: 'privacy_request', id: requestId },
          payerId: row.payer_id,
          details: { notice: mail },
        },
      }
    },
  })
}

function refuseUnfit(row: RequestRow, now: Date): void {
  if (isOver(row.status)) throw invalidState(`A request that is ${row.status} needs no more time.`)
  if (row.extended_at !== null) throw invalidState('The deadline was extended before; that may be done once.')
  if (row.deadline_at <= now) throw invalidState('The deadline has passed: the person had to be told before.')
}
