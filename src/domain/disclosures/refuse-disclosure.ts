// Ends a disclosure that waits for a second person, with the reason. Whoever asked may take it back too.
import { z } from 'zod'
import { personOf } from '../audit/entry.ts'
import type { Ctx } from '../context.ts'
import { writeOnce } from '../idempotency/once.ts'
import { type Answer, idempotentRequest } from '../idempotency/request.ts'
import { parseInput } from '../parse-input.ts'
import { sealJson } from '../payers/data-key.ts'
import { requirePermission } from '../permissions.ts'
import { read } from '../write.ts'
import { requirePending } from './approve-disclosure.ts'
import {
  type DisclosureDetails,
  type DisclosureView,
  detailsOf,
  disclosureDetailsPlace,
  loadDisclosure,
  payerKeyOfDisclosure,
  showDisclosure,
} from './disclosure.ts'

export const refuseDisclosureInput = z.strictObject({
  reason: z.string().trim().min(3).max(500).describe('Kept with the disclosure, sealed.'),
})

/**
 * @throws insufficient_scope, not_found, payer_erased, validation_failed, invalid_state, idempotency_mismatch,
 * idempotency_in_progress
 */
export async function refuseDisclosure(ctx: Ctx, id: string, input: unknown): Promise<Answer<DisclosureView>> {
  requirePermission(ctx, 'refuseDisclosure')
  const before = await read(ctx, tx => loadDisclosure(tx, id))
  idempotentRequest(ctx)
  const { reason } = parseInput(refuseDisclosureInput, input)
  const payer = before.payer_id === null ? null : await payerKeyOfDisclosure(ctx, before)
  return writeOnce(ctx, {
    resume: made => read(ctx, tx => loadDisclosure(tx, made)).then(row => showDisclosure(ctx, row)),
    change: async tx => {
      const row = await loadDisclosure(tx, id, true)
      requirePending(row)
      // Only a disclosure about a person is ever pending, so there is a payer and a seal.
      const key = await payerKeyOfDisclosure(ctx, row)
      const details: DisclosureDetails = { ...((await detailsOf(ctx, row)) as DisclosureDetails), refusal: reason }
      await tx.sql`
        update disclosures
           set status = 'refused', details_sealed = ${sealJson(ctx, key, disclosureDetailsPlace(id), details)},
               decided_by = ${personOf(ctx.actor)}, decided_at = ${ctx.clock.now()}
         where tenant_id = ${ctx.tenantId} and id = ${id}`
      return {
        result: await showDisclosure(ctx, await loadDisclosure(tx, id)),
        objectId: id,
        payer,
        audit: {
          action: 'disclosure.refuse',
          object: { type: 'disclosure', id },
          payerId: row.payer_id,
          details: { purpose: row.purpose, reason_characters: reason.length },
        },
      }
    },
  })
}
