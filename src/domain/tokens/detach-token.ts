// Detaches a token: here first, so that nothing is charged from now on, then at Stripe, where it may take another try.
import { z } from 'zod'
import { StripeFailure } from '../../stripe/stripe-failure.ts'
import type { Ctx, Dependencies } from '../context.ts'
import { DomainError } from '../errors.ts'
import { parseInput } from '../parse-input.ts'
import { requirePermission } from '../permissions.ts'
import { stripeKeyOf } from '../stripe-keys.ts'
import { workerContext } from '../tenants/operator-context.ts'
import { stripeAccountOf } from '../tenants/stripe-account.ts'
import { read, write } from '../write.ts'
import { lockToken, requireMove, shownAfter, tokenAudit, tokenDetached } from './change-token.ts'
import { loadToken } from './find-token.ts'
import type { TokenView } from './show-token.ts'

/** Between two tries at Stripe; also the time for which one worker owns a try. */
const RETRY_AFTER_MS = 5 * 60_000
/** Tokens that one run of the worker takes. */
const BATCH_MAX = 50

export const detachTokenInput = z.strictObject({})

/** @throws insufficient_scope, not_found, validation_failed, token_detached, payer_erased, invalid_state */
export async function detachToken(ctx: Ctx, tokenId: string, input?: unknown): Promise<TokenView> {
  requirePermission(ctx, 'detachToken')
  await read(ctx, tx => loadToken(tx, tokenId))
  parseInput(detachTokenInput, input)
  const now = ctx.clock.now()
  const { view, paymentMethodId } = await write(ctx, async tx => {
    const token = await lockToken(tx, ctx, tokenId)
    const { row } = token
    if (row.status === 'detached') throw tokenDetached()
    requireMove(row.status, 'detached')
    await tx.sql`
      update tokens set status = 'detached', detached_at = ${now}, updated_at = ${now},
                        detach_due_at = ${new Date(now.getTime() + RETRY_AFTER_MS)}
       where tenant_id = ${ctx.tenantId} and id = ${tokenId}`
    const view = shownAfter(token, { status: 'detached' }, now)
    return {
      value: { view, paymentMethodId: row.stripe_payment_method_id },
      audit: tokenAudit(row, 'token.detach', { from: row.status }),
    }
  })
  await detachAtStripe(ctx, tokenId, paymentMethodId)
  return view
}

/** Tries again what Stripe has not confirmed; returns how many tokens it took. */
export async function detachDueTokens(dependencies: Dependencies, tenantId: string): Promise<number> {
  const ctx = workerContext(dependencies, tenantId)
  const now = ctx.clock.now()
  const due = await ctx.db.transaction(
    tenantId,
    tx => tx.sql<{ id: string; stripe_payment_method_id: string }[]>`
      with due as (
        select id from tokens where tenant_id = ${tenantId} and detach_due_at <= ${now}
         order by detach_due_at limit ${BATCH_MAX} for update skip locked)
      update tokens t set detach_due_at = ${new Date(now.getTime() + RETRY_AFTER_MS)}
        from due where t.tenant_id = ${tenantId} and t.id = due.id
      returning t.id, t.stripe_payment_method_id`,
  )
  for (const token of due) await detachAtStripe(ctx, token.id, token.stripe_payment_method_id)
  return due.length
}

/** Leaves the token due when Stripe cannot say that the card is gone. */
async function detachAtStripe(ctx: Ctx, tokenId: string, paymentMethodId: string): Promise<void> {
  try {
    const account = await stripeAccountOf(ctx)
    await account
      .detachPaymentMethod(paymentMethodId, stripeKeyOf(ctx, 'detach', paymentMethodId))
      .catch(async error => {
        // Refused, it may be detached already: by an earlier try, or at Stripe's dashboard.
        if (!(error instanceof StripeFailure) || error.kind !== 'invalid_request') throw error
        const method = await account.retrievePaymentMethod(paymentMethodId)
        if (method.customer !== null) throw error
      })
  } catch (error) {
    if (!(error instanceof StripeFailure || error instanceof DomainError)) throw error
    if (!(error instanceof StripeFailure && error.kind === 'not_found')) {
      const code = error instanceof StripeFailure ? error.kind : error.code
      ctx.log.warn({ request_id: ctx.requestId, token: tokenId, code }, 'a card is not detached at Stripe yet')
      return
    }
  }
  await ctx.db.transaction(
    ctx.tenantId,
    tx => tx.sql`update tokens set detach_due_at = null where tenant_id = ${ctx.tenantId} and id = ${tokenId}`,
  )
}
