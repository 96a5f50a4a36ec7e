// Retiring a version: once no row of any tenant stands under it, its key is removed for ever. First every process is kept
// from sealing with it, then it is counted, so that no row can come after the count.
import { setTimeout as sleep } from 'node:timers/promises'
import type { KeyringEditor } from '../../keyring/edit-keyring.ts'
import type { Ctx } from '../context.ts'
import { invalidState, notFound } from '../errors.ts'
import { requireScope } from '../permissions.ts'
import { write } from '../write.ts'
import { changeKeyring } from './change-keyring.ts'
import { countLinks, countRows } from './count-rows.ts'
import { type KeyVersionRow, readKeyVersions } from './keyring-checks.ts'
import { msUntilSettled } from './open-leases.ts'
import { untilTransactionsEnd } from './open-transactions.ts'

export type InUse = { tenant: string; place: string; rows: number }
/** Where the version is still used; it is retired when that is nowhere. */
export type Retired = { version: number; in_use: InUse[] }

export type RetireOptions = { contextOf: (tenantId: string) => Ctx; onWait?: (ms: number) => void }

/** @throws insufficient_scope, not_found, invalid_state, KeyringError */
export async function retireKeyVersion(
  ctx: Ctx,
  version: number,
  editor: KeyringEditor,
  options: RetireOptions,
): Promise<Retired> {
  requireScope(ctx, 'admin')
  const known = (await readKeyVersions(ctx.db.sql)).find(row => row.version === version)
  if (!known) throw notFound()
  if (version >= ctx.keyring.currentVersion) {
    throw invalidState('This version seals what is new. Rotate first: panless keys rotate')
  }
  if (known.retired_at === null) {
    const atOnce = await usesOf(ctx, version, options)
    const inUse = atOnce.length > 0 ? atOnce : await fence(ctx, version, options)
    if (inUse.length > 0) return { version, in_use: inUse }
    await markRetired(ctx, known, options)
  }
  // Again after a crash in between: the database knew already, the file not yet.
  await changeKeyring(ctx, async () => {
    if (ctx.keyring.versions().includes(version)) await editor.retire(version, ctx.clock.now())
  })
  return { version, in_use: [] }
}

/** Keeps all processes from sealing with the version, waits until what they began is stored, and counts again. */
async function fence(ctx: Ctx, version: number, options: RetireOptions): Promise<InUse[]> {
  await ctx.db.sql`update key_versions set retiring_at = ${ctx.clock.now()} where version = ${version}`
  // No new leases are granted, so this ends.
  for (let ms = await msUntilSettled(ctx, version, version); ms > 0; ms = await msUntilSettled(ctx, version, version)) {
    options.onWait?.(ms)
    await sleep(Math.min(ms, 1_000))
  }
  let unused = false
  try {
    await untilTransactionsEnd(ctx)
    const inUse = await usesOf(ctx, version, options)
    unused = inUse.length === 0
    return inUse
  } finally {
    if (!unused) await ctx.db.sql`update key_versions set retiring_at = null where version = ${version}`
  }
}

async function usesOf(ctx: Ctx, version: number, { contextOf }: RetireOptions): Promise<InUse[]> {
  const next = (await readKeyVersions(ctx.db.sql)).find(row => row.version > version)
  const uses: InUse[] = []
  for (const { id } of await ctx.db.sql<{ id: string }[]>`select id from tenants order by id`) {
    const of = contextOf(id)
    for (const { place, version: under, rows } of await countRows(of)) {
      if (under === version) uses.push({ tenant: id, place, rows })
    }
    const links = next ? await countLinks(of, next.created_at) : 0
    if (links > 0) uses.push({ tenant: id, place: 'links to payers that are open', rows: links })
  }
  return uses
}

async function markRetired(ctx: Ctx, known: KeyVersionRow, { contextOf }: RetireOptions): Promise<void> {
  const now = ctx.clock.now()
  for (const { id } of await ctx.db.sql<{ id: string }[]>`select id from tenants order by id`) {
    await write(contextOf(id), async () => ({
      value: null,
      audit: { action: 'keys.retire', object: { type: 'key_version', id: String(known.version) } },
    }))
  }
  await ctx.db.sql`update key_versions set retired_at = ${now} where version = ${known.version} and retired_at is null`
}
