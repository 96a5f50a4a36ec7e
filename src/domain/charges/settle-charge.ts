// The one function that books what became of an attempt, called by the reply, the event, the look and reconciliation.

import type { AlertName } from '../alert-names.ts'
import { type AuditOutcome, auditRow } from '../audit/entry.ts'
import type { Ctx, Tx } from '../context.ts'
import { newId } from '../ids.ts'
import { stripeKeyOf } from '../stripe-keys.ts'
import { chargeWritesOf, hex, type SettledRow, type SettleRow, settleRows } from './charge-writes.ts'
import type { Outcome } from './outcome-of-stripe.ts'
import type { AttemptKind, AttemptStatus } from './state.ts'

/** Who says so. */
export type Source = 'reply' | 'event' | 'look' | 'reconciliation' | 'review'

export type Told = {
  chargeId: string
  payerId: string
  attempt: { id: string; kind: AttemptKind }
  outcome: Outcome
  source: Source
  now: Date
  /** Whether an event or a read of Stripe says so: only that settles. */
  confirmed: boolean
  nextLookAt: Date | null
  looks?: number
  missingSince?: Date | null
  /** The teller's own lease: without it any more, what it has to say no longer counts. */
  lease?: Date | null
  /** An attempt that others made at Stripe, entered now. */
  takeIn?: { amount: number; key: string }
  /** A new attempt, worked off later, that cancels the declined intent. */
  cancelAttemptId?: string
  reply?: { keyHash: Buffer; status: number; sealed: Buffer }
}

/**
 * Books one outcome, together with others that arrive at the same time; or several, in the caller's transaction.
 * Idempotent: what is booked already is `confirmed`, what contradicts a final state changes nothing.
 */
export function settleCharge(ctx: Ctx, told: Told): Promise<SettledRow>
export function settleCharge(ctx: Ctx, told: readonly Told[], tx: Tx): Promise<SettledRow[]>
export async function settleCharge(
  ctx: Ctx,
  told: Told | readonly Told[],
  tx?: Tx,
): Promise<SettledRow | SettledRow[]> {
  if (tx === undefined) {
    const one = told as Told
    const settled = await chargeWritesOf(ctx.db).settle(ctx.tenantId, rowOf(ctx, one))
    report(ctx, one, settled)
    return settled
  }
  const several = told as readonly Told[]
  if (several.length === 0) return []
  const settled = await settleRows(
    tx,
    ctx.tenantId,
    several.map(one => rowOf(ctx, one)),
  )
  for (const [i, one] of several.entries()) report(ctx, one, settled[i] as SettledRow)
  return settled
}

function rowOf(ctx: Ctx, told: Told): SettleRow {
  const { outcome, attempt, takeIn, reply } = told
  const { failure } = outcome
  return {
    at: told.now,
    attempt_id: attempt.id,
    charge_id: told.chargeId,
    ...(takeIn ? { take_in: attempt.kind, take_in_key: takeIn.key, take_in_amount: takeIn.amount } : {}),
    lease: told.lease ?? undefined,
    attempt_status: outcome.attemptStatus,
    charge_status: outcome.chargeStatus ?? undefined,
    amount_captured: outcome.amountCaptured ?? undefined,
    failure_code: failure?.code,
    decline_code: failure?.declineCode ?? undefined,
    advice_code: failure?.adviceCode ?? undefined,
    retry: failure?.retry,
    retry_after: failure?.retryAfter ?? undefined,
    payment_intent: outcome.paymentIntent ?? undefined,
    stripe_charge: outcome.stripeCharge ?? undefined,
    authenticate_by: outcome.authenticateBy ?? undefined,
    confirmed: told.confirmed,
    next_look_at: told.nextLookAt ?? undefined,
    looks: told.looks,
    missing_since: told.missingSince ?? undefined,
    ...(told.cancelAttemptId
      ? { cancel_attempt_id: told.cancelAttemptId, cancel_key: attemptKey(ctx, 'cancel', told.cancelAttemptId) }
      : {}),
    ...(reply
      ? { key_hash: hex(reply.keyHash), reply_status: reply.status, reply_sealed: reply.sealed.toString('base64') }
      : {}),
    audit: auditRow(ctx, {
      action: `${attempt.kind}.settle`,
      object: { type: 'charge', id: told.chargeId },
      payerId: told.payerId,
      outcome: AUDIT_OUTCOMES[outcome.attemptStatus] ?? 'ok',
      details: {
        attempt: attempt.id,
        source: told.source,
        status: outcome.attemptStatus,
        ...(outcome.chargeStatus ? { charge_status: outcome.chargeStatus } : {}),
        ...(failure ? { code: failure.code, decline_code: failure.declineCode } : {}),
        ...(outcome.paymentIntent ? { payment_intent: outcome.paymentIntent } : {}),
      },
    }),
  }
}

const AUDIT_OUTCOMES: Partial<Record<AttemptStatus, AuditOutcome>> = {
  declined: 'failed',
  errored: 'failed',
  unknown: 'unknown',
  needs_review: 'unknown',
}

/** The key that Stripe knows an attempt by, kept with it before anything is sent. */
export const attemptKey = (ctx: Pick<Ctx, 'tenantId'>, kind: AttemptKind, attemptId: string): string =>
  stripeKeyOf(ctx, kind, attemptId)

/** A declined intent could still be paid by whoever holds its secret, so it is cancelled. */
export const cancelAttemptFor = (outcome: Outcome, now: Date): string | undefined =>
  needsCancel(outcome) ? newId('attempt', now) : undefined

const needsCancel = ({ attemptStatus, paymentIntent }: Outcome) =>
  attemptStatus === 'declined' || (attemptStatus === 'errored' && paymentIntent !== null)

function report(ctx: Ctx, told: Told, settled: SettledRow): void {
  const { attemptStatus, chargeStatus } = told.outcome
  if (settled.outcome === 'settled') {
    if (chargeStatus) ctx.meter.count('charges', { status: chargeStatus })
    if (attemptStatus === 'unknown') ctx.meter.count('unknown_outcomes', { kind: told.attempt.kind })
    if (attemptStatus === 'errored' && told.attempt.kind === 'charge') alert(ctx, told, 'charge_refused')
    if (attemptStatus === 'needs_review') alert(ctx, told, 'needs_review')
  }
  if (settled.outcome === 'contradiction') alert(ctx, told, 'contradiction')
}

function alert(ctx: Ctx, told: Told, name: AlertName): void {
  ctx.meter.count('alerts', { name })
  ctx.log.error(
    {
      request_id: ctx.requestId,
      tenant: ctx.tenantId,
      charge: told.chargeId,
      attempt: told.attempt.id,
      name,
      code: told.outcome.failure?.code ?? null,
      outcome: told.outcome.attemptStatus,
    },
    'a charge needs attention',
  )
}
