// The meter against card testing: failed tries are counted per session, payer, address and card, and too many within the
// window are answered with a pause. Settings say how many.

import { addressHash } from '../../crypto/address-hash.ts'
import type { AuditEntry } from '../audit/entry.ts'
import type { Ctx, Tx } from '../context.ts'
import { DomainError } from '../errors.ts'
import { writeOnce } from '../idempotency/once.ts'
import type { Answer } from '../idempotency/request.ts'
import { newId } from '../ids.ts'
import type { PayerKey } from '../payers/data-key.ts'
import { read, write } from '../write.ts'
import type { TokenFacts } from './prepare-tokenize.ts'
import { COUNTS, errorOfRefusal, type TokenizeRefusal } from './tokenize-refusal.ts'
import type { Tokenized } from './tokenized.ts'

/** A session that failed so often is dead; a new one needs the merchant's own server. */
export const SESSION_FAILURES_MAX = 5

type Meter = { column: 'payer_id' | 'address_hash' | 'fingerprint_hash'; value: string | Buffer; limit: number }

/**
 * The address that failures are counted for: a browser's own, or the one that a service says its payer has. A service's
 * own address stands for all its payers and is not counted.
 */
export function payerAddressHash(ctx: Ctx, toldAddress: string | null): Buffer | null {
  if (ctx.actor.kind === 'session') return ctx.addressHash
  if (toldAddress === null) return null
  return addressHash(ctx.keyring.derive('address-hash'), toldAddress)
}

/** Before Stripe is asked. @throws rate_limited */
export async function refuseCardTesting(ctx: Ctx, facts: TokenFacts, addressHash: Buffer | null): Promise<void> {
  const { cardTesting } = ctx.settings
  if (facts.session && facts.session.failures >= cardTesting.perSession) throw blocked(cardTesting.windowSeconds)
  if (facts.failures === null) return
  if (facts.payer && facts.failures.payer >= cardTesting.perPayer) {
    await refuse(ctx, { column: 'payer_id', value: facts.payer.id, limit: cardTesting.perPayer })
  }
  if (addressHash && facts.failures.address >= cardTesting.perAddress) {
    await refuse(ctx, { column: 'address_hash', value: addressHash, limit: cardTesting.perAddress })
  }
}

/** Once the card is known, and before it is attached. @throws rate_limited */
export async function refuseTestedCard(ctx: Ctx, facts: TokenFacts, fingerprintHash: Buffer | null): Promise<void> {
  if (facts.failures === null || fingerprintHash === null) return
  const limit = ctx.settings.cardTesting.perFingerprint
  await refuse(ctx, { column: 'fingerprint_hash', value: fingerprintHash, limit })
}

/** Refuses until the failure that makes the limit full has left the window. */
async function refuse(ctx: Ctx, { column, value, limit }: Meter): Promise<void> {
  const windowMs = ctx.settings.cardTesting.windowSeconds * 1000
  const now = ctx.clock.now().getTime()
  const [row] = await read(
    ctx,
    tx => tx.sql<{ failed_at: Date }[]>`
      select failed_at from tokenize_failures
       where tenant_id = ${ctx.tenantId} and ${tx.sql(column)} = ${value} and failed_at > ${new Date(now - windowMs)}
       order by failed_at desc offset ${limit - 1} limit 1`,
  )
  if (row) throw blocked((row.failed_at.getTime() + windowMs - now) / 1000)
}

const blocked = (retryAfterSeconds: number) =>
  new DomainError('rate_limited', 'Too many tries to save a card have failed. Wait as long as Retry-After says.', {
    retryAfterSeconds: Math.max(1, retryAfterSeconds),
  })

export type FailedTry = {
  refusal: TokenizeRefusal
  payer: PayerKey
  addressHash: Buffer | null
  fingerprintHash: Buffer | null
}

/**
 * Counts a failed try and gives its answer: a decline is kept under the request's key, anything else is thrown and
 * keeps nothing.
 */
export async function failTry(ctx: Ctx, tried: FailedTry): Promise<Answer<Tokenized>> {
  const { refusal, payer } = tried
  const error = errorOfRefusal(refusal)
  const failureId = newId('failure', ctx.clock.now())
  ctx.meter.count('tokenize_failures', { code: refusal.reason })
  const audit: AuditEntry = {
    action: 'token.create',
    object: { type: 'token', id: null },
    outcome: 'failed',
    payerId: payer.payerId,
    details: { reason: refusal.reason, code: error.code, decline_code: refusal.decline?.decline_code ?? null },
  }
  if (refusal.reason !== 'declined') {
    await write(ctx, async tx => {
      await countFailure(tx, ctx, tried, failureId)
      return { value: null, audit }
    })
    throw error
  }
  const declined: Tokenized = { kind: 'declined', error }
  return writeOnce(ctx, {
    resume: async () => declined,
    change: async tx => {
      await countFailure(tx, ctx, tried, failureId)
      return { result: declined, audit, objectId: failureId, payer }
    },
  })
}

async function countFailure(
  tx: Tx,
  ctx: Ctx,
  { refusal, payer, addressHash, fingerprintHash }: FailedTry,
  failureId: string,
): Promise<void> {
  const counts = COUNTS[refusal.reason]
  const sessionId = ctx.actor.kind === 'session' ? ctx.actor.sessionId : null
  if (sessionId !== null && counts.session) {
    await tx.sql`update checkout_sessions set failures = failures + 1
                  where tenant_id = ${ctx.tenantId} and id = ${sessionId}`
  }
  if (!counts.meter) return
  await tx.sql`
    insert into tokenize_failures (tenant_id, id, session_id, payer_id, address_hash, fingerprint_hash, code, failed_at)
    values (${ctx.tenantId}, ${failureId}, ${sessionId}, ${payer.payerId}, ${addressHash}, ${fingerprintHash},
            ${refusal.decline?.code ?? refusal.reason}, ${ctx.clock.now()})`
}
