// Moves a database and all its tenants to the region of this deployment: an operator's decision, recorded for each tenant.
import type { Ctx } from '../context.ts'
import { DomainError } from '../errors.ts'
import { requireScope } from '../permissions.ts'
import { write } from '../write.ts'
import { signedRegion } from './region-marker.ts'

/**
 * `from` is the region that the operator believes to leave. Tenants first and the marker last: stopped in between, all
 * stay refused, and the same command finishes. @throws insufficient_scope, invalid_state
 */
export async function setRegion(ctx: Ctx, from: string): Promise<{ region: string; tenants: string[] }> {
  requireScope(ctx, 'admin')
  const { region } = ctx.settings
  const [marker] = await ctx.db.sql<{ region: string }[]>`select region from deployment_region`
  if (marker && marker.region !== from)
    throw new DomainError('invalid_state', `The database is of the region ${marker.region}. Name that one to leave it.`)
  const moved: string[] = []
  const tenants = await ctx.db.sql<{ id: string }[]>`select id from tenants where region <> ${region} order by id`
  for (const { id } of tenants) {
    await write({ ...ctx, tenantId: id }, async tx => {
      const [before] = await tx.sql<{ region: string }[]>`select region from tenants where id = ${id} for update`
      await tx.sql`update tenants set region = ${region}, updated_at = ${ctx.clock.now()} where id = ${id}`
      return {
        value: null,
        audit: {
          action: 'tenant.set-region',
          object: { type: 'tenant', id },
          details: { from: before?.region, to: region },
        },
      }
    })
    ctx.tenants.forget(id)
    moved.push(id)
  }
  await markAnew(ctx, from, region)
  return { region, tenants: moved }
}

function markAnew(ctx: Ctx, from: string, region: string): Promise<null> {
  const at = ctx.clock.wall()
  return write(ctx, async tx => {
    await tx.sql`
      insert into deployment_region (region, statement, set_at)
      values (${region}, ${signedRegion(ctx.statements, region, at)}, ${at})
      on conflict (singleton) do update set region = excluded.region, statement = excluded.statement, set_at = excluded.set_at`
    return {
      value: null,
      audit: { action: 'region.set', object: { type: 'region', id: region }, details: { from, to: region } },
    }
  })
}
