// Reads a checkout session without its secrets: any of the tenant's for a service, its own for a session.
import type { Ctx } from '../context.ts'
import { notFound } from '../errors.ts'
import { requirePermission } from '../permissions.ts'
import { SESSION_FAILURES_MAX } from '../tokens/card-testing.ts'
import { sessionBound } from '../tokens/prepare-tokenize.ts'
import { originAllowed, requireLivingSession } from '../tokens/session-checks.ts'
import { read, write } from '../write.ts'
import type { SessionView } from './checkout-session.ts'
import { loadSession, type StoredSession } from './load-session.ts'

/** @throws insufficient_scope, not_found, invalid_token, origin_not_allowed */
export async function getCheckoutSession(ctx: Ctx, sessionId: string): Promise<SessionView> {
  if (ctx.actor.kind !== 'session') {
    requirePermission(ctx, 'getCheckoutSession')
    return showSession(ctx, await read(ctx, tx => loadSession(tx, sessionId)))
  }
  if (ctx.actor.sessionId !== sessionId) throw notFound()
  const session = await read(ctx, tx => loadSession(tx, sessionId))
  requireLivingSession(ctx, session, await originAllowed(ctx))
  if (session.origin === null && ctx.actor.origin !== null) await bindOrigin(ctx, sessionId, ctx.actor.origin)
  return showSession(ctx, session)
}

/** @throws origin_not_allowed when a page of another origin was faster */
async function bindOrigin(ctx: Ctx, sessionId: string, origin: string): Promise<void> {
  const bound = await write(ctx, async tx => {
    await tx.sql`update checkout_sessions set origin = ${origin}
                  where tenant_id = ${ctx.tenantId} and id = ${sessionId} and origin is null`
    return { value: await loadSession(tx, sessionId), audit: sessionBound(sessionId) }
  })
  requireLivingSession(ctx, bound, true)
}

export function showSession(ctx: Ctx, session: StoredSession): SessionView {
  return {
    id: session.id,
    object: 'checkout_session',
    payer: session.payer_id,
    usage: session.usage,
    consent: { text_version: session.consent_text_version, locale: session.consent_locale },
    limits: session.limits,
    status: statusOf(session, ctx.clock.wall()),
    setup_intent: session.setup_intent_id,
    token: session.token_id,
    expires_at: session.expires_at.toISOString(),
    created_at: session.created_at.toISOString(),
  }
}

function statusOf(session: StoredSession, wall: Date): SessionView['status'] {
  if (session.token_id !== null) return 'complete'
  if (session.failures >= SESSION_FAILURES_MAX) return 'failed'
  return session.expires_at <= wall ? 'expired' : 'open'
}
