// Finds out what became of an attempt that is open: it looks at Stripe before it sends anything again.
import type { StripeAccount } from '../../stripe/gateway.ts'
import type { StripePaymentIntent } from '../../stripe/payment-objects.ts'
import { StripeFailure } from '../../stripe/stripe-failure.ts'
import type { Ctx } from '../context.ts'
import { LEASE_MS } from '../idempotency/keys.ts'
import { read, write } from '../write.ts'
import { misfitOf } from './apply-payment-intent.ts'
import { type AttemptRow, type LoadedCharge, loadCharge } from './charge.ts'
import { requireMovable, reserveMove, sendMove } from './charge-moves.ts'
import { lookForIntent, TooManyIntents } from './look.ts'
import { nextLookAt, SECOND_LOOK_MS, SEND_AGAIN_WITHIN_MS } from './look-ladder.ts'
import {
  NEEDS_REVIEW,
  notExecuted,
  type Outcome,
  outcomeOfFailure,
  outcomeOfIntent,
  UNKNOWN_OUTCOME,
} from './outcome-of-stripe.ts'
import { sendPayment } from './send-attempt.ts'
import { cancelAttemptFor, settleCharge } from './settle-charge.ts'
import { settleFromIntent } from './settle-from-intent.ts'
import { isFinal } from './state.ts'

/** `settled`: it has its final state. `open`: looked at, still open. `review`: handed to a person. `lost`: taken by another. */
export type Resolution = 'settled' | 'open' | 'review' | 'lost'

/** An attempt leased to this process; `due` says whether its next look had come, or it was looked at out of turn. */
export type ClaimedAttempt = AttemptRow & { due: boolean }

type Case = { ctx: Ctx; account: StripeAccount; attempt: ClaimedAttempt; loaded: LoadedCharge; now: Date }

export async function resolveAttempt(ctx: Ctx, account: StripeAccount, attempt: ClaimedAttempt): Promise<Resolution> {
  const loaded = await read(ctx, tx => loadCharge(tx, attempt.charge_id))
  const known: Case = { ctx, account, attempt, loaded, now: ctx.clock.now() }
  let intent: StripePaymentIntent | null
  try {
    intent = await look(known)
  } catch (error) {
    if (!(error instanceof StripeFailure || error instanceof TooManyIntents)) throw error
    return postpone(known)
  }
  if (intent === null) return notFound(known)
  const { charge } = loaded
  const held = { ...charge, customer: charge.stripe_customer_id, payment_intent: charge.stripe_payment_intent_id }
  if (await misfitOf(ctx, held, intent)) return tell(known, reviewOf(known))
  return afterFinding(known, intent)
}

function look({ account, attempt, loaded: { charge, attempts } }: Case): Promise<StripePaymentIntent | null> {
  const made = attempts.find(({ kind }) => kind === 'charge') ?? attempt
  return lookForIntent(account, {
    paymentIntent: charge.stripe_payment_intent_id,
    customer: charge.stripe_customer_id ?? '',
    attemptId: made.id,
    since: made.created_at,
  })
}

/** The intent decides what it can; a capture or cancel that it shows undone is sent again. */
async function afterFinding(known: Case, intent: StripePaymentIntent): Promise<Resolution> {
  const { ctx, account, attempt, now } = known
  const loaded = await settleFromIntent(ctx, attempt.charge_id, intent, 'look')
  const after = attemptIn(loaded, attempt)
  if (isFinal(after.status)) return 'settled'
  if (after.kind === 'capture') {
    if (!isYoung(attempt, now)) return missing({ ...known, loaded })
    return sendAgain({ ...known, loaded })
  }
  if (after.kind === 'cancel') return sendAgain({ ...known, loaded })
  const until = loaded.charge.authenticate_by
  if (after.status === 'requires_action' && until !== null && until <= now)
    return letExpire({ ...known, loaded }, account)
  return postpone({ ...known, loaded, attempt: { ...attempt, status: after.status, looks: after.looks } })
}

async function notFound(known: Case): Promise<Resolution> {
  const { attempt, now } = known
  if (attempt.kind !== 'charge') return missing(known)
  if (!isYoung(attempt, now) || !(await beginAgain(known))) return missing(known)
  return sendChargeAgain(known)
}

