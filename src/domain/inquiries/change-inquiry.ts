// What every change of an inquiry shares: it is loaded, locked, allowed in its state, changed and shown, once for each key.
import type { z } from 'zod'
import type { AuditAction } from '../audit/actions-in-words.ts'
import type { Ctx, Tx } from '../context.ts'
import { invalidState } from '../errors.ts'
import { writeOnce } from '../idempotency/once.ts'
import { type Answer, idempotentRequest } from '../idempotency/request.ts'
import { parseInput } from '../parse-input.ts'
import { read } from '../write.ts'
import { type InquiryRow, type InquiryView, loadInquiry, payerKeyOfInquiry, showInquiry } from './inquiry.ts'
import type { InquiryStatus } from './state.ts'

export type InquiryChange<Schema extends z.ZodType> = {
  action: AuditAction
  schema: Schema
  /** The states in which this can be done. */
  from: readonly InquiryStatus[]
  /** Answers what the audit entry says: codes and counts only. */
  apply(tx: Tx, row: InquiryRow, wanted: z.output<Schema>): Promise<Record<string, unknown>>
}

/** Behind its verb's permission. @throws not_found, payer_erased, validation_failed, invalid_state */
export async function changeInquiry<Schema extends z.ZodType>(
  ctx: Ctx,
  id: string,
  input: unknown,
  change: InquiryChange<Schema>,
): Promise<Answer<InquiryView>> {
  const before = await read(ctx, tx => loadInquiry(tx, id))
  idempotentRequest(ctx)
  const wanted = parseInput(change.schema, input)
  const payer = await payerKeyOfInquiry(ctx, before)
  return writeOnce(ctx, {
    resume: async made => showInquiry(ctx, await read(ctx, tx => loadInquiry(tx, made))),
    change: async tx => {
      const row = await loadInquiry(tx, id, true)
      if (!change.from.includes(row.status)) {
        throw invalidState(`An inquiry that is ${row.status} is not changed like this.`)
      }
      const details = await change.apply(tx, row, wanted)
      await tx.sql`
        update inquiries set updated_at = ${ctx.clock.now()} where tenant_id = ${tx.tenantId} and id = ${id}`
      return {
        result: await showInquiry(ctx, await loadInquiry(tx, id)),
        objectId: id,
        payer,
        audit: { action: change.action, object: { type: 'inquiry', id }, payerId: row.payer_id, details },
      }
    },
  })
}
