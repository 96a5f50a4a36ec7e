// What a payment intent, read now, says about each attempt of its charge: pure, so that every order of replies, events
// and looks leads to the same end.
import type { StripePaymentIntent } from '../../stripe/payment-objects.ts'
import {
  endOfCanceled,
  moneyChargeOf,
  type Outcome,
  type OutcomeContext,
  outcomeOfIntent,
  stageOf,
} from './outcome-of-stripe.ts'
import { type AttemptKind, type AttemptStatus, type ChargeStatus, isFinal } from './state.ts'

export type PlanAttempt = { id: string; kind: AttemptKind; status: AttemptStatus }
export type PlanCharge = {
  status: ChargeStatus
  amount: number
  amount_captured: number
  authenticate_by: Date | null
  brand: string
}

/** `attempt` null: one that was made at Stripe's dashboard, to be entered. */
export type Planned = { attempt: PlanAttempt | null; kind: AttemptKind; outcome: Outcome }

/** Money that Stripe shows and the charge's final state denies, or the other way round. */
export type Mismatch = { detail: string; expectedAmount: number; actualAmount: number }

export type Plan = { planned: Planned[]; mismatch: Mismatch | null }

type Situation = { charge: PlanCharge; attempts: readonly PlanAttempt[]; intent: StripePaymentIntent; now: Date }

export function planSettlement(situation: Situation): Plan {
  const made = situation.attempts.find(attempt => attempt.kind === 'charge')
  if (!made) return { planned: [], mismatch: null }
  if (!isFinal(made.status)) return planForOpen(situation, made)
  return situation.charge.status === 'requires_capture' ? planForHeld(situation, made) : planForFinal(situation, made)
}

/** The attempt to charge is open: the intent decides it. */
function planForOpen(situation: Situation, made: PlanAttempt): Plan {
  const { charge, intent, now } = situation
  const stage = stageOf(intent)
  if (stage === 'unclear') return { planned: [], mismatch: null }
  const context: OutcomeContext = {
    now,
    brand: charge.brand,
    authenticateBy: charge.authenticate_by,
  }
  const planned = [{ attempt: made, kind: made.kind, outcome: outcomeOfIntent(intent, context) }]
  return { planned: [...planned, ...cancelsDecided(situation)], mismatch: null }
}

/**
 * Authorized: it may have been captured, cancelled or have lapsed since, here or at the dashboard. What is open is closed
 * before another attempt is entered, since a charge has one open attempt at most.
 */
function planForHeld(situation: Situation, made: PlanAttempt): Plan {
  const { attempts, intent } = situation
  const ids = idsOf(intent)
  switch (stageOf(intent)) {
    case 'succeeded': {
      const capture = openOf(attempts, 'capture')
      const outcome: Outcome = {
        ...ids,
        attemptStatus: 'succeeded',
        chargeStatus: 'succeeded',
        amountCaptured: intent.amountReceived,
      }
      return {
        planned: [...cancelsDecided(situation), { attempt: capture, kind: 'capture', outcome }],
        mismatch: null,
      }
    }
    case 'canceled': {
      const end = endOfCanceled(intent)
      const outcome: Outcome = { ...ids, attemptStatus: 'succeeded', chargeStatus: end }
      const capture = openOf(attempts, 'capture')
      return {
        planned: [
          ...(capture ? [{ attempt: capture, kind: capture.kind, outcome: tooLate('intent_canceled') }] : []),
          { attempt: openOf(attempts, 'cancel'), kind: 'cancel', outcome },
        ],
        mismatch: null,
      }
    }
    case 'authorized':
      return { planned: [confirmation(made, 'requires_capture', ids)], mismatch: null }
    default:
      return { planned: [], mismatch: null }
  }
}

/**
 * The charge has its final state: the intent confirms it, contradicts it, or was read before it ended so. Only what no
 * older read can explain is a contradiction; an intent that is still under way will be heard of again.
 */
function planForFinal(situation: Situation, made: PlanAttempt): Plan {
  const { charge, intent } = situation
  const stage = stageOf(intent)
  const planned: Planned[] = cancelsDecided(situation)
  const confirmed = (by: PlanAttempt): Plan => ({
    planned: [confirmation(by, charge.status, idsOf(intent)), ...planned],
    mismatch: null,
  })
  const denied = (detail: string): Plan => ({ planned, mismatch: mismatchOf(charge, intent, detail) })
  switch (charge.status) {
    case 'succeeded':
      if (stage === 'canceled') return denied('is cancelled at Stripe')
      if (stage !== 'succeeded') break
      if (intent.amountReceived !== charge.amount_captured) return denied('has another captured amount at Stripe')
      return confirmed(deciderOf(situation, 'capture', made))
    case 'declined':
      if (stage === 'succeeded' || stage === 'authorized') return denied(`is ${intent.status} at Stripe`)
      return stage === 'processing' ? { planned, mismatch: null } : confirmed(made)
    case 'errored':
      if (stage === 'succeeded' || stage === 'authorized') return denied(`is ${intent.status} at Stripe`)
      break
    case 'cancelled':
    case 'expired':
      if (stage === 'succeeded') return denied('is succeeded at Stripe')
      if (stage === 'canceled') return confirmed(deciderOf(situation, 'cancel', made))
      break
  }
  return { planned, mismatch: null }
}

/** An open cancel has worked when the intent is cancelled, and came too late when the money moved or is held. */
function cancelsDecided({ attempts, intent }: Situation): Planned[] {
  const cancel = openOf(attempts, 'cancel')
  if (!cancel) return []
  const stage = stageOf(intent)
  if (stage === 'canceled') {
    return [{ attempt: cancel, kind: 'cancel', outcome: { ...idsOf(intent), attemptStatus: 'succeeded' } }]
  }
  return stage === 'succeeded' ? [{ attempt: cancel, kind: 'cancel', outcome: tooLate('intent_succeeded') }] : []
}

/** The attempt that brought a charge to its end: a later one of `kind` that worked, else the first. */
function deciderOf({ attempts }: Situation, kind: AttemptKind, made: PlanAttempt): PlanAttempt {
  return attempts.findLast(attempt => attempt.kind === kind && attempt.status === 'succeeded') ?? made
}

function confirmation(attempt: PlanAttempt, chargeStatus: ChargeStatus, ids: Ids): Planned {
  return { attempt, kind: attempt.kind, outcome: { ...ids, attemptStatus: attempt.status, chargeStatus } }
}

const openOf = (attempts: readonly PlanAttempt[], kind: AttemptKind): PlanAttempt | null =>
  attempts.find(attempt => attempt.kind === kind && !isFinal(attempt.status)) ?? null

type Ids = Omit<Outcome, 'attemptStatus'>

const idsOf = (intent: StripePaymentIntent): Ids => ({
  chargeStatus: null,
  amountCaptured: null,
  failure: null,
  paymentIntent: intent.id,
  stripeCharge: moneyChargeOf(intent),
  authenticateBy: null,
})

function tooLate(code: string): Outcome {
  return {
    attemptStatus: 'errored',
    chargeStatus: null,
    amountCaptured: null,
    failure: { code, declineCode: null, adviceCode: null, retry: 'never', retryAfter: null },
    paymentIntent: null,
    stripeCharge: null,
    authenticateBy: null,
  }
}

const mismatchOf = (charge: PlanCharge, intent: StripePaymentIntent, detail: string): Mismatch => ({
  detail: `The charge is ${charge.status} here; its payment intent ${detail}.`,
  expectedAmount: charge.amount_captured,
  actualAmount: intent.amountReceived,
})
