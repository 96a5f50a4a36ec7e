// Takes in a payment intent as Stripe shows it: every attempt that it decides is booked under the charge's row lock.
import type { StripePaymentIntent } from '../../stripe/payment-objects.ts'
import { appendAudit } from '../audit/append.ts'
import type { Ctx, Tx } from '../context.ts'
import { newId } from '../ids.ts'
import { recordException } from '../reconciliation/record-exception.ts'
import { type AttemptRow, type LoadedCharge, loadCharge } from './charge.ts'
import { nextLookAt } from './look-ladder.ts'
import { type Outcome, stageOf } from './outcome-of-stripe.ts'
import { type Mismatch, type Planned, planSettlement } from './plan-settlement.ts'
import { cancelAttemptFor, type Source, settleCharge, type Told } from './settle-charge.ts'

/** In a transaction of its own. Answers the charge as it is then. @throws not_found */
export function settleFromIntent(
  ctx: Ctx,
  chargeId: string,
  intent: StripePaymentIntent,
  source: Source,
): Promise<LoadedCharge> {
  return ctx.db.transaction(ctx.tenantId, tx => takeInIntent(tx, ctx, chargeId, intent, source))
}

/** The same in the caller's transaction. */
export async function takeInIntent(
  tx: Tx,
  ctx: Ctx,
  chargeId: string,
  intent: StripePaymentIntent,
  source: Source,
): Promise<LoadedCharge> {
  const loaded = await loadCharge(tx, chargeId, true)
  const now = ctx.clock.now()
  const { planned, mismatch } = planSettlement({ ...loaded, intent, now })
  const told = planned.map(one => toldOf(loaded, one, { intent, source, now }))
  await settleCharge(ctx, told, tx)
  if (mismatch) await recordMismatch(tx, ctx, loaded, intent, mismatch)
  return told.length === 0 ? loaded : loadCharge(tx, chargeId)
}

type Saying = { intent: StripePaymentIntent; source: Source; now: Date }

function toldOf({ charge, attempts }: LoadedCharge, planned: Planned, { intent, source, now }: Saying): Told {
  const { kind, outcome } = planned
  const held = attempts.find(attempt => attempt.id === planned.attempt?.id)
  const intentIsOver = stageOf(intent) === 'canceled'
  return {
    chargeId: charge.id,
    payerId: charge.payer_id,
    attempt: { id: held?.id ?? newId('attempt', now), kind },
    ...(held
      ? {}
      : { takeIn: { amount: outcome.amountCaptured ?? charge.amount, key: `stripe/${intent.id}/${kind}` } }),
    outcome,
    source,
    now,
    confirmed: source !== 'reply',
    ...ladderOf(held, outcome, now),
    ...(kind === 'charge' && !intentIsOver ? { cancelAttemptId: cancelAttemptFor(outcome, now) } : {}),
  }
}

/** A new state begins its ladder; the same state heard of again goes on with it. */
function ladderOf(attempt: AttemptRow | undefined, { attemptStatus, authenticateBy }: Outcome, now: Date) {
  if (attempt?.status === attemptStatus) return { nextLookAt: attempt.next_look_at, looks: attempt.looks }
  return { nextLookAt: nextLookAt(attemptStatus, 0, now, authenticateBy), looks: 0 }
}

/** Money that Stripe shows against a final state is neither dropped nor booked over it: a person decides. */
async function recordMismatch(
  tx: Tx,
  ctx: Ctx,
  { charge }: LoadedCharge,
  intent: StripePaymentIntent,
  mismatch: Mismatch,
): Promise<void> {
  const { id, opened } = await recordException(tx, ctx, {
    cause: 'STATUS_MISMATCH',
    subject: { type: 'charge', id: charge.id },
    chargeId: charge.id,
    expectedAmount: mismatch.expectedAmount,
    actualAmount: mismatch.actualAmount,
    currency: charge.currency,
    detail: mismatch.detail,
  })
  if (!opened) return
  await appendAudit(tx, ctx, {
    action: 'exception.open',
    object: { type: 'exception', id },
    payerId: charge.payer_id,
    details: { cause: 'STATUS_MISMATCH', charge: charge.id, payment_intent: intent.id },
  })
  ctx.meter.count('alerts', { name: 'status_mismatch' })
  ctx.log.error(
    { tenant: ctx.tenantId, charge: charge.id, exception: id, cause: 'STATUS_MISMATCH' },
    'Stripe and the vault disagree',
  )
}
