// A reply that a final state denies: kept as an exception, since money may have moved that no charge shows.
import type { Ctx } from '../context.ts'
import { recordException } from '../reconciliation/record-exception.ts'
import { write } from '../write.ts'
import type { Told } from './settle-charge.ts'

export async function recordContradiction(ctx: Ctx, told: Told): Promise<void> {
  await write(ctx, async tx => {
    const { id } = await recordException(tx, ctx, {
      cause: 'STATUS_MISMATCH',
      subject: { type: 'charge', id: told.chargeId },
      chargeId: told.chargeId,
      actualAmount: told.outcome.amountCaptured,
      detail: `An attempt has its final state here; Stripe says ${told.outcome.attemptStatus}.`,
    })
    return {
      value: null,
      audit: {
        action: 'exception.open',
        object: { type: 'exception', id },
        payerId: told.payerId,
        details: { cause: 'STATUS_MISMATCH', charge: told.chargeId, payment_intent: told.outcome.paymentIntent },
      },
    }
  })
}
