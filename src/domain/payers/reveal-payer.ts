// Opens sealed data of a person: for a purpose of the register, with a reason, for a short time, and on record.
import { z } from 'zod'
import { actorId } from '../audit/entry.ts'
import type { Ctx, Tx } from '../context.ts'
import { DomainError } from '../errors.ts'
import { newId } from '../ids.ts'
import { parseInput } from '../parse-input.ts'
import { requirePermission } from '../permissions.ts'
import { openIdentity } from '../privacy/sealed-identity.ts'
import { read, write } from '../write.ts'
import { dataKeyOfRow, sealJson } from './data-key.ts'
import { loadPayer } from './get-payer.ts'
import { IDENTITY_FIELDS } from './payer.ts'
import { holdLiving } from './payer-erased.ts'

/** After this a page takes the values away again; long enough to make a call, too short to be left open. */
const SHOWN_MS = 5 * 60_000
const HOUR_MS = 3_600_000
/** A person at a desk looks at a few people an hour; a harvest needs thousands. */
const REVEALS_PER_HOUR = 60

export const revealPayerInput = z.strictObject({
  fields: z.array(z.enum(IDENTITY_FIELDS)).min(1).max(IDENTITY_FIELDS.length),
  purpose: z.string().min(1).max(80).describe('The name of a purpose; see GET /v1/purposes.'),
  reason: z
    .string()
    .trim()
    .min(3)
    .max(500)
    .describe('Why, in words. Sealed with the record of this reveal, which the person can ask to see.'),
})

export const revealedSchema = z.object({
  payer: z.string(),
  purpose: z.string(),
  fields: z
    .object({ real_name: z.string().nullable(), email: z.string().nullable(), phone: z.string().nullable() })
    .partial(),
  expires_at: z.iso.datetime().describe('When a page that shows the fields must take them away.'),
})

export type Revealed = z.infer<typeof revealedSchema>

export const reasonPlace = (revealId: string) => ({ table: 'reveals', column: 'reason_sealed', row: revealId })

/** @throws insufficient_scope, not_found, payer_erased, validation_failed, purpose_not_allowed, rate_limited */
export async function revealPayer(ctx: Ctx, payerId: string, input: unknown): Promise<Revealed> {
  requirePermission(ctx, 'revealPayer')
  await read(ctx, tx => loadPayer(tx, payerId))
  const wanted = parseInput(revealPayerInput, input)
  const { purpose, reason } = wanted
  const fields = [...new Set(wanted.fields)]
  const now = ctx.clock.now()
  const id = newId('reveal', now)
  const expiresAt = new Date(now.getTime() + SHOWN_MS)
  return write(ctx, async tx => {
    await holdLiving(tx, payerId)
    await spendReveal(tx, ctx, now)
    const { cover, values } = await openIdentity(tx, ctx, payerId, purpose, fields)
    const payer = await dataKeyOfRow(ctx, await loadPayer(tx, payerId))
    await tx.sql`
      insert into reveals (tenant_id, id, payer_id, actor_kind, actor_id, purpose, fields, reason_sealed, expires_at, created_at)
      values (${ctx.tenantId}, ${id}, ${payerId}, ${ctx.actor.kind}, ${actorId(ctx.actor)}, ${purpose}, ${fields},
              ${sealJson(ctx, payer, reasonPlace(id), reason)}, ${expiresAt}, ${now})`
    return {
      value: { payer: payerId, purpose, fields: values, expires_at: expiresAt.toISOString() },
      audit: {
        action: 'payer.reveal',
        object: { type: 'payer', id: payerId },
        payerId,
        details: {
          fields,
          purpose,
          basis: cover.consentId ?? cover.basis,
          register: cover.registerVersion,
          reveal: id,
        },
      },
    }
  })
}

/** Counted in the database, one actor's at a time, so that the bound holds over all processes. @throws rate_limited */
async function spendReveal(tx: Tx, ctx: Ctx, now: Date): Promise<void> {
  const [kind, actor] = [ctx.actor.kind, actorId(ctx.actor)]
  await tx.sql`select pg_advisory_xact_lock(hashtextextended(${`reveals:${tx.tenantId}:${kind}:${actor}`}, 0))`
  const recent = await tx.sql<{ created_at: Date }[]>`
    select created_at from reveals
     where tenant_id = ${tx.tenantId} and actor_kind = ${kind} and actor_id = ${actor}
       and created_at > ${new Date(now.getTime() - HOUR_MS)}
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
