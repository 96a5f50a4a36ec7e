// A person's no to a purpose, in the caller's transaction: in force before the next charge, notice or look.
import { appendAudit } from '../audit/append.ts'
import type { Ctx, Tx } from '../context.ts'
import { invalidField, notFound } from '../errors.ts'
import { newId } from '../ids.ts'
import { requireLiving } from '../payers/payer-erased.ts'
import { endConsents } from './end-consents.ts'
import { type Purpose, purposeNamed, type Register } from './register.ts'
import { registerInForce } from './register-in-force.ts'

/** How the objection came: by a service, a person of the company, the person in question, or a request for one's rights. */
export type ObjectionSource = 'service' | 'staff' | 'person' | 'request'

export type Objection = {
  id: string
  purpose: string
  /** The consents that it ended: for `charge_saved_card`, the mandates of all saved cards. */
  withdrawn: string[]
  created_at: Date
}

/**
 * An objection to a legitimate interest blocks the purpose; one to a consent's purpose withdraws the living consents.
 * Objecting again ends what was agreed to since. @throws not_found, payer_erased, validation_failed for a purpose
 * that a contract or law carries
 */
export async function recordObjection(
  tx: Tx,
  ctx: Ctx,
  payerId: string,
  purpose: string,
  source: ObjectionSource,
): Promise<Objection> {
  const found = requireObjectable(await registerInForce(tx), purpose, '/purpose')
  const now = ctx.clock.now()
  const [payer] = await tx.sql<{ status: string }[]>`
    select status from payers where tenant_id = ${tx.tenantId} and id = ${payerId} for no key update`
  if (!payer) throw notFound()
  requireLiving(payer.status)
  const withdrawn = found.basis === 'consent' ? await endAll(tx, payerId, purpose, now) : []
  await tx.sql`
    insert into objections (tenant_id, id, payer_id, purpose, source, created_at)
    values (${tx.tenantId}, ${newId('objection', now)}, ${payerId}, ${purpose}, ${source}, ${now})
    on conflict (tenant_id, payer_id, purpose) do nothing`
  const [kept] = await tx.sql<{ id: string; created_at: Date }[]>`
    select id, created_at from objections
     where tenant_id = ${tx.tenantId} and payer_id = ${payerId} and purpose = ${purpose}`
  const { id, created_at } = kept as { id: string; created_at: Date }
  await appendAudit(tx, ctx, {
    action: 'objection.record',
    object: { type: 'objection', id },
    payerId,
    details: { purpose, source, withdrawn },
  })
  return { id, purpose, withdrawn, created_at }
}

/** `pointer`: where the purpose was named. @throws validation_failed */
export function requireObjectable(register: Register, purpose: string, pointer: string): Purpose {
  const found = purposeNamed(register, purpose)
  if (!found) throw invalidField(pointer, 'is not in the register of purposes', 'not_a_choice')
  if (found.basis === 'contract' || found.basis === 'law')
    throw invalidField(pointer, 'rests on a contract or a law, so there is nothing to object to', 'not_objectable')
  return found
}

async function endAll(tx: Tx, payerId: string, purpose: string, now: Date): Promise<string[]> {
  const living = await tx.sql<{ id: string }[]>`
    select id from consents
     where tenant_id = ${tx.tenantId} and payer_id = ${payerId} and purpose = ${purpose} and withdrawn_at is null`
  const ended = await endConsents(
    tx,
    payerId,
    living.map(({ id }) => id),
    now,
  )
  return ended.map(({ id }) => id)
}