const isYoung = ({ sent_at, created_at }: AttemptRow, now: Date): boolean =>
  now.getTime() - (sent_at ?? created_at).getTime() < SEND_AGAIN_WITHIN_MS

/** Not at Stripe and not to be sent: certain only after a second look, since the first may have come too early. */
async function missing(known: Case): Promise<Resolution> {
  const { attempt, now } = known
  const since = attempt.missing_since ?? now
  const second = new Date(since.getTime() + SECOND_LOOK_MS)
  if (second <= now) {
    const outcome = notExecuted(now)
    return tell(known, attempt.kind === 'charge' ? outcome : { ...outcome, chargeStatus: null })
  }
  return tell(known, unknownOf(known), { nextLookAt: second, missingSince: since })
}

/** Asks anew whether the charge is allowed, and marks it as being sent; false when it is not, or is another's by now. */
async function beginAgain({ ctx, attempt, loaded: { charge } }: Case): Promise<boolean> {
  const leaseUntil = new Date(ctx.clock.wall().getTime() + LEASE_MS)
  return write(ctx, async tx => {
    const [{ refusal }] = (await tx.sql`
      select charge_resend_refusal(${ctx.tenantId}, ${ctx.clock.now()}, ${charge.id}) as refusal`) as unknown as [
      { refusal: string | null },
    ]
    // Whoever books an outcome locks the charge before its attempts, so this does too.
    await tx.sql`select 1 from charges where tenant_id = ${ctx.tenantId} and id = ${charge.id} for no key update`
    const began =
      refusal === null &&
      (
        await tx.sql`
          update charge_attempts
             set status = 'sending', sent_at = coalesce(sent_at, ${ctx.clock.now()}), lease_until = ${leaseUntil}
           where tenant_id = ${ctx.tenantId} and id = ${attempt.id} and lease_until = ${attempt.lease_until}
             and status in ('created', 'sending', 'unknown')
          returning id`
      ).length === 1
    if (began) {
      await tx.sql`update charges set status = 'sending', updated_at = ${ctx.clock.now()}
                    where tenant_id = ${ctx.tenantId} and id = ${charge.id} and status in ('created', 'unknown')`
      attempt.lease_until = leaseUntil
    }
    return {
      value: began,
      audit: {
        action: 'charge.send-again',
        object: { type: 'charge', id: charge.id },
        payerId: charge.payer_id,
        outcome: began ? 'ok' : 'denied',
        details: { attempt: attempt.id, ...(refusal ? { code: refusal } : {}) },
      },
    }
  })
}

async function sendChargeAgain(known: Case): Promise<Resolution> {
  const { ctx, account, attempt, loaded } = known
  const { charge } = loaded
  const sent = await sendPayment(ctx, account, {
    chargeId: charge.id,
    attemptId: attempt.id,
    stripeKey: attempt.stripe_idempotency_key,
    amount: charge.amount,
    currency: charge.currency,
    captureMethod: charge.capture_method,
    customer: charge.stripe_customer_id ?? '',
    paymentMethod: charge.stripe_payment_method_id,
  })
  const context = { now: ctx.clock.now(), brand: charge.brand, authenticateBy: charge.authenticate_by }
  const outcome =
    sent.kind === 'answered' ? outcomeOfIntent(sent.thing, context) : outcomeOfFailure(sent.failure, context)
  if (outcome.attemptStatus === 'unknown') return postpone(known)
  return tell(known, outcome, { isProof: outcome.paymentIntent !== null && outcome.attemptStatus !== 'errored' })
}

/** A capture or a cancel, under the key that it had. A cancel may be sent at any age: repeated, it changes nothing. */
async function sendAgain(known: Case): Promise<Resolution> {
  const { ctx, account, attempt, loaded } = known
  const leaseUntil = new Date(ctx.clock.wall().getTime() + LEASE_MS)
  const now = ctx.clock.now()
  const began = await read(
    ctx,
    tx => tx.sql`
      update charge_attempts
         set status = 'sending', sent_at = coalesce(sent_at, ${now}), lease_until = ${leaseUntil}
       where tenant_id = ${ctx.tenantId} and id = ${attempt.id} and lease_until = ${attempt.lease_until}
         and status in ('created', 'sending', 'unknown')
      returning id`,
  )
  if (began.length === 0) return 'lost'
  const after = await sendMove(ctx, account, loaded.charge, {
    id: attempt.id,
    kind: attempt.kind as 'capture' | 'cancel',
    amount: attempt.amount,
    stripeKey: attempt.stripe_idempotency_key,
    leaseUntil,
    createdAt: attempt.created_at,
  })
  const moved = attemptIn(after, attempt)
  if (isFinal(moved.status)) return 'settled'
  return postpone({
    ...known,
    loaded: after,
    attempt: { ...attempt, status: moved.status, lease_until: moved.lease_until },
  })
}

