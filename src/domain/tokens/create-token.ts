// Tokenize: turns a card that Stripe holds into a vault token, once for each of Stripe's single-use ids.

import type { Ctx } from '../context.ts'
import { DomainError, notFound } from '../errors.ts'
import { type KeyHashes, keyHashes } from '../idempotency/keys.ts'
import { answerFromClaim, type ClaimRow, readClaim } from '../idempotency/once.ts'
import { type Answer, idempotentRequest } from '../idempotency/request.ts'
import { parseInput } from '../parse-input.ts'
import { openDataKey, type PayerKey } from '../payers/data-key.ts'
import { requireLiving } from '../payers/payer-erased.ts'
import { requirePermission } from '../permissions.ts'
import { read } from '../write.ts'
import { failTry, payerAddressHash, refuseCardTesting } from './card-testing.ts'
import { loadToken, showStoredToken } from './find-token.ts'
import { prepareTokenize, type TokenFacts } from './prepare-tokenize.ts'
import { type Progress, type Saved, saveCard } from './save-card.ts'
import { originAllowed, requireLivingSession, requireOwnCard } from './session-checks.ts'
import { serviceOrder, serviceTokenInput, sessionOrder, sessionTokenInput, type TokenOrder } from './token-input.ts'
import { TokenizeRefusal } from './tokenize-refusal.ts'
import type { Tokenized } from './tokenized.ts'

/** Times that a card saved before, or meanwhile by another request, may send this one back to look. */
const LOOKS_MAX = 5

/** What one request knows of itself, besides what it looks up. */
type Request = {
  order: TokenOrder
  hashes: KeyHashes | null
  /** Whether the tenant lets pages of the caller's origin call. */
  originAllowed: boolean
  addressHash: Buffer | null
  progress: Progress
}

/**
 * Asks Stripe for the card, attaches it to the payer's customer and stores the token.
 * @throws insufficient_scope, invalid_token, origin_not_allowed, validation_failed, not_found, payer_erased, wrong_payer,
 * setup_not_succeeded, duplicate_card, token_detached, rate_limited, stripe_unavailable, database_busy, idempotency_*
 */
export async function createToken(ctx: Ctx, input: unknown): Promise<Answer<Tokenized>> {
  if (ctx.actor.kind !== 'session') requirePermission(ctx, 'createToken')
  const keyed = idempotentRequest(ctx)
  const order =
    ctx.actor.kind === 'session'
      ? sessionOrder(parseInput(sessionTokenInput, input))
      : serviceOrder(ctx, parseInput(serviceTokenInput, input))
  const request: Request = {
    order,
    hashes: keyed ? keyHashes(ctx, keyed) : null,
    originAllowed: await originAllowed(ctx),
    addressHash: payerAddressHash(ctx, order.consent?.ip ?? null),
    progress: { card: null, fingerprint: null, attachedHere: false, lookedForCustomer: false },
  }
  let alsoToken: string | null = null
  for (let look = 1; look <= LOOKS_MAX; look++) {
    const saved = await lookAndSave(ctx, request, alsoToken)
    if (saved.kind === 'answer') return saved.answer
    if (saved.kind === 'key') return answerOfKey(ctx, request.hashes as KeyHashes, saved.claim)
    alsoToken = saved.at
  }
  throw new DomainError('database_busy', 'Other requests save the same card. Send this one again.', {
    retryAfterSeconds: 1,
  })
}

async function lookAndSave(ctx: Ctx, request: Request, alsoToken: string | null): Promise<Saved> {
  const { order, hashes, addressHash, progress } = request
  const facts = await prepareTokenize(ctx, order, { ...request, alsoToken, fingerprint: progress.fingerprint })
  const session = ctx.actor.kind === 'session' ? requireLivingSession(ctx, facts.session, request.originAllowed) : null
  if (facts.key) return { kind: 'key', claim: facts.key }
  const payer = await payerOf(ctx, facts)
  try {
    if (session) requireOwnCard(session, order)
    if (facts.known === null) await refuseCardTesting(ctx, facts, addressHash)
    return await saveCard(ctx, { order, hashes, facts, payer, session }, progress)
  } catch (error) {
    if (!(error instanceof TokenizeRefusal)) throw error
    const tried = { refusal: error, payer, addressHash, fingerprintHash: progress.fingerprint }
    return { kind: 'answer', answer: await failTry(ctx, tried) }
  }
}

/** @throws not_found, payer_erased */
async function payerOf(ctx: Ctx, { payer }: TokenFacts): Promise<PayerKey> {
  if (payer === null) throw notFound()
  requireLiving(payer.status)
  return openDataKey(ctx, { payerId: payer.id, wrapped: payer.wrapped, keyVersion: payer.keyVersion })
}

/** @throws idempotency_mismatch, idempotency_in_progress, not_found */
async function answerOfKey(ctx: Ctx, hashes: KeyHashes, row: ClaimRow): Promise<Answer<Tokenized>> {
  const claim = readClaim(row)
  if (claim.kind === 'claimed') throw notFound()
  return answerFromClaim<Tokenized>(ctx, hashes, claim, async tokenId => {
    const stored = await read(ctx, tx => loadToken(tx, tokenId))
    return { kind: 'reused', token: await showStoredToken(ctx, stored) }
  })
}
