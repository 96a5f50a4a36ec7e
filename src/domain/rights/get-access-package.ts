// The desk opens the package of a granted request, to hand it to a person who cannot be mailed. It is a look at everything,
// and on record like any other.
import { z } from 'zod'
import type { Ctx } from '../context.ts'
import { DomainError, invalidState } from '../errors.ts'
import { LANGUAGES } from '../languages.ts'
import { parseInput } from '../parse-input.ts'
import { dataKeyOfRow } from '../payers/data-key.ts'
import { loadPayer } from '../payers/get-payer.ts'
import { requirePermission } from '../permissions.ts'
import { ACCESS_PURPOSE, type AccessPackage, buildAccessPackage } from '../privacy/build-access-package.ts'
import { recordReveal, revealReason } from '../privacy/record-reveal.ts'
import { read, write } from '../write.ts'
import { PACKAGE_DESK_MS } from './deadlines.ts'
import { loadLivingRequest, loadPrivacyRequest } from './privacy-request.ts'
import { isUnverified } from './state.ts'

export const accessPackageInput = z.strictObject({
  reason: revealReason,
  format: z.enum(['json', 'html']).default('json'),
  locale: z.enum(LANGUAGES).default('en').describe('The language of the page.'),
})

type Opened = { held: AccessPackage; expiresAt: Date } & z.output<typeof accessPackageInput>

/**
 * @throws insufficient_scope, not_found, validation_failed, identity_not_verified, invalid_state, payer_erased,
 * rate_limited
 */
export async function getAccessPackage(ctx: Ctx, requestId: string, input: unknown): Promise<Opened> {
  requirePermission(ctx, 'getAccessPackage')
  await read(ctx, tx => loadLivingRequest(tx, requestId))
  const wanted = parseInput(accessPackageInput, input)
  return write(ctx, async tx => {
    const { kind, status, finished_at: finishedAt, payer_id: payerId } = await loadPrivacyRequest(tx, requestId)
    if (isUnverified(status))
      throw new DomainError(
        'identity_not_verified',
        'The person has not shown who they are. Nothing is told before that.',
      )
    if (kind !== 'access' || status !== 'done' || payerId === null)
      throw invalidState('There is a package for a granted request of kind access alone.')
    if (finishedAt === null || finishedAt.getTime() + PACKAGE_DESK_MS <= ctx.clock.now().getTime())
      throw invalidState('The request was granted more than 30 days ago. Make a new one.')
    const key = await dataKeyOfRow(ctx, await loadPayer(tx, payerId))
    // Before the package is made, so that it tells of this look too.
    const { id, expiresAt } = await recordReveal(tx, ctx, {
      payerId,
      key,
      purpose: ACCESS_PURPOSE,
      fields: ['access_package'],
      reason: wanted.reason,
    })
    return {
      value: { held: await buildAccessPackage(tx, ctx, payerId), expiresAt, ...wanted },
      audit: {
        action: 'access-package.open',
        object: { type: 'privacy_request', id: requestId },
        payerId,
        details: { by: 'desk', purpose: ACCESS_PURPOSE, reveal: id },
      },
    }
  })
}
