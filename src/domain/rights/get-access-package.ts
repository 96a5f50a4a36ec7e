// The desk opens the package of a granted request, to hand it to a person who cannot be mailed.
import { z } from 'zod'
import type { Ctx } from '../context.ts'
import { DomainError, invalidState } from '../errors.ts'
import { LANGUAGES } from '../languages.ts'
import { parseInput } from '../parse-input.ts'
import { requirePermission } from '../permissions.ts'
import { type AccessPackage, buildAccessPackage } from '../privacy/build-access-package.ts'
import { read, write } from '../write.ts'
import { PACKAGE_DESK_MS } from './deadlines.ts'
import { loadPrivacyRequest } from './privacy-request.ts'
import { isUnverified } from './state.ts'

export const accessPackageQuery = z.strictObject({
  format: z.enum(['json', 'html']).default('json'),
  locale: z.enum(LANGUAGES).default('en').describe('The language of the page.'),
})

type Opened = { held: AccessPackage } & z.output<typeof accessPackageQuery>

/**
 * Recorded each time.
 * @throws insufficient_scope, not_found, validation_failed, identity_not_verified, invalid_state, payer_erased
 */
export async function getAccessPackage(ctx: Ctx, requestId: string, query: unknown): Promise<Opened> {
  requirePermission(ctx, 'getAccessPackage')
  await read(ctx, tx => loadPrivacyRequest(tx, requestId))
  const wanted = parseInput(accessPackageQuery, query)
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
    return {
      value: { held: await buildAccessPackage(tx, ctx, payerId), ...wanted },
      audit: {
        action: 'access-package.open',
        object: { type: 'privacy_request', id: requestId },
        payerId,
        details: { by: 'desk' },
      },
    }
  })
}
