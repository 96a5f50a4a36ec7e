// What only the merchant's server gets of a checkout session, and only as the answer to its own request.
import type { StripeSetupIntent } from '../../stripe/card-objects.ts'
import { StripeFailure } from '../../stripe/stripe-failure.ts'
import type { Ctx } from '../context.ts'
import { DomainError, invalidState } from '../errors.ts'
import { stripeAccountOf, tenantOf } from '../tenants/stripe-account.ts'
import { retrying } from '../tokens/read-card.ts'
import { stripeUnavailable } from '../tokens/tokenize-refusal.ts'
import { read } from '../write.ts'
import type { NewSessionView } from './checkout-session.ts'
import { loadSession, type StoredSession } from './load-session.ts'

/** @throws stripe_unavailable while the tenant has none */
export async function publishableKeyOf(ctx: Ctx): Promise<string> {
  const { stripePublishableKey } = await tenantOf(ctx)
  if (stripePublishableKey) return stripePublishableKey
  throw new DomainError('stripe_unavailable', 'This tenant has no publishable key yet. An operator sets it.', {
    retryAfterSeconds: 60,
  })
}

/** The answer to the request that opened the session; the session token ends when the session does. */
export function newSessionView(
  ctx: Ctx,
  session: StoredSession,
  secrets: { publishableKey: string; clientSecret: string },
): NewSessionView {
  const wall = ctx.clock.wall()
  const lifetimeSeconds = Math.round((session.expires_at.getTime() - Math.floor(wall.getTime() / 1000) * 1000) / 1000)
  if (lifetimeSeconds <= 0) throw invalidState('The checkout session has ended. Make a new one with a new key.')
  return {
    id: session.id,
    object: 'checkout_session',
    payer: session.payer_id,
    usage: session.usage,
    consent: { text_version: session.consent_text_version, locale: session.consent_locale },
    limits: session.limits,
    setup_intent_client_secret: secrets.clientSecret,
    publishable_key: secrets.publishableKey,
    session_token: ctx.sessionTokens.sign({
      sessionId: session.id,
      tenantId: ctx.tenantId,
      now: wall,
      lifetimeSeconds,
    }),
    expires_at: session.expires_at.toISOString(),
    created_at: session.created_at.toISOString(),
  }
}

/** Asks Stripe about a SetupIntent and answers with its secret. @throws stripe_unavailable */
export async function withSecret(
  ask: () => Promise<StripeSetupIntent>,
): Promise<StripeSetupIntent & { clientSecret: string }> {
  try {
    const intent = await retrying(ask)
    if (intent.clientSecret !== null) return { ...intent, clientSecret: intent.clientSecret }
  } catch (error) {
    if (error instanceof StripeFailure) throw stripeUnavailable(error)
    throw error
  }
  throw new DomainError('stripe_unavailable', 'Stripe gave no secret for the SetupIntent. Try again.', {
    retryAfterSeconds: 2,
  })
}

/** The answer again, made from the session as it is. @throws not_found, invalid_state, stripe_unavailable */
export async function reopenSession(ctx: Ctx, sessionId: string): Promise<NewSessionView> {
  const session = await read(ctx, tx => loadSession(tx, sessionId))
  const account = await stripeAccountOf(ctx)
  const { clientSecret } = await withSecret(() => account.retrieveSetupIntent(session.setup_intent_id))
  return newSessionView(ctx, session, { publishableKey: await publishableKeyOf(ctx), clientSecret })
}
