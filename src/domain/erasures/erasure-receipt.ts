// The signed receipt of an erasure. It says what was erased and what stays; it holds nothing about the person.
import type { Ctx } from '../context.ts'
import type { ErasureRow } from './erasure.ts'
import { WHAT_STAYS } from './what-stays.ts'

/** What it tells of the rows, by the names of what-goes.ts and what-stays.ts. */
export type ErasedAndKept = { emptied: Record<string, number>; stays: { name: string; law: string }[] }

export function signErasureReceipt(ctx: Ctx, erasure: ErasureRow, now: Date): string {
  const rows: ErasedAndKept = {
    emptied: { payer: 1, ...erasure.counts },
    stays: WHAT_STAYS.map(({ name, law }) => ({ name, law })),
  }
  return ctx.statements.sign('receipt', {
    object: 'erasure_receipt',
    erasure: erasure.id,
    tenant: ctx.tenantId,
    region: ctx.settings.region,
    payer: erasure.payer_id,
    request: erasure.request_id,
    started_at: erasure.started_at.toISOString(),
    key_destroyed_at: erasure.key_destroyed_at?.toISOString() ?? null,
    finished_at: now.toISOString(),
    key_version: erasure.key_version,
    ...rows,
  })
}

/** Null for a receipt of something else, and for none. */
export function readErasureReceipt(ctx: Pick<Ctx, 'statements'>, receipt: string | null): ErasedAndKept | null {
  const said = receipt === null ? null : ctx.statements.read('receipt', receipt)
  return said?.object === 'erasure_receipt' ? (said as ErasedAndKept) : null
}
