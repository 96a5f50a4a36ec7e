// Each look at what is sealed of a person goes on record: who, at what, for which purpose and why. The person can see it.
import { z } from 'zod'
import { personOf } from '../audit/entry.ts'
import type { Ctx, Tx } from '../context.ts'
import { DomainError } from '../errors.ts'
import { newId } from '../ids.ts'
import { type SealingKey, sealJson } from '../payers/data-key.ts'
import { holdLiving } from '../payers/payer-erased.ts'

/** After this a page takes the values away again; long enough to make a call, too short to be left open. */
const SHOWN_MS = 5 * 60_000
const HOUR_MS = 3_600_000
/** A person at a desk looks at a few people an hour; a harvest needs thousands. */
const REVEALS_PER_HOUR = 60

export const revealReason = z
  .string()
  .trim()
  .min(3)
  .max(500)
  .describe('Why, in words. Sealed with the record of this look, which the person can ask to see.')

type Look = {
  /** Null for somebody who is no payer: then it is by an inquiry. */
  payerId: string | null
  inquiryId?: string
  key: SealingKey
  purpose: string
  fields: readonly string[]
  reason: string
}

/** In the transaction of the look. @throws not_found, payer_erased, rate_limited */
export async function recordReveal(
  tx: Tx,
  ctx: Ctx,
  { payerId, inquiryId, key, purpose, fields, reason }: Look,
): Promise<{ id: string; expiresAt: Date }> {
  const now = ctx.clock.now()
  const id = newId('reveal', now)
  const expiresAt = new Date(now.getTime() + SHOWN_MS)
  if (payerId !== null) await holdLiving(tx, payerId)
  await spendReveal(tx, ctx, now)
  await tx.sql`
    insert into reveals (tenant_id, id, payer_id, inquiry_id, actor_kind, actor_id, purpose, fields, reason_sealed,
                         expires_at, created_at)
    values (${ctx.tenantId}, ${id}, ${payerId}, ${inquiryId ?? null}, ${ctx.actor.kind}, ${personOf(ctx.actor)}, ${purpose},
            ${[...fields]}, ${sealJson(ctx, key, { table: 'reveals', column: 'reason_sealed', row: id }, reason)},
            ${expiresAt}, ${now})`
  return { id, expiresAt }
}

/** Counted in the database, one person's at a time, so that the bound holds over all processes and clients. */
async function spendReveal(tx: Tx, ctx: Ctx, now: Date): Promise<void> {
  const person = personOf(ctx.actor)
  await tx.sql`select pg_advisory_xact_lock(hashtextextended(${`reveals:${tx.tenantId}:${person}`}, 0))`
  const recent = await tx.sql<{ created_at: Date }[]>`
    select created_at from reveals
     where tenant_id = ${tx.tenantId} and actor_id = ${person} and created_at > ${new Date(now.getTime() - HOUR_MS)}
     order by created_at desc limit ${REVEALS_PER_HOUR}`
  const oldest = recent.at(-1)
  if (recent.length < REVEALS_PER_HOUR || !oldest) return
  throw new DomainError(
    'rate_limited',
    `At most ${REVEALS_PER_HOUR} reveals an hour. Wait as long as Retry-After says.`,
    {
      retryAfterSeconds: Math.max(1, Math.ceil((oldest.created_at.getTime() + HOUR_MS - now.getTime()) / 1000)),
    },
  )
}