/** The payer's time is over: the intent is cancelled at Stripe first, and `expired` is what Stripe then confirms. */
async function letExpire(known: Case, account: StripeAccount): Promise<Resolution> {
  const { ctx, attempt } = known
  const reserved = await ctx.db.transaction(ctx.tenantId, async tx => {
    const loaded = await loadCharge(tx, attempt.charge_id, true)
    if (loaded.attempts.some(({ kind, status }) => kind === 'cancel' && !isFinal(status))) return null
    requireMovable(loaded, ['requires_action'], 'cancelled')
    const move = await reserveMove(tx, ctx, loaded.charge, { kind: 'cancel', amount: loaded.charge.amount })
    return { charge: loaded.charge, move }
  })
  if (reserved === null) return postpone(known)
  const after = attemptIn(await sendMove(ctx, account, reserved.charge, reserved.move), attempt)
  return isFinal(after.status) ? 'settled' : postpone(known)
}

/** Steps on: later and later looks, and a person when they are used up. A look out of turn takes no step. */
async function postpone(known: Case): Promise<Resolution> {
  const { ctx, attempt, loaded, now } = known
  const looks = attempt.due ? attempt.looks + 1 : attempt.looks
  const step = nextLookAt(attempt.status, looks, now, loaded.charge.authenticate_by)
  const next = attempt.due ? step : (attempt.next_look_at ?? step)
  if (next === null) return tell(known, reviewOf(known))
  if (attempt.status === 'created' || attempt.status === 'sending' || attempt.status === 'unknown') {
    return tell(known, unknownOf(known), { nextLookAt: next, looks, missingSince: attempt.missing_since })
  }
  await read(
    ctx,
    tx => tx.sql`
      update charge_attempts set looks = ${looks}, next_look_at = ${next}, lease_until = null
       where tenant_id = ${ctx.tenantId} and id = ${attempt.id} and status = ${attempt.status}`,
  )
  return 'open'
}

type Telling = { nextLookAt?: Date | null; looks?: number; missingSince?: Date | null; isProof?: boolean }

async function tell({ ctx, attempt, loaded, now }: Case, outcome: Outcome, telling: Telling = {}): Promise<Resolution> {
  const next = nextLookAt(outcome.attemptStatus, 0, now, outcome.authenticateBy)
  const { outcome: booked } = await settleCharge(ctx, {
    chargeId: attempt.charge_id,
    payerId: loaded.charge.payer_id,
    attempt,
    outcome,
    source: 'look',
    now,
    confirmed: outcome.attemptStatus === 'errored',
    nextLookAt: telling.nextLookAt === undefined ? next : telling.nextLookAt,
    looks: telling.looks,
    missingSince: telling.missingSince,
    lease: telling.isProof ? null : attempt.lease_until,
    cancelAttemptId: attempt.kind === 'charge' ? cancelAttemptFor(outcome, now) : undefined,
  })
  if (booked === 'superseded' || booked === 'contradiction') return 'lost'
  if (outcome.attemptStatus === 'needs_review') return 'review'
  return isFinal(outcome.attemptStatus) ? 'settled' : 'open'
}

const unknownOf = ({ attempt }: Case): Outcome =>
  attempt.kind === 'charge' ? UNKNOWN_OUTCOME : { ...UNKNOWN_OUTCOME, chargeStatus: null }

const reviewOf = ({ attempt }: Case): Outcome =>
  attempt.kind === 'charge' ? NEEDS_REVIEW : { ...NEEDS_REVIEW, chargeStatus: null }

const attemptIn = ({ attempts }: LoadedCharge, { id }: { id: string }): AttemptRow =>
  attempts.find(attempt => attempt.id === id) as AttemptRow
