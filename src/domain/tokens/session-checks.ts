// What a checkout session may do: it belongs to one payer, one SetupIntent and one origin, and dies of failures.
import type { Ctx } from '../context.ts'
import { DomainError, invalidField } from '../errors.ts'
import { tenantOf } from '../tenants/stripe-account.ts'
import { SESSION_FAILURES_MAX } from './card-testing.ts'
import type { SessionRow } from './prepare-tokenize.ts'
import type { TokenOrder } from './token-input.ts'
import { TokenizeRefusal } from './tokenize-refusal.ts'

/** Whether the tenant lets pages of the caller's origin call; a caller that is no browser names none. */
export async function originAllowed(ctx: Ctx): Promise<boolean> {
  if (ctx.actor.kind !== 'session' || ctx.actor.origin === null) return false
  return (await tenantOf(ctx)).allowedOrigins.includes(ctx.actor.origin)
}

/** @throws invalid_token when the session is gone, origin_not_allowed for a page that is not the session's own */
export function requireLivingSession(ctx: Ctx, session: SessionRow | null, allowed: boolean): SessionRow {
  const origin = ctx.actor.kind === 'session' ? ctx.actor.origin : null
  if (session === null) throw new DomainError('invalid_token', 'There is no such checkout session.')
  if (origin !== null && !allowed) {
    throw new DomainError('origin_not_allowed', 'Pages of this origin may not save cards for this tenant.')
  }
  if (session.origin !== null && session.origin !== origin) {
    throw new DomainError('origin_not_allowed', 'The checkout session belongs to a page of another origin.')
  }
  if (session.failures >= SESSION_FAILURES_MAX && session.token_id === null) {
    throw new DomainError('invalid_token', 'The checkout session has failed too often. Make a new one.')
  }
  return session
}

/** @throws TokenizeRefusal (wrong_payer), validation_failed */
export function requireOwnCard(session: SessionRow, order: TokenOrder): void {
  if (order.payerId !== null && order.payerId !== session.payer_id) {
    throw new TokenizeRefusal('wrong_payer', 'setup_intent')
  }
  if (order.source.id !== session.setup_intent_id) {
    throw invalidField('/setup_intent', 'is not the SetupIntent of this checkout session')
  }
}
