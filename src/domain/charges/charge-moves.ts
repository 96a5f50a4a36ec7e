// Captures and cancels: attempts of their own, reserved under the charge's row lock, sent, and booked by what Stripe
// shows of the intent afterwards.
import type { StripeAccount } from '../../stripe/gateway.ts'
import type { StripePaymentIntent } from '../../stripe/payment-objects.ts'
import type { StripeFailure } from '../../stripe/stripe-failure.ts'
import type { Ctx, Tx } from '../context.ts'
import { DomainError, invalidState } from '../errors.ts'
import { LEASE_MS } from '../idempotency/keys.ts'
import { newId } from '../ids.ts'
import { read } from '../write.ts'
import { type AttemptRow, type ChargeRow, type LoadedCharge, loadCharge } from './charge.ts'
import { nextLookAt } from './look-ladder.ts'
import { MEANING, type Outcome, UNKNOWN_OUTCOME } from './outcome-of-stripe.ts'
import { type Answered, sendOnce } from './send-attempt.ts'
import { attemptKey, settleCharge } from './settle-charge.ts'
import { settleFromIntent } from './settle-from-intent.ts'
import { type ChargeStatus, isFinal, isUndecided } from './state.ts'

export type Move = {
  id: string
  kind: 'capture' | 'cancel'
  amount: number
  stripeKey: string
  leaseUntil: Date
  createdAt: Date
}

/** @throws outcome_unknown while anything about the charge is open, invalid_state when it is not in one of `from` */
export function requireMovable({ charge, attempts }: LoadedCharge, from: readonly ChargeStatus[], wish: string): void {
  const open = attempts.some(attempt => !isFinal(attempt.status) && attempt.status !== 'requires_action')
  if (isUndecided(charge.status) || (open && from.includes(charge.status))) {
    throw new DomainError(
      'outcome_unknown',
      'The outcome of an earlier step of this charge is not known yet. Read it until it is.',
    )
  }
  if (!from.includes(charge.status)) throw invalidState(`A charge that is ${charge.status} cannot be ${wish}.`)
}

/** Enters the attempt, leased to this process, before anything is sent. The caller holds the charge's row lock. */
export async function reserveMove(
  tx: Tx,
  ctx: Ctx,
  charge: ChargeRow,
  { kind, amount }: Pick<Move, 'kind' | 'amount'>,
): Promise<Move> {
  const createdAt = ctx.clock.now()
  const leaseUntil = new Date(ctx.clock.wall().getTime() + LEASE_MS)
  const id = newId('attempt', createdAt)
  const stripeKey = attemptKey(ctx, kind, id)
  await tx.sql`
    insert into charge_attempts (tenant_id, id, charge_id, kind, status, amount, stripe_idempotency_key, created_at,
                                 sent_at, lease_until, next_look_at)
    values (${ctx.tenantId}, ${id}, ${charge.id}, ${kind}, 'sending', ${amount}, ${stripeKey}, ${createdAt},
            ${createdAt}, ${leaseUntil}, ${nextLookAt('sending', 0, createdAt)})`
  return { id, kind, amount, stripeKey, leaseUntil, createdAt }
}

/** Sends a reserved capture or cancel and books what came of it. Answers the charge as it is then. */
export async function sendMove(ctx: Ctx, account: StripeAccount, charge: ChargeRow, move: Move): Promise<LoadedCharge> {
  const sent = await callStripe(account, charge, move)
  const intent = sent.kind === 'answered' ? sent.thing : await intentAfter(account, charge, sent.failure)
  const loaded = intent
    ? await settleFromIntent(ctx, charge.id, intent, sent.kind === 'answered' ? 'reply' : 'look')
    : await read(ctx, tx => loadCharge(tx, charge.id))
  const attempt = loaded.attempts.find(({ id }) => id === move.id) as AttemptRow
  if (isFinal(attempt.status)) return loaded
  const now = ctx.clock.now()
  const outcome =
    sent.kind === 'failed' ? outcomeOfMoveFailure(sent.failure) : { ...UNKNOWN_OUTCOME, chargeStatus: null }
  await settleCharge(ctx, {
    chargeId: charge.id,
    payerId: charge.payer_id,
    attempt: move,
    outcome,
    source: 'reply',
    now,
    confirmed: false,
    nextLookAt: nextLookAt(outcome.attemptStatus, attempt.looks, now),
    lease: move.leaseUntil,
  })
  return read(ctx, tx => loadCharge(tx, charge.id))
}

function callStripe(account: StripeAccount, charge: ChargeRow, move: Move): Promise<Answered<StripePaymentIntent>> {
  const intent = charge.stripe_payment_intent_id ?? ''
  return sendOnce(() =>
    move.kind === 'capture'
      ? account.capturePaymentIntent(intent, { amountToCapture: move.amount }, move.stripeKey)
      : account.cancelPaymentIntent(intent, { reason: cancelReason(charge, move) }, move.stripeKey),
  )
}

/** From stored members alone, so that a cancel sent again says the same. */
function cancelReason(charge: ChargeRow, move: Move): 'abandoned' | 'requested_by_customer' {
  if (charge.status === 'declined' || charge.status === 'errored') return 'abandoned'
  const lapsed = charge.authenticate_by !== null && charge.authenticate_by <= move.createdAt
  return lapsed ? 'abandoned' : 'requested_by_customer'
}

/** After a refusal the intent says why: it may have been captured, cancelled or have lapsed meanwhile. */
async function intentAfter(
  account: StripeAccount,
  charge: ChargeRow,
  failure: StripeFailure,
): Promise<StripePaymentIntent | null> {
  if (MEANING[failure.kind] !== 'refused' || charge.stripe_payment_intent_id === null) return null
  return account.retrievePaymentIntent(charge.stripe_payment_intent_id).catch(() => null)
}

/** The charge itself stays as it is: it was not captured, or not cancelled. */
function outcomeOfMoveFailure(failure: StripeFailure): Outcome {
  const unchanged = { ...UNKNOWN_OUTCOME, chargeStatus: null }
  const codes = {
    code: failure.code ?? failure.kind,
    declineCode: failure.declineCode,
    adviceCode: failure.adviceCode,
    retry: 'never' as const,
    retryAfter: null,
  }
  switch (MEANING[failure.kind]) {
    case 'declined':
      return { ...unchanged, attemptStatus: 'declined', failure: codes }
    case 'refused':
      return { ...unchanged, attemptStatus: 'errored', failure: codes }
    case 'review':
      return { ...unchanged, attemptStatus: 'needs_review' }
    case 'unknown':
      return unchanged
  }
}
