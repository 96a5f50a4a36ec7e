// The steps of a tokenize after the look: read the card at Stripe, choose the token, attach, store.

import type { StripeAccount } from '../../stripe/gateway.ts'
import { StripeFailure } from '../../stripe/stripe-failure.ts'
import type { Ctx } from '../context.ts'
import { DomainError, notFound } from '../errors.ts'
import type { KeyHashes } from '../idempotency/keys.ts'
import type { ClaimRow } from '../idempotency/once.ts'
import { type Answer, idempotentRequest } from '../idempotency/request.ts'
import { newTokenId } from '../ids.ts'
import type { PayerKey } from '../payers/data-key.ts'
import { ensureStripeCustomer } from '../payers/ensure-stripe-customer.ts'
import { payerErased } from '../payers/payer-erased.ts'
import { stripeKeyOf } from '../stripe-keys.ts'
import { stripeAccountOf } from '../tenants/stripe-account.ts'
import { attachCard } from './attach-card.ts'
import { refuseTestedCard } from './card-testing.ts'
import { chooseToken, duplicateCard, fingerprintHash } from './choose-token.ts'
import { commitToken, newTokenRow, type TokenToCommit } from './commit-token.ts'
import { mayBeSaved, type SessionRow, type TokenFacts } from './prepare-tokenize.ts'
import { type CardToSave, readCard } from './read-card.ts'
import { openNotes, showToken, type TokenRow } from './show-token.ts'
import type { ConsentGiven, TokenOrder } from './token-input.ts'
import { askingStripe, TokenizeRefusal } from './tokenize-refusal.ts'
import type { Tokenized } from './tokenized.ts'

/** What one request has found out and done so far; it stays when the request has to look again. */
export type Progress = {
  card: CardToSave | null
  fingerprint: Buffer | null
  attachedHere: boolean
  /** The payer had no customer when we looked and the card has one: it may have been made meanwhile. */
  lookedForCustomer: boolean
}

export type Saving = {
  order: TokenOrder
  hashes: KeyHashes | null
  facts: TokenFacts
  payer: PayerKey
  session: SessionRow | null
}

/** `look`: the card may have been saved before, or meanwhile; look again, at this token too. */
export type Saved =
  | { kind: 'answer'; answer: Answer<Tokenized> }
  | { kind: 'key'; claim: ClaimRow }
  | { kind: 'look'; at: string | null }

/** @throws TokenizeRefusal, duplicate_card, token_detached, payer_erased, rate_limited, stripe_unavailable */
export async function saveCard(ctx: Ctx, saving: Saving, progress: Progress): Promise<Saved> {
  const { facts, order } = saving
  if (facts.known) return answerWith(ctx, saving, progress, knownAnswer(saving))
  const account = await stripeAccountOf(ctx)
  const card = progress.card ?? (await readAtStripe(ctx, account, saving, progress))
  if (card === null) return { kind: 'look', at: null }
  progress.card = card
  progress.fingerprint = fingerprintHash(ctx, card.card.fingerprint)
  const { fingerprint } = progress
  if (fingerprint && !facts.byFingerprint && mayBeSaved(facts, fingerprint)) return { kind: 'look', at: null }
  const limits = saving.session ? saving.session.limits : order.limits
  const choice = chooseToken({ card, fingerprint, limits, onDuplicate: order.onDuplicate, tokens: facts.tokens })
  const common = { hashes: saving.hashes, payer: saving.payer, sources: card.sources, onDuplicate: order.onDuplicate }
  if (choice.kind === 'reuse') {
    const { token, differs } = choice
    return answerWith(ctx, saving, progress, {
      ...common,
      kind: 'answer',
      row: token,
      fingerprint,
      duplicateOf: token.id,
      differs,
    })
  }
  await attach(ctx, account, saving, progress, card)
  const consent = consentOf(ctx, saving)
  const row = newTokenRow(
    {
      id: newTokenId(account.mode === 'live'),
      payerId: saving.payer.payerId,
      paymentMethodId: card.paymentMethodId,
      card: card.card,
      fingerprint,
      usage: saving.session?.usage ?? card.usage,
      limits,
      consent,
      duplicateOf: choice.duplicateOf,
      differs: choice.differs,
    },
    ctx.clock.now(),
  )
  return answerWith(ctx, saving, progress, { ...common, kind: 'create', row, consent })
}

