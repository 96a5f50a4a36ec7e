// Puts all rows of one tenant under the current version of the keys, batch by batch, with rests between them. How far it
// came is kept in the transaction of each batch.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Ctx, Tx } from '../context.ts'
import { write } from '../write.ts'
import { countRows } from './count-rows.ts'
import { type Batch, resealColumn, rewrapBatch, SEALED, type SealedId } from './rewrap-batch.ts'
import { tablesOfWrappedKeys } from './sealed-columns.ts'

export type Pace = {
  /** The share of the time that is worked, so that the service has the rest. */
  share: number
  onProgress?: (at: { tenant: string; done: number; total: number }) => void
}

export type Rewrapped = { rows: number; damaged: number }

/** Rows that were locked are taken by the next pass; a row that is locked in each of so many is held by no request. */
const PASSES_MAX = 50
const PASS_PAUSE_MS = 200
/** A last pass over a large table finds nothing, and reads all of it in one statement. */
const LOOK_TIMEOUT = '10min'

/** What is done already is not done again, so it may be called as often as one likes. */
export async function rewrapTenant(ctx: Ctx, pace: Pace): Promise<Rewrapped> {
  const version = ctx.keyring.currentVersion
  let open = await rowsLeft(ctx, version)
  if (open === 0 && (await isFinished(ctx, version))) return { rows: 0, damaged: 0 }
  const progress = await begin(ctx, version, open)
  const sum = { rows: 0, damaged: 0 }
  for (let pass = 0; pass < PASSES_MAX && open > sum.damaged; pass++) {
    if (pass > 0) await sleep(PASS_PAUSE_MS)
    sum.damaged = 0
    for await (const { done, damaged } of batches(ctx, version, pass === 0 ? progress.after : '', pace.share)) {
      sum.rows += done
      sum.damaged += damaged
      pace.onProgress?.({ tenant: ctx.tenantId, done: progress.done + sum.rows, total: progress.total })
    }
    // A pass that began in the middle has not seen the rows before it.
    open = await rowsLeft(ctx, version)
  }
  if (open > sum.damaged) throw new Error('rows stay locked: see who holds them, and run this again')
  await finish(ctx, version, sum)
  return sum
}

async function rowsLeft(ctx: Ctx, version: number): Promise<number> {
  const counted = await countRows(ctx)
  return counted.filter(row => row.version < version).reduce((sum, row) => sum + row.rows, 0)
}

async function isFinished(ctx: Ctx, version: number): Promise<boolean> {
  const [row] = await ctx.db.transaction(
    ctx.tenantId,
    tx => tx.sql`select finished_at from key_rotations where tenant_id = ${ctx.tenantId} and version = ${version}`,
  )
  return row !== undefined && row.finished_at !== null
}

async function begin(ctx: Ctx, version: number, open: number) {
  const now = ctx.clock.now()
  return write(ctx, async tx => {
    const [row] = await tx.sql<{ total: number; done: number; after: string; fresh: boolean }[]>`
      insert into key_rotations as r (tenant_id, version, total, started_at, updated_at)
      values (${ctx.tenantId}, ${version}, ${open}, ${now}, ${now})
      on conflict (tenant_id, version) do update
         set total = greatest(r.total, r.done + ${open}), updated_at = ${now}, finished_at = null
      returning total, done, after, (xmax = 0) as fresh`
    const progress = row as { total: number; done: number; after: string; fresh: boolean }
    return {
      value: progress,
      audit: {
        action: progress.fresh ? 'keys.rotation-begin' : 'keys.rotation-resume',
        object: { type: 'key_version', id: String(version) },
        details: { rows: open },
      },
    }
  })
}

async function finish(ctx: Ctx, version: number, details: Rewrapped): Promise<void> {
  const now = ctx.clock.now()
  await write(ctx, async tx => {
    await tx.sql`
      update key_rotations set finished_at = ${now}, updated_at = ${now}
       where tenant_id = ${ctx.tenantId} and version = ${version}`
    return {
      value: null,
      audit: {
        action: 'keys.rotation-finish',
        object: { type: 'key_version', id: String(version) },
        details,
      },
    }
  })
}

/** `after` names the table and the last row of it that an earlier run looked at. */
async function* batches(ctx: Ctx, version: number, after: string, share: number): AsyncGenerator<Batch<SealedId>> {
  const [tableOfAfter = '', idOfAfter = ''] = after.split(' ')
  for (const table of await tablesOfWrappedKeys(ctx.db.sql)) {
    if (table < tableOfAfter) continue
    let id = table === tableOfAfter ? idOfAfter : ''
    for (;;) {
      const batch = await paced(share, () => kept(ctx, version, async tx => rewrapBatch(tx, ctx, table, id), table))
      yield batch
      if (batch.after === null) break
      id = batch.after
    }
  }
  for (const { purpose, column } of SEALED) {
    let id: SealedId | null = null
    for (;;) {
      const batch: Batch<SealedId> = await paced(share, () =>
        kept(ctx, version, tx => resealColumn(tx, ctx, purpose, column, id)),
      )
      yield batch
      if (batch.after === null) break
      id = batch.after
    }
  }
}

/** A batch and what it means for the progress, together. */
async function kept<Id>(
  ctx: Ctx,
  version: number,
  work: (tx: Tx) => Promise<Batch<Id>>,
  table: string | null = null,
): Promise<Batch<Id>> {
  return ctx.db.transaction(ctx.tenantId, async tx => {
    await tx.sql.unsafe(`set local statement_timeout = '${LOOK_TIMEOUT}'`)
    const batch = await work(tx)
    if (batch.done === 0) return batch
    const after = table !== null && batch.after !== null ? `${table} ${batch.after}` : null
    await tx.sql`
      update key_rotations
         set done = done + ${batch.done}, after = coalesce(${after}, after), updated_at = ${ctx.clock.now()}
       where tenant_id = ${ctx.tenantId} and version = ${version}`
    return batch
  })
}

async function paced<Value>(share: number, work: () => Promise<Value>): Promise<Value> {
  const began = performance.now()
  const value = await work()
  const rest = ((performance.now() - began) * (1 - share)) / share
  if (rest > 0) await sleep(rest)
  return value
}
