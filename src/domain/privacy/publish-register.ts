// Puts a new register of purposes in force. What it leaves out must not be held, nor rested on by a living consent.
import { actorId } from '../audit/entry.ts'
import type { Ctx, Tx } from '../context.ts'
import { DomainError, invalidField } from '../errors.ts'
import { parseInput } from '../parse-input.ts'
import { requireScope } from '../permissions.ts'
import { write } from '../write.ts'
import { heldFields } from './held-fields.ts'
import { OPTIONAL_FIELDS, PERSONAL_FIELD_NAMES } from './personal-fields.ts'
import { checkRegister, coveredFields, purposeNamed, type Register, registerSchema } from './register.ts'
import { forgetRegister, lastPublished, lockRegister } from './register-in-force.ts'

/** `version` is one more than that in force. @throws insufficient_scope, validation_failed, invalid_state */
export async function publishRegister(ctx: Ctx, input: unknown): Promise<Register> {
  requireScope(ctx, 'admin')
  const wanted = parseInput(registerSchema, input)
  checkRegister(wanted)
  const published = await write(ctx, async tx => {
    await lockRegister(tx)
    const before = await lastPublished(tx)
    if (wanted.version !== before.version + 1) {
      const next = before.version + 1
      throw new DomainError('invalid_state', `Version ${before.version} is in force: the next to publish is ${next}.`)
    }
    await requireHeldCovered(tx, wanted)
    await requireConsentsKept(tx, wanted)
    await tx.sql`
      insert into purpose_registers (tenant_id, version, document, published_by, created_at)
      values (${ctx.tenantId}, ${wanted.version}, ${JSON.stringify({ purposes: wanted.purposes })}::text::jsonb,
              ${actorId(ctx.actor)}, ${ctx.clock.now()})`
    return {
      value: wanted,
      audit: {
        action: 'purposes.publish',
        object: { type: 'purpose_register', id: String(wanted.version) },
        details: { version: wanted.version, purposes: wanted.purposes.map(({ name }) => name) },
      },
    }
  })
  forgetRegister(ctx)
  return published
}

async function requireHeldCovered(tx: Tx, register: Register): Promise<void> {
  const covered = coveredFields(register)
  const uncovered = PERSONAL_FIELD_NAMES.filter(field => !covered.has(field))
  if (uncovered.length === 0) return
  const held = await heldFields(tx)
  const wrong = uncovered.filter(field => !OPTIONAL_FIELDS.includes(field) || held.includes(field))
  if (wrong.length > 0) throw invalidField('/purposes', `must cover these fields, which are held: ${wrong.join(', ')}`)
}

async function requireConsentsKept(tx: Tx, register: Register): Promise<void> {
  const living = await tx.sql<{ purpose: string }[]>`
    select distinct purpose from consents where tenant_id = ${tx.tenantId} and withdrawn_at is null`
  const lost = living.map(({ purpose }) => purpose).filter(name => purposeNamed(register, name)?.basis !== 'consent')
  if (lost.length > 0)
    throw invalidField('/purposes', `must keep these, on which living consents rest: ${lost.toSorted().join(', ')}`)
}
