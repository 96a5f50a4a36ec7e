// Withdraws a consent. A token's consent is the mandate to charge it, so no charge is reserved after this is answered.
import { z } from 'zod'
import type { Ctx } from '../context.ts'
import { notFound } from '../errors.ts'
import { writeOnce } from '../idempotency/once.ts'
import { type Answer, idempotentRequest } from '../idempotency/request.ts'
import { isId } from '../ids.ts'
import { parseInput } from '../parse-input.ts'
import { requirePermission } from '../permissions.ts'
import { endConsents } from '../privacy/end-consents.ts'
import { read } from '../write.ts'
import type { ConsentView } from './consents.ts'
import { openDataKey } from './data-key.ts'
import { loadPayer } from './get-payer.ts'
import { findConsent, loadConsent } from './record-consent.ts'

export const withdrawConsentInput = z.strictObject({})

/** Withdrawing again changes nothing. @throws insufficient_scope, not_found, payer_erased, validation_failed */
export async function withdrawConsent(
  ctx: Ctx,
  payerId: string,
  consentId: string,
  input: unknown,
): Promise<Answer<ConsentView>> {
  requirePermission(ctx, 'withdrawConsent')
  const row = await read(ctx, tx => loadPayer(tx, payerId))
  if (!isId('consent', consentId)) throw notFound()
  await findConsent(ctx, payerId, consentId)
  idempotentRequest(ctx)
  parseInput(withdrawConsentInput, input)
  const payer = await openDataKey(ctx, { payerId, wrapped: row.wrapped_key, keyVersion: row.key_version })
  const now = ctx.clock.now()
  return writeOnce(ctx, {
    resume: id => findConsent(ctx, payerId, id),
    change: async tx => {
      await endConsents(tx, payerId, [consentId], now)
      const withdrawn = await loadConsent(tx, payerId, consentId)
      return {
        result: withdrawn,
        objectId: consentId,
        payer,
        audit: {
          action: 'consent.withdraw',
          object: { type: 'consent', id: consentId },
          payerId,
          details: { purpose: withdrawn.purpose },
        },
      }
    },
  })
}
