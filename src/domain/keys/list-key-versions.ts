// The versions of the keys, what stands under each, and how far a rotation has come: for one tenant, as the console and
// the command line show it.
import type { Ctx } from '../context.ts'
import { requireScope } from '../permissions.ts'
import { countRows, type RowsOfVersion } from './count-rows.ts'
import { ENCRYPTIONS_MAX } from './encryption-leases.ts'
import { readKeyVersions } from './keyring-checks.ts'

export type KeyVersionView = {
  version: number
  /** `current` seals; `active` opens until it is retired; `pending` waits to become current. */
  state: 'current' | 'active' | 'pending' | 'retired'
  created_at: string
  retired_at: string | null
  /** Rows of this tenant under the version, by place. */
  rows: { place: string; rows: number }[]
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
  const [known, rows, usage] = await Promise.all([
    readKeyVersions(ctx.db.sql),
    countRows(ctx),
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
      rows: placesOf(rows, version),
      used_percent: Math.round(((most.get(version) ?? 0) / ENCRYPTIONS_MAX) * 10_000) / 100,
    })),
    rotation: await lastRotation(ctx, rows),
  }
}

const placesOf = (rows: readonly RowsOfVersion[], version: number) =>
  rows.filter(row => row.version === version).map(({ place, rows: count }) => ({ place, rows: count }))

async function lastRotation(ctx: Ctx, rows: readonly RowsOfVersion[]): Promise<KeysView['rotation']> {
  const [row] = await ctx.db.transaction(
    ctx.tenantId,
    tx => tx.sql<{ version: number; started_at: Date; finished_at: Date | null }[]>`
      select version, started_at, finished_at from key_rotations
       where tenant_id = ${ctx.tenantId} order by version desc limit 1`,
  )
  if (!row) return null
  const total = rows.reduce((sum, one) => sum + one.rows, 0)
  const there = rows.filter(one => one.version >= row.version).reduce((sum, one) => sum + one.rows, 0)
  return {
    version: row.version,
    percent: total === 0 ? 100 : Math.floor((there / total) * 10_000) / 100,
    started_at: row.started_at.toISOString(),
    finished_at: row.finished_at?.toISOString() ?? null,
  }
}
