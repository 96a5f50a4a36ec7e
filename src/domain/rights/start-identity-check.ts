// Sends a one-time code to the contact that a request gave, if it is on file and not too young. Whether it is, the answer
// does not say, and takes the same work: for any other contact a mail is queued to nobody.
import { randomBytes } from 'node:crypto'
import { z } from 'zod'
import type { Ctx } from '../context.ts'
import { invalidState } from '../errors.ts'
import { writeOnce } from '../idempotency/once.ts'
import { type Answer, idempotentRequest } from '../idempotency/request.ts'
import { newId } from '../ids.ts'
import { queueMail } from '../mail/queue-mail.ts'
import { parseInput } from '../parse-input.ts'
import { requirePermission } from '../permissions.ts'
import { tenantOf } from '../tenants/stripe-account.ts'
import { read } from '../write.ts'
import { CHECK_LINK_MS, CODE_MS } from './deadlines.ts'
import { limitSends } from './limits.ts'
import { hashOfCode, newCode } from './one-time-code.ts'
import {
  codeChannelOf,
  loadLivingRequest,
  loadPrivacyRequest,
  payerKeyOfRequest,
  type RequestRow,
} from './privacy-request.ts'
import { rightsLinkUrl } from './rights-link.ts'
import { isUnverified } from './state.ts'

export const startIdentityCheckInput = z.strictObject({})

export const identityCheckSchema = z
  .object({
    id: z.string(),
    object: z.literal('identity_check'),
    request: z.string(),
    expires_at: z.iso.datetime().describe('A code that was sent is good until then, for five tries.'),
    created_at: z.iso.datetime(),
  })
  .meta({ id: 'IdentityCheck' })

export type IdentityCheckView = z.infer<typeof identityCheckSchema>

/**
 * At most three codes a day for a request and for a contact.
 * @throws insufficient_scope, not_found, validation_failed, invalid_state, rate_limited, payer_erased
 */
export async function startIdentityCheck(
  ctx: Ctx,
  requestId: string,
  input: unknown,
): Promise<Answer<IdentityCheckView>> {
  requirePermission(ctx, 'startIdentityCheck')
  await read(ctx, tx => loadLivingRequest(tx, requestId))
  idempotentRequest(ctx)
  parseInput(startIdentityCheckInput, input)
  return sendCode(ctx, requestId)
}

/** The same for the desk and for the person behind a link. */
export async function sendCode(ctx: Ctx, requestId: string): Promise<Answer<IdentityCheckView>> {
  const [before, { name: merchant }] = await Promise.all([
    read(ctx, tx => loadPrivacyRequest(tx, requestId)),
    tenantOf(ctx),
  ])
  refuseWithoutChannel(before)
  const payer = await payerKeyOfRequest(ctx, before)
  const now = ctx.clock.now()
  const id = newId('identityCheck', now)
  const view: IdentityCheckView = {
    id,
    object: 'identity_check',
    request: requestId,
    expires_at: new Date(now.getTime() + CODE_MS).toISOString(),
    created_at: now.toISOString(),
  }
  return writeOnce(ctx, {
    resume: async () => view,
    change: async tx => {
      const row = await loadPrivacyRequest(tx, requestId, true)
      refuseWithoutChannel(row)
      await limitSends(tx, ctx, requestId, row.contact_hash as Buffer)
      const usable = codeChannelOf(row, now) === 'usable'
      const code = newCode()
      // What nobody was told opens nothing: a random hash stands where the code's would.
      const hash = usable ? hashOfCode(ctx, id, code) : randomBytes(hashOfCode(ctx, id, code).length)
      await tx.sql`
        update identity_checks set status = 'replaced'
         where tenant_id = ${ctx.tenantId} and request_id = ${requestId} and status = 'open'`
      await tx.sql`
        insert into identity_checks (tenant_id, id, request_id, payer_id, code_hash, contact_hash, address_hash, expires_at, created_at)
        values (${ctx.tenantId}, ${id}, ${requestId}, ${row.payer_id}, ${hash}, ${row.contact_hash}, ${ctx.addressHash},
                ${view.expires_at}, ${now})`
      await tx.sql`
        update privacy_requests set status = 'verifying', updated_at = ${now}
         where tenant_id = ${ctx.tenantId} and id = ${requestId}`
      await queueMail(tx, ctx, {
        template: 'identity_code',
        locale: row.language,
        to: usable ? { payerId: row.payer_id as string } : 'nobody',
        expiresAt: new Date(view.expires_at),
        data: {
          merchant,
          request: requestId,
          code,
          minutes: String(CODE_MS / 60_000),
          link: rightsLinkUrl(ctx, 'check', requestId, new Date(row.created_at.getTime() + CHECK_LINK_MS)),
        },
      })
      return {
        result: view,
        objectId: id,
        payer,
        audit: {
          action: 'identity.send-code',
          object: { type: 'privacy_request', id: requestId },
          payerId: row.payer_id,
          details: { check: id },
        },
      }
    },
  })
}

function refuseWithoutChannel({ status, contact_kind: kind, contact_hash: hash }: RequestRow): void {
  if (!isUnverified(status)) throw invalidState(`A request that is ${status} needs no more codes.`)
  if (kind === 'phone' || hash === null) {
    throw invalidState(
      'No code can be sent to a phone number. Record a document that was seen, and one more piece of evidence.',
    )
  }
}
