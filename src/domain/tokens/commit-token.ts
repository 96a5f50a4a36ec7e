// Stores a token with its consent, key, answer and audit row; requests that arrive together are one call.
import { createBatcher } from '../../db/batcher.ts'
import type { Database } from '../../db/client.ts'
import type { TokenLimits } from '../../db/schema/payers.ts'
import { auditRow } from '../audit/entry.ts'
import type { Ctx } from '../context.ts'
import { type KeyHashes, LEASE_MS, sealReply } from '../idempotency/keys.ts'
import type { ClaimRow } from '../idempotency/once.ts'
import type { StoredReply } from '../idempotency/request.ts'
import { newId } from '../ids.ts'
import { type PayerKey, sealJson } from '../payers/data-key.ts'
import { CHARGE_PURPOSE } from '../privacy/register.ts'
import { hex } from './prepare-tokenize.ts'
import type { TokenRow } from './show-token.ts'
import type { ConsentGiven, OnDuplicate } from './token-input.ts'

/** A token to store, or the older one that answers the request. */
export type TokenToCommit = {
  hashes: KeyHashes | null
  payer: PayerKey
  sources: string[]
  onDuplicate: OnDuplicate
  reply: StoredReply | null
} & (
  | { kind: 'create'; row: TokenRow; consent: ConsentGiven }
  | { kind: 'answer'; row: TokenRow; fingerprint: Buffer | null; duplicateOf: string | null; differs: string[] | null }
)

/** `stale`: the database holds another token than was seen; look again, at `object` too. */
export type CommitOutcome =
  | 'created'
  | 'known'
  | 'reused'
  | 'stale'
  | 'not_found'
  | 'payer_erased'
  | 'wrong_payer'
  | 'session_used'
  | 'duplicate_card'

export type Committed =
  | { kind: 'done'; outcome: CommitOutcome; object: string | null }
  | { kind: 'key'; claim: ClaimRow }

type Sent = Record<string, unknown>
type Found = {
  r_i: number
  r_outcome: string
  r_reply_status: number | null
  r_reply_sealed: Buffer | null
  r_object: string | null
  r_payer: string | null
}
type Times = { now: Date; wall: Date }
type Batch = (tenantId: string, row: { sent: Sent } & Times) => Promise<Found>

const batches = new WeakMap<Database, Batch>()
const KEY_OUTCOMES = new Set(['replay', 'mismatch', 'running', 'forgotten', 'taken_over'])

export const consentSource = (ctx: Ctx): 'session' | 'service' | 'import' =>
  ctx.actor.kind === 'session' ? 'session' : ctx.actor.kind === 'service' ? 'service' : 'import'

export async function commitToken(ctx: Ctx, token: TokenToCommit): Promise<Committed> {
  const now = ctx.clock.now()
  const found = await batchOf(ctx.db)(ctx.tenantId, { sent: rowOf(ctx, token), now, wall: ctx.clock.wall() })
  if (!KEY_OUTCOMES.has(found.r_outcome)) {
    return { kind: 'done', outcome: found.r_outcome as CommitOutcome, object: found.r_object }
  }
  return {
    kind: 'key',
    claim: {
      outcome: found.r_outcome,
      reply_status: found.r_reply_status,
      reply_sealed: found.r_reply_sealed,
      object: found.r_object,
      payer: found.r_payer,
    },
  }
}

function rowOf(ctx: Ctx, token: TokenToCommit): Sent {
  const { hashes, payer, reply, row } = token
  const created = token.kind === 'create'
  const audit = auditRow(ctx, {
    action: created ? 'token.create' : 'token.reuse',
    object: { type: 'token', id: row.id },
    payerId: payer.payerId,
    details: created
      ? { consent: row.consent_id, duplicate_of: row.duplicate_of, payment_method: row.stripe_payment_method_id }
      : {},
  })
  return {
    key_hash: hex(hashes?.keyHash),
    request_hash: hex(hashes?.requestHash),
    payer_id: payer.payerId,
    sources: token.sources,
    on_duplicate: token.onDuplicate,
    session_id: ctx.actor.kind === 'session' ? ctx.actor.sessionId : null,
    reply_status: reply?.status ?? null,
    reply_sealed: hashes && reply ? hex(sealReply(ctx, hashes.keyHash, reply, payer)) : null,
    audit,
    ...(created ? newTokenMembers(ctx, token.row, token.consent, payer) : answerMembers(token)),
  }
}