/** The token that this id has given before. @throws TokenizeRefusal, token_detached, payer_erased */
function knownAnswer({
  facts,
  order,
  hashes,
  payer,
}: Saving): Omit<Extract<TokenToCommit, { kind: 'answer' }>, 'reply'> {
  const token = facts.tokens.find(({ id }) => id === facts.known?.tokenId)
  if (!token || facts.known?.payerId !== payer.payerId) throw new TokenizeRefusal('wrong_payer', order.source.kind)
  if (token.status === 'detached') {
    throw new DomainError('token_detached', 'This gave a token that has been detached. Save the card anew.')
  }
  if (token.status === 'erased') throw payerErased()
  const sources = [order.source.id]
  return {
    kind: 'answer',
    hashes,
    payer,
    sources,
    onDuplicate: order.onDuplicate,
    row: token,
    fingerprint: null,
    duplicateOf: null,
    differs: null,
  }
}

/** Null when the card has a customer and the payer had none at the look: look once more, it may be the payer's own. */
async function readAtStripe(
  ctx: Ctx,
  account: StripeAccount,
  { order, facts, hashes }: Saving,
  progress: Progress,
): Promise<CardToSave | null> {
  const requestName = hashes?.keyHash.toString('hex') ?? ctx.requestId
  const customer = facts.payer?.stripeCustomerId ?? null
  try {
    return await askingStripe(order.source.kind, () =>
      readCard(ctx, { account, source: order.source, customer, requestName }),
    )
  } catch (error) {
    const early = error instanceof TokenizeRefusal && error.reason === 'wrong_payer' && customer === null
    if (!early || progress.lookedForCustomer) throw error
    progress.lookedForCustomer = true
    return null
  }
}

async function attach(ctx: Ctx, account: StripeAccount, saving: Saving, progress: Progress, card: CardToSave) {
  if (card.attached) return
  await refuseTestedCard(ctx, saving.facts, progress.fingerprint)
  const stripeCustomerId = saving.facts.payer?.stripeCustomerId ?? null
  const customer = await ensureStripeCustomer(ctx, { id: saving.payer.payerId, stripeCustomerId })
  await attachCard(ctx, account, card, customer, saving.order.source.kind)
  progress.card = { ...card, attached: true }
  progress.attachedHere = true
}

/** From a session, the consent is what its page showed; when and from where is what panless saw itself. */
function consentOf(ctx: Ctx, { order, session }: Saving): ConsentGiven {
  if (session === null) return order.consent as ConsentGiven
  return {
    textVersion: session.consent_text_version,
    locale: session.consent_locale,
    acceptedAt: ctx.clock.now(),
    ip: ctx.client.address,
    userAgent: ctx.client.userAgent,
  }
}

async function answerWith(
  ctx: Ctx,
  saving: Saving,
  progress: Progress,
  token:
    | Omit<Extract<TokenToCommit, { kind: 'create' }>, 'reply'>
    | Omit<Extract<TokenToCommit, { kind: 'answer' }>, 'reply'>,
): Promise<Saved> {
  const row: TokenRow = token.row
  const result: Tokenized = {
    kind: token.kind === 'create' ? 'created' : 'reused',
    token: showToken(row, openNotes(ctx, saving.payer, row)),
  }
  const reply = idempotentRequest(ctx)?.render(result) ?? null
  const committed = await commitToken(ctx, { ...token, reply } as TokenToCommit)
  if (committed.kind === 'key') return committed
  switch (committed.outcome) {
    case 'created':
    case 'known':
    case 'reused':
      ctx.meter.count('tokens', { outcome: committed.outcome })
      if (committed.outcome === 'reused' && progress.attachedHere && progress.card) await forget(ctx, progress.card)
      return { kind: 'answer', answer: { kind: 'fresh', result, reply } }
    case 'stale':
      return { kind: 'look', at: committed.object }
    case 'not_found':
      throw notFound()
    case 'payer_erased':
      throw payerErased()
    case 'wrong_payer':
      throw new TokenizeRefusal('wrong_payer', saving.order.source.kind)
    case 'session_used':
      throw new DomainError('session_used', 'The checkout session has saved another card. Make a new session.')
    case 'duplicate_card':
      throw duplicateCard()
  }
}

/** The card was attached while another request saved the same one; left there it would harm nobody. */
async function forget(ctx: Ctx, { paymentMethodId }: CardToSave): Promise<void> {
  const account = await stripeAccountOf(ctx)
  try {
    await account.detachPaymentMethod(paymentMethodId, stripeKeyOf(ctx, 'detach', paymentMethodId))
  } catch (error) {
    if (!(error instanceof StripeFailure)) throw error
    ctx.log.warn({ request_id: ctx.requestId, code: error.kind }, 'a card that was saved twice at once stays attached')
  }
}
