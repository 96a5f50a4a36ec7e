// What stories of erasures share: beginning one as a decision would, and working it off to its end.
import { expect } from 'vitest'
import { startErasure } from '../../src/domain/erasures/start-erasure.ts'
import { workErasures } from '../../src/domain/erasures/work-erasures.ts'
import { operatorContext } from '../../src/domain/tenants/operator-context.ts'
import { asSuperuser } from './database-contents.ts'
import type { TenantName, World } from './world.ts'

/** Begins an erasure in a transaction of its own, as a decided request does in its own. */
export async function beginErasure(
  world: Pick<World, 'dependencies'>,
  payer: string,
  { tenant = 'demo' as string, request = null as string | null } = {},
): Promise<string> {
  const ctx = operatorContext(world.dependencies, tenant, 'test')
  const { erasureId } = await ctx.db.transaction(tenant, tx => startErasure(tx, ctx, payer, request))
  return erasureId
}

/** What a few minutes of wall time would do: whoever held the key has dropped it, and leases of the dead have ended. */
export const minutesPass = (world: Pick<World, 'database'>) =>
  asSuperuser(
    world.database,
    sql => sql`
      update erasures set key_destroyed_at = key_destroyed_at - interval '10 minutes', lease_until = null,
                          next_attempt_at = now() - interval '1 day'
       where status = 'running'`,
  )

/** Takes the tenant's erasures as far as they go now, and nothing else. */
export async function workOff(world: Pick<World, 'dependencies'>, tenant = 'demo'): Promise<void> {
  while ((await workErasures(world.dependencies, tenant)) > 0);
}

/** Erases a payer who has no open money, from the beginning to the receipt. */
// biome-ignore lint/suspicious/noExplicitAny: answers are judged by each test.
export async function erase(world: World, payer: string, tenant: TenantName = 'demo'): Promise<any> {
  const id = await beginErasure(world, payer, { tenant })
  await workOff(world, tenant)
  await minutesPass(world)
  await workOff(world, tenant)
  const { json } = await world.as('privacy', tenant).get(`/v1/erasures/${id}`)
  expect(json, JSON.stringify(json)).toMatchObject({ status: 'done', payer })
  return json
}
