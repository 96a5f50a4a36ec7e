// The versions of the keys and how far a rotation has come: for one tenant, as the console and the command line show it.
// It counts no rows: count-rows.ts does, for an operator who waits for it.
import type { Ctx } from '../context.ts'
import { requireScope } from '../permissions.ts'
import { ENCRYPTIONS_MAX } from './encryption-leases.ts'
import { readKeyVersions } from './keyring-checks.ts'

export type KeyVersionView = {
  version: number
  /** `current` seals; `active` opens until it is retired; `pending` waits to become current. */
  state: 'current' | 'active' | 'pending' | 'retired'
  created_at: string
  retired_at: string | null
  /** Of the deployment: encryptions reserved of the key that is used most, in percent of what one key may do. */
  used_percent: number
}

export type KeysView = {
  versions: KeyVersionView[]
  /** Of this tenant, of the newest version; null when it never came to another one. */
  rotation: { version: number; percent: number; started_at: string; finished_at: string | null } | null
}

/** @throws insufficient_scope */
export async function listKeyVersions(ctx: Ctx): Promise<KeysView> {
  requireScope(ctx, 'admin')
  const [known, usage] = await Promise.all([
    readKeyVersions(ctx.db.sql),
    ctx.db.sql<{ version: number; most: number }[]>`select version, max(reserved) as most from key_usage group by 1`,
  ])
  const ofDatabase = new Map(known.map(row => [row.version, row]))
  const most = new Map(usage.map(row => [row.version, row.most]))
  return {
    versions: ctx.keyring.states().map(({ version, state, createdAt }) => ({
      version,
      state: version === ctx.keyring.currentVersion ? 'current' : state,
      created_at: createdAt.toISOString(),
      retired_at: ofDatabase.get(version)?.retired_at?.toISOString() ?? null,
      used_percent: Math.round(((most.get(version) ?? 0) / ENCRYPTIONS_MAX) * 10_000) / 100,
    })),
    rotation: await lastRotation(ctx),
  }
}

async function lastRotation(ctx: Ctx): Promise<KeysView['rotation']> {
  const [row] = await ctx.db.transaction(
    ctx.tenantId,
    tx => tx.sql<{ version: number; done: number; total: number; started_at: Date; finished_at: Date | null }[]>`
      select version, done, total, started_at, finished_at from key_rotations
       where tenant_id = ${ctx.tenantId} order by version desc limit 1`,
  )
  if (!row) return null
  return {
    version: row.version,
    percent: row.finished_at || row.total === 0 ? 100 : Math.floor((row.done / row.total) * 10_000) / 100,
    started_at: row.started_at.toISOString(),
    finished_at: row.finished_at?.toISOString() ?? null,
  }
}
