// Makes a tenant. It belongs to the deployment's region; its Stripe keys are set apart.
import { z } from 'zod'
import type { Ctx } from '../context.ts'
import { DomainError } from '../errors.ts'
import { parseInput } from '../parse-input.ts'
import { requireScope } from '../permissions.ts'
import { write } from '../write.ts'

export const tenantIdSchema = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,39}$/, 'must be lower-case letters, digits and dashes')

const addTenantInput = z.strictObject({ id: tenantIdSchema, name: z.string().trim().min(1).max(120) })

/** @throws insufficient_scope, validation_failed, invalid_state when the id is taken */
export async function addTenant(ctx: Ctx, input: unknown): Promise<{ id: string }> {
  requireScope(ctx, 'admin')
  const { id, name } = parseInput(addTenantInput, input)
  const now = ctx.clock.now()
  return write({ ...ctx, tenantId: id }, async tx => {
    const added = await tx.sql`
      insert into tenants (id, name, region, livemode, created_at, updated_at)
      values (${id}, ${name}, ${ctx.settings.region}, false, ${now}, ${now}) on conflict do nothing returning id`
    if (added.length === 0) throw new DomainError('invalid_state', 'There is a tenant with this id already.')
    ctx.tenants.forget(id)
    return { value: { id }, audit: { action: 'tenant.add', object: { type: 'tenant', id } } }
  })
}
