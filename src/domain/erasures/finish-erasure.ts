// Ends an erasure with a signed receipt.
import { createHash } from 'node:crypto'
import type { Ctx } from '../context.ts'
import { finishErasureRequest } from '../rights/finish-erasure-request.ts'
import { write } from '../write.ts'
import { type ErasureRow, loadErasure } from './erasure.ts'
import { signErasureReceipt } from './erasure-receipt.ts'

export async function finishErasure(ctx: Ctx, { id }: ErasureRow): Promise<void> {
  const now = ctx.clock.now()
  await write(ctx, async tx => {
    await tx.sql`select 1 from erasures where tenant_id = ${ctx.tenantId} and id = ${id} for update`
    const erasure = await loadErasure(tx, id)
    const receipt = erasure.receipt ?? signErasureReceipt(ctx, erasure, now)
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
