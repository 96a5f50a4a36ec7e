// One look, before Stripe is asked, at all that a request to save a card depends on; requests that arrive together share it.
import { createBatcher } from '../../db/batcher.ts'
import type { Database } from '../../db/client.ts'
import type { TokenLimits } from '../../db/schema/payers.ts'
import { type AuditEntry, auditRow } from '../audit/entry.ts'
import type { Ctx } from '../context.ts'
import type { KeyHashes } from '../idempotency/keys.ts'
import type { ClaimRow } from '../idempotency/once.ts'
import type { TokenRow, Usage } from './show-token.ts'
import type { TokenOrder } from './token-input.ts'

export type SessionRow = {
  id: string
  payer_id: string
  setup_intent_id: string
  usage: Usage
  consent_text_version: string
  consent_locale: string
  limits: TokenLimits | null
  origin: string | null
  token_id: string | null
  failures: number
}

/** What the database holds that bears on one request. */
export type TokenFacts = {
  /** The stored answer, or what stands in its way; null for a key that is free. */
  key: ClaimRow | null
  session: SessionRow | null
  payer: { id: string; status: string; wrapped: Buffer; keyVersion: number; stripeCustomerId: string | null } | null
  /** The token that this Stripe id, or this session, has given already. */
  known: { tokenId: string; payerId: string } | null
  /** Tokens of the payer that may answer the request, frozen ones first, then the oldest. */
  tokens: TokenRow[]
  /** Whether `tokens` were looked up by the card's fingerprint, which is known only once Stripe was asked. */
  byFingerprint: boolean
  /** Beginnings of the fingerprint hashes of the payer's tokens, whatever their state. */
  prints: string[]
  /** Failures within the window; null when the tenant has none at all. */
  failures: { payer: number; address: number } | null
}

export type Asked = {
  hashes: KeyHashes | null
  /** Keyed hash of the payer's own address, when it is known. */
  addressHash: Buffer | null
  originAllowed: boolean
  /** A token that another request has made meanwhile. */
  alsoToken: string | null
  /** Of the card, when Stripe has been asked already. */
  fingerprint: Buffer | null
}

/** As many fingerprints as the look gives; a payer with more has too many to tell. */
const PRINTS_MAX = 200
const PRINT_BYTES = 8

/** Whether the payer may have a token of this card, so that it is worth a look by its fingerprint. */
export function mayBeSaved({ prints }: TokenFacts, fingerprint: Buffer): boolean {
  return prints.length >= PRINTS_MAX || prints.includes(fingerprint.subarray(0, PRINT_BYTES).toString('hex'))
}

type Sent = {
  key_hash: string | null
  request_hash: string | null
  payer_id: string | null
  session_id: string | null
  origin: string | null
  origin_allowed: boolean
  stripe_id: string
  token_id: string | null
  fingerprint_hash: string | null
  address_hash: string | null
  audit: object | null
}

type Found = {
  r_i: number
  r_key: string | null
  r_reply_status: number | null
  r_reply_sealed: Buffer | null
  r_object: string | null
  r_reply_payer: string | null
  r_session: SessionRow | null
  r_payer: string | null
  r_payer_status: string | null
  r_wrapped_key: Buffer | null
  r_key_version: number | null
  r_customer: string | null
  r_known: string | null
  r_known_payer: string | null
  r_prints: string | null
  r_tokens: Record<string, unknown>[] | null
  r_failures: { payer: number; address: number } | null
}

type Times = { now: Date; wall: Date; since: Date }
type Batch = (tenantId: string, row: Sent & Times) => Promise<Found>

const batches = new WeakMap<Database, Batch>()

/** Reads the facts; a session is bound to its caller's origin when it has none yet and the origin is allowed. */
export async function prepareTokenize(ctx: Ctx, order: TokenOrder, asked: Asked): Promise<TokenFacts> {
  const { actor } = ctx
  const now = ctx.clock.now()
  const session = actor.kind === 'session' ? actor : null
  const found = await batchOf(ctx.db)(ctx.tenantId, {
    key_hash: hex(asked.hashes?.keyHash),
    request_hash: hex(asked.hashes?.requestHash),
    payer_id: session ? null : order.payerId,
    session_id: session?.sessionId ?? null,
    origin: session?.origin ?? null,
    origin_allowed: session !== null && asked.originAllowed,
    stripe_id: order.source.id,
    token_id: asked.alsoToken,
    fingerprint_hash: hex(asked.fingerprint),
    address_hash: hex(asked.addressHash),
    audit: session ? auditRow(ctx, sessionBound(session.sessionId)) : null,
    now,
    wall: ctx.clock.wall(),
    since: new Date(now.getTime() - ctx.settings.cardTesting.windowSeconds * 1000),
  })
  return factsOf(found, asked.fingerprint !== null)
}

export const sessionBound = (sessionId: string): AuditEntry => ({
  action: 'checkout-session.bind-origin',
  object: { type: 'checkout_session', id: sessionId },
})

function factsOf(found: Found, byFingerprint: boolean): TokenFacts {
  return {
    key:
      found.r_key === null
        ? null
        : {
            outcome: found.r_key,
            reply_status: found.r_reply_status,
            reply_sealed: found.r_reply_sealed,
            object: found.r_object,
            payer: found.r_reply_payer,
          },
    session: found.r_session,
    payer:
      found.r_payer === null || found.r_payer_status === null
        ? null
        : {
            id: found.r_payer,
            status: found.r_payer_status,
            wrapped: found.r_wrapped_key as Buffer,
            keyVersion: found.r_key_version as number,
            stripeCustomerId: found.r_customer,
          },
    known: found.r_known === null ? null : { tokenId: found.r_known, payerId: found.r_known_payer as string },
    tokens: (found.r_tokens ?? []).map(tokenOfJson),
    byFingerprint,
    prints: found.r_prints?.split(' ') ?? [],
    failures: found.r_failures,
  }
}

/** Rows inside JSON have their times and bytes as text. */
function tokenOfJson(json: Record<string, unknown>): TokenRow {
  const row = { ...json }
  for (const name of ['created_at', 'updated_at', 'detached_at', 'consent_accepted_at', 'consent_withdrawn_at']) {
    if (typeof row[name] === 'string') row[name] = new Date(row[name])
  }
  for (const name of ['fingerprint_hash', 'notes_sealed']) {
    if (typeof row[name] === 'string') row[name] = Buffer.from(row[name].slice(2), 'hex')
  }
  return row as TokenRow
}

export const hex = (bytes: Buffer | null | undefined): string | null => (bytes ? `\\x${bytes.toString('hex')}` : null)

function batchOf(db: Database): Batch {
  const known = batches.get(db)
  if (known) return known
  const batch: Batch = createBatcher(
    async (tenantId, rows) => {
      const times = rows[0] as Times
      const sent = JSON.stringify(rows.map(({ now, wall, since, ...row }, i) => ({ i, ...row })))
      const found = await db.sql<Found[]>`
      select * from tokenize_prepare(${tenantId}, ${times.now}, ${times.wall}, ${times.since}, ${sent}::text::jsonb)`
      return found.toSorted((a, b) => a.r_i - b.r_i)
    },
    { inFlightMax: 1 },
  )
  batches.set(db, batch)
  return batch
}
