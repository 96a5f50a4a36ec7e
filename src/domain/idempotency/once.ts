// Carries out a verb's change at most once for each idempotency key, in the verb's own transaction.
import { appendAudit } from '../audit/append.ts'
import type { AuditEntry } from '../audit/entry.ts'
import type { Ctx, Tx } from '../context.ts'
import { DomainError } from '../errors.ts'
import { dataKeyOf, type PayerKey } from '../payers/data-key.ts'
import { type KeyHashes, keyHashes, LEASE_MS, openReply, sealReply, sealSystemReply } from './keys.ts'
import { type Answer, idempotentRequest, type StoredReply } from './request.ts'

export type Claim =
  | { kind: 'claimed' }
  | { kind: 'object'; objectId: string; payerId: string | null }
  | { kind: 'replay'; status: number; sealed: Buffer; payerId: string | null }

export type ClaimRow = {
  outcome: string
  reply_status: number | null
  reply_sealed: Buffer | null
  object: string | null
  payer: string | null
}

/** What a change gives back: the result, its audit entries, and whose key seals the stored reply. */
export type OnceWritten<Result> = {
  result: Result
  audit: AuditEntry | readonly [AuditEntry, ...AuditEntry[]]
  objectId: string
  payer: PayerKey | null
}

/**
 * One transaction: claim the key, `change`, audit, store the reply. `resume` makes the answer from the object when an
 * earlier owner died after making it, or when the reply is no longer kept.
 * @throws idempotency_mismatch, idempotency_in_progress
 */
export async function writeOnce<Result>(
  ctx: Ctx,
  steps: {
    movesMoney?: boolean
    change: (tx: Tx) => Promise<OnceWritten<Result>>
    resume: (objectId: string) => Promise<Result>
  },
): Promise<Answer<Result>> {
  const request = idempotentRequest(ctx)
  const hashes = request ? keyHashes(ctx, request) : null
  const done = await ctx.db.transaction(ctx.tenantId, async tx => {
    if (hashes) {
      const claim = await claimKey(tx, ctx, hashes, steps.movesMoney ?? false)
      if (claim.kind !== 'claimed') return claim
    }
    const { result, audit, objectId, payer } = await steps.change(tx)
    await appendAudit(tx, ctx, audit as AuditEntry | readonly AuditEntry[])
    const reply = request ? request.render(result) : null
    if (hashes && reply) await completeKey(tx, ctx, hashes, reply, objectId, payer)
    return { kind: 'fresh' as const, result, reply }
  })
  if (done.kind === 'fresh') return done
  return answerFromClaim(ctx, hashes as KeyHashes, done, steps.resume)
}

/** Whether this request was answered before, so that what is counted for it need not be counted again. */
export async function wasAnswered(ctx: Ctx): Promise<boolean> {
  const request = idempotentRequest(ctx)
  if (!request) return false
  const { keyHash } = keyHashes(ctx, request)
  const rows = await ctx.db.transaction(
    ctx.tenantId,
    tx => tx.sql`select 1 from idempotency_keys
                  where tenant_id = ${ctx.tenantId} and key_hash = ${keyHash} and status = 'done'`,
  )
  return rows.length > 0
}

/** The answer to a request whose key was used before: the stored reply, or the object as it is now. @throws payer_erased */
export async function answerFromClaim<Result>(
  ctx: Ctx,
  hashes: KeyHashes,
  claim: Exclude<Claim, { kind: 'claimed' }>,
  resume: (objectId: string) => Promise<Result>,
): Promise<Answer<Result>> {
  if (claim.kind === 'replay') return { kind: 'replayed', reply: await openReply(ctx, hashes.keyHash, claim) }
  const { objectId, payerId } = claim
  const payer = payerId === null ? null : await dataKeyOf(ctx, payerId)
  const result = await resume(objectId)
  const reply = idempotentRequest(ctx)?.render(result) ?? null
  // From now on this is the answer under a key whose owner died; one whose reply was forgotten stays without.
  if (reply) await ctx.db.transaction(ctx.tenantId, tx => completeKey(tx, ctx, hashes, reply, objectId, payer))
  return { kind: 'fresh', result, reply }
}

export async function claimKey(tx: Tx, ctx: Ctx, hashes: KeyHashes, movesMoney: boolean): Promise<Claim> {
  const wall = ctx.clock.wall()
  const [row] = await tx.sql<ClaimRow[]>`
    select * from panless_claim_key(${ctx.tenantId}, ${hashes.keyHash}, ${hashes.requestHash}, ${movesMoney},
                                    ${wall}, ${new Date(wall.getTime() + LEASE_MS)})`
  return readClaim(row as ClaimRow)
}

/** @throws idempotency_mismatch, idempotency_in_progress */
export function readClaim(row: ClaimRow): Claim {
  switch (row.outcome) {
    case 'claimed':
      return { kind: 'claimed' }
    case 'replay':
      return {
        kind: 'replay',
        status: row.reply_status as number,
        sealed: row.reply_sealed as Buffer,
        payerId: row.payer,
      }
    case 'taken_over':
    case 'forgotten':
      return row.object ? { kind: 'object', objectId: row.object, payerId: row.payer } : { kind: 'claimed' }
    case 'mismatch':
      throw new DomainError(
        'idempotency_mismatch',
        'This Idempotency-Key was used for another request. Use a new key for a new request.',
      )
    default:
      throw new DomainError('idempotency_in_progress', 'The request with this Idempotency-Key is still running.', {
        retryAfterSeconds: 1,
      })
  }
}

/** Stores the reply under a claimed key. */
export async function completeKey(
  tx: Tx,
  ctx: Ctx,
  hashes: KeyHashes,
  reply: StoredReply,
  objectId: string,
  payer: PayerKey | null,
): Promise<void> {
  const sealed = payer
    ? sealReply(ctx, hashes.keyHash, reply, payer)
    : await sealSystemReply(ctx, hashes.keyHash, reply)
  await tx.sql`select panless_complete_key(${ctx.tenantId}, ${hashes.keyHash}, ${objectId}, ${payer?.payerId ?? null},
                                           ${reply.status}, ${sealed})`
}

/** Names the object of a claimed key before an outside call, so that a successor can answer from it. */
export async function nameKeyObject(tx: Tx, ctx: Ctx, hashes: KeyHashes, objectId: string, payerId: string | null) {
  await tx.sql`update idempotency_keys set object_id = ${objectId}, payer_id = ${payerId}
                where tenant_id = ${ctx.tenantId} and key_hash = ${hashes.keyHash}`
}

/** Gives a claimed key back: what failed before anything was reserved stores nothing under its key. */
export async function releaseKey(ctx: Ctx, hashes: KeyHashes): Promise<void> {
  await ctx.db.transaction(
    ctx.tenantId,
    tx => tx.sql`delete from idempotency_keys
                  where tenant_id = ${ctx.tenantId} and key_hash = ${hashes.keyHash} and status = 'running'
                    and object_id is null`,
  )
}
