// A rotation: a new version of the keys, and every row of every tenant put under it while the service goes on. It may be
// killed at any moment; begun again, it goes on where it was.
import { setTimeout as sleep } from 'node:timers/promises'
import { POOL_WAIT_MS } from '../../db/client.ts'
import type { KeyringEditor } from '../../keyring/edit-keyring.ts'
import { LEASE_MS } from '../../keyring/encryption-count.ts'
import type { Ctx } from '../context.ts'
import { invalidState } from '../errors.ts'
import { requireScope } from '../permissions.ts'
import { write } from '../write.ts'
import { changeKeyring } from './change-keyring.ts'
import { readKeyVersions } from './keyring-checks.ts'
import { msUntilSettled } from './open-leases.ts'
import { untilTransactionsEnd } from './open-transactions.ts'
import { type Pace, type Rewrapped, rewrapTenant } from './rewrap-tenant.ts'

/** A process that still takes leases of an older version after this has an older keyring. */
const WAIT_MAX_MS = LEASE_MS + POOL_WAIT_MS + 30_000
const WAIT_STEP_MS = 1_000

export type RotateOptions = Pace & {
  /** A tenant's part is done in a context of its own. */
  contextOf: (tenantId: string) => Ctx
  onWait?: (ms: number) => void
}

export type Rotated = { version: number; resumed: boolean; tenants: ({ tenant: string } & Rewrapped)[] }

/**
 * Begins the next version, unless a rotation was begun and not finished; then carries it through.
 * @throws insufficient_scope, KeyringError, invalid_state while a process goes on sealing with an older keyring
 */
export async function rotateKeys(ctx: Ctx, editor: KeyringEditor, options: RotateOptions): Promise<Rotated> {
  requireScope(ctx, 'admin')
  const resumed = await beginVersion(ctx, editor)
  const version = ctx.keyring.currentVersion
  const tenants = new Map<string, Rewrapped>()
  await rewrapAll(ctx, options, tenants)
  // Processes that had not met the new version yet have sealed with an older one until now.
  await waitUntilSettled(ctx, version, options)
  await rewrapAll(ctx, options, tenants)
  // What is damaged stays damaged, however often it is tried: it is told, and stands in the way of no later rotation.
  await ctx.db.sql`
    update key_versions set rewrapped_at = ${ctx.clock.now()} where version = ${version} and rewrapped_at is null`
  return { version, resumed, tenants: [...tenants].map(([tenant, done]) => ({ tenant, ...done })) }
}

/** Adds a version that every process can learn before one of them seals with it. @throws insufficient_scope, KeyringError */
export async function prepareKeyVersion(ctx: Ctx, editor: KeyringEditor): Promise<number> {
  requireScope(ctx, 'admin')
  await changeKeyring(ctx, () => editor.prepare(ctx.clock.now()))
  const version = Math.max(...ctx.keyring.versions())
  await write(ctx, async () => ({
    value: null,
    audit: { action: 'keys.prepare', object: { type: 'key_version', id: String(version) } },
  }))
  return version
}

/** Whether there was an unfinished rotation, which is gone on with. */
async function beginVersion(ctx: Ctx, editor: KeyringEditor): Promise<boolean> {
  let resumed = true
  await changeKeyring(ctx, async sql => {
    const current = (await readKeyVersions(sql)).find(row => row.version === ctx.keyring.currentVersion)
    if (current === undefined || current.rewrapped_at === null) return
    resumed = false
    await editor.advance(ctx.clock.now())
  })
  return resumed
}

/** Tenants as they are now: some may have come since. */
async function rewrapAll(ctx: Ctx, options: RotateOptions, tenants: Map<string, Rewrapped>): Promise<void> {
  for (const { id } of await ctx.db.sql<{ id: string }[]>`select id from tenants order by id`) {
    const { rows, damaged } = await rewrapTenant(options.contextOf(id), options)
    tenants.set(id, { rows: rows + (tenants.get(id)?.rows ?? 0), damaged })
    ctx.tenants.forget(id)
  }
}

async function waitUntilSettled(ctx: Ctx, version: number, { onWait }: RotateOptions): Promise<void> {
  const until = performance.now() + WAIT_MAX_MS
  for (;;) {
    const ms = await msUntilSettled(ctx, 1, version - 1)
    if (ms === 0) return untilTransactionsEnd(ctx)
    if (performance.now() > until) {
      throw invalidState(
        'A process goes on sealing with an older version: its keyring file is older. Give every process the new file, then run this again.',
      )
    }
    onWait?.(ms)
    await sleep(Math.min(ms, WAIT_STEP_MS))
  }
}
