// Ends an erasure with a signed receipt. It says what was erased and what stays; it holds nothing about the person.
import { createHash } from 'node:crypto'
import type { Ctx } from '../context.ts'
import { finishErasureRequest } from '../rights/finish-erasure-request.ts'
import { write } from '../write.ts'
import { type ErasureRow, loadErasure } from './erasure.ts'
import { WHAT_STAYS } from './what-stays.ts'

export async function finishErasure(ctx: Ctx, { id }: ErasureRow): Promise<void> {
  const now = ctx.clock.now()
  await write(ctx, async tx => {
    await tx.sql`select 1 from erasures where tenant_id = ${ctx.tenantId} and id = ${id} for update`
    const erasure = await loadErasure(tx, id)
    const receipt = erasure.receipt ?? ctx.statements.sign('receipt', receiptOf(ctx, erasure, now))
    await tx.sql`
      update erasures set status = 'done', receipt = ${receipt}, finished_at = coalesce(finished_at, ${now}), lease_until = null
       where tenant_id = ${ctx.tenantId} and id = ${id}`
    await finishErasureRequest(tx, ctx, erasure.payer_id, receipt)
    return {
      value: null,
      audit: {
        action: 'erasure.finish',
        object: { type: 'erasure', id },
        payerId: erasure.payer_id,
        details: { emptied: erasure.counts, receipt_sha256: createHash('sha256').update(receipt).digest('hex') },
      },
    }
  })
}

function receiptOf(ctx: Ctx, erasure: ErasureRow, now: Date): Record<string, unknown> {
  return {
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
    emptied: { payer: 1, ...erasure.counts },
    stays: WHAT_STAYS.map(({ name, law }) => ({ name, law })),
  }
}
