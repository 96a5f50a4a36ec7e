// Opens a checkout session: a SetupIntent for the payer at Stripe, and a short-lived token that a page may hold.

import { z } from 'zod'
import { SESSION_TOKEN_MAX_SECONDS } from '../../crypto/session-token.ts'
import type { Ctx } from '../context.ts'
import { DomainError } from '../errors.ts'
import { type KeyHashes, keyHashes } from '../idempotency/keys.ts'
import { answerFromClaim, claimKey, completeKey, releaseKey } from '../idempotency/once.ts'
import { type Answer, idempotentRequest } from '../idempotency/request.ts'
import { newId } from '../ids.ts'
import { parseInput } from '../parse-input.ts'
import { openDataKey } from '../payers/data-key.ts'
import { ensureStripeCustomer } from '../payers/ensure-stripe-customer.ts'
import { loadPayer } from '../payers/get-payer.ts'
import { LOCALE, type PayerRow } from '../payers/payer.ts'
import { holdLiving } from '../payers/payer-erased.ts'
import { requirePermission } from '../permissions.ts'
import { stripeKeyOf } from '../stripe-keys.ts'
import { stripeAccountOf } from '../tenants/stripe-account.ts'
import { USAGES } from '../tokens/show-token.ts'
import { CONSENT_TEXT_VERSION } from '../tokens/token-input.ts'
import { checkedLimits, limitsInput } from '../tokens/token-limits.ts'
import { write } from '../write.ts'
import type { NewSessionView } from './checkout-session.ts'
import type { StoredSession } from './load-session.ts'
import { newSessionView, publishableKeyOf, reopenSession, withSecret } from './session-secrets.ts'

export const createCheckoutSessionInput = z.strictObject({
  payer: z.string().min(1).max(64),
  usage: z.enum(USAGES).describe('Whether the card may be charged while the payer is away.'),
  consent: z.strictObject({
    text_version: CONSENT_TEXT_VERSION,
    locale: z.string().regex(LOCALE, 'must be a BCP 47 tag such as mn or ja-JP'),
  }),
  limits: limitsInput.optional(),
})

type Wanted = z.output<typeof createCheckoutSessionInput>

/** @throws insufficient_scope, validation_failed, not_found, payer_erased, stripe_unavailable, idempotency_* */
export async function createCheckoutSession(ctx: Ctx, input: unknown): Promise<Answer<NewSessionView>> {
  requirePermission(ctx, 'createCheckoutSession')
  const request = idempotentRequest(ctx)
  const wanted = parseInput(createCheckoutSessionInput, input)
  checkedLimits(wanted.limits)
  const hashes = request ? keyHashes(ctx, request) : null
  const begun = await ctx.db.transaction(ctx.tenantId, async tx => {
    const claim = hashes ? await claimKey(tx, ctx, hashes, false) : ({ kind: 'claimed' } as const)
    return claim.kind === 'claimed' ? await loadPayer(tx, wanted.payer) : claim
  })
  if ('kind' in begun) return answerFromClaim(ctx, hashes as KeyHashes, begun, id => reopenSession(ctx, id))
  try {
    return await openSession(ctx, wanted, begun, hashes)
  } catch (error) {
    if (hashes) await releaseKey(ctx, hashes)
    throw error
  }
}

/** The same request gives the same SetupIntent, so that a lost answer leaves none behind. */
async function openSession(ctx: Ctx, wanted: Wanted, payer: PayerRow, hashes: KeyHashes | null) {
  const account = await stripeAccountOf(ctx)
  const publishableKey = await publishableKeyOf(ctx)
  const customer = await ensureStripeCustomer(ctx, { id: payer.id, stripeCustomerId: payer.stripe_customer_id })
  const key = stripeKeyOf(ctx, 'setup', hashes?.keyHash.toString('hex') ?? ctx.requestId)
  const params = { customer, usage: wanted.usage, metadata: { panless_payer: payer.id } }
  const intent = await withSecret(() => account.createSetupIntent(params, key))
  const session = newSession(ctx, wanted, intent.id)
  return storeSession(ctx, {
    session,
    view: newSessionView(ctx, session, { publishableKey, clientSecret: intent.clientSecret }),
    row: payer,
    hashes,
  })
}

/** Sessions end by wall time, as their tokens do. */
function newSession(ctx: Ctx, wanted: Wanted, setupIntentId: string): StoredSession {
  const now = ctx.clock.now()
  const beginsAt = Math.floor(ctx.clock.wall().getTime() / 1000)
  return {
    id: newId('session', now),
    payer_id: wanted.payer,
    setup_intent_id: setupIntentId,
    usage: wanted.usage,
    consent_text_version: wanted.consent.text_version,
    consent_locale: wanted.consent.locale,
    limits: checkedLimits(wanted.limits),
    origin: null,
    token_id: null,
    failures: 0,
    expires_at: new Date((beginsAt + SESSION_TOKEN_MAX_SECONDS) * 1000),
    created_at: now,
  }
}

type Opened = { session: StoredSession; view: NewSessionView; row: PayerRow; hashes: KeyHashes | null }

async function storeSession(ctx: Ctx, { session, view, row, hashes }: Opened): Promise<Answer<NewSessionView>> {
  const payer = await openDataKey(ctx, { payerId: row.id, wrapped: row.wrapped_key, keyVersion: row.key_version })
  const reply = idempotentRequest(ctx)?.render(view) ?? null
  const limits = session.limits === null ? null : JSON.stringify(session.limits)
  await write(ctx, async tx => {
    await holdLiving(tx, row.id)
    const stored = await tx.sql`
      insert into checkout_sessions (tenant_id, id, payer_id, setup_intent_id, usage, consent_text_version,
                                     consent_locale, limits, expires_at, created_at)
      values (${ctx.tenantId}, ${session.id}, ${row.id}, ${session.setup_intent_id}, ${session.usage},
              ${session.consent_text_version}, ${session.consent_locale}, ${limits}::text::jsonb,
              ${session.expires_at}, ${session.created_at})
      on conflict do nothing returning id`
    if (stored.length === 0) {
      throw new DomainError('idempotency_in_progress', 'The same request has just been carried out.', {
        retryAfterSeconds: 1,
      })
    }
    if (hashes && reply) await completeKey(tx, ctx, hashes, reply, session.id, payer)
    return {
      value: null,
      audit: {
        action: 'checkout-session.create',
        object: { type: 'checkout_session', id: session.id },
        payerId: row.id,
        details: { setup_intent: session.setup_intent_id, usage: session.usage },
      },
    }
  })
  return { kind: 'fresh', result: view, reply }
}