function newTokenMembers(ctx: Ctx, row: TokenRow, consent: ConsentGiven, payer: PayerKey): Sent {
  return {
    token_id: row.id,
    payment_method: row.stripe_payment_method_id,
    fingerprint_hash: hex(row.fingerprint_hash),
    brand: row.brand,
    last4: row.last4,
    exp_month: row.exp_month,
    exp_year: row.exp_year,
    funding: row.funding,
    country: row.country,
    usage: row.usage,
    limits: row.limits,
    seen_duplicate: row.duplicate_of,
    differs: row.duplicate_differs,
    at: row.created_at,
    consent: {
      id: row.consent_id,
      purpose: CHARGE_PURPOSE,
      text_version: consent.textVersion,
      locale: consent.locale,
      accepted_at: consent.acceptedAt,
      evidence_sealed: hex(sealEvidence(ctx, row.consent_id, consent, payer)),
      source: consentSource(ctx),
    },
  }
}

function sealEvidence(ctx: Ctx, consentId: string, { ip, userAgent }: ConsentGiven, payer: PayerKey): Buffer | null {
  if (ip === null && userAgent === null) return null
  return sealJson(ctx, payer, { table: 'consents', column: 'evidence_sealed', row: consentId }, { ip, userAgent })
}

const answerMembers = (token: Extract<TokenToCommit, { kind: 'answer' }>): Sent => ({
  answer_token: token.row.id,
  answer_seen: token.row.updated_at,
  fingerprint_hash: hex(token.fingerprint),
  seen_duplicate: token.duplicateOf,
  differs: token.differs,
})

export type NewTokenFacts = {
  id: string
  payerId: string
  paymentMethodId: string
  card: { brand: string; last4: string; expMonth: number; expYear: number; funding: string; country: string | null }
  fingerprint: Buffer | null
  usage: TokenRow['usage']
  limits: TokenLimits | null
  consent: ConsentGiven
  duplicateOf: string | null
  differs: string[] | null
}

/** A new token as its row will be. */
export function newTokenRow(facts: NewTokenFacts, now: Date): TokenRow {
  const { card, consent } = facts
  return {
    id: facts.id,
    sequence: 0,
    payer_id: facts.payerId,
    status: 'active',
    stripe_payment_method_id: facts.paymentMethodId,
    fingerprint_hash: facts.fingerprint,
    brand: card.brand,
    last4: card.last4,
    exp_month: card.expMonth,
    exp_year: card.expYear,
    funding: card.funding,
    country: card.country,
    usage: facts.usage,
    consent_id: newId('consent', now),
    limits: facts.limits,
    duplicate_of: facts.duplicateOf,
    duplicate_differs: facts.differs,
    notes_sealed: null,
    detached_at: null,
    detach_due_at: null,
    created_at: now,
    updated_at: now,
    consent_text_version: consent.textVersion,
    consent_locale: consent.locale,
    consent_accepted_at: consent.acceptedAt,
    consent_withdrawn_at: null,
  }
}

function batchOf(db: Database): Batch {
  const known = batches.get(db)
  if (known) return known
  const batch: Batch = createBatcher(
    async (tenantId, rows) => {
      const { now, wall } = rows[0] as Times
      const leaseUntil = new Date(wall.getTime() + LEASE_MS)
      const sent = JSON.stringify(rows.map((row, i) => ({ i, ...row.sent })))
      const found = await db.sql<Found[]>`
      select * from tokenize_commit(${tenantId}, ${now}, ${wall}, ${leaseUntil}, ${sent}::text::jsonb)`
      return found.toSorted((a, b) => a.r_i - b.r_i)
    },
    { inFlightMax: 1 },
  )
  batches.set(db, batch)
  return batch
}
