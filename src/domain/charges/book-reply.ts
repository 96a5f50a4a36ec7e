// The second transaction of a charge: Stripe's reply becomes the charge's state and the stored answer, in one call.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Ctx } from '../context.ts'
import { errorShape } from '../error-shape.ts'
import { type KeyHashes, sealReply } from '../idempotency/keys.ts'
import { type Answer, idempotentRequest } from '../idempotency/request.ts'
import type { PayerKey } from '../payers/data-key.ts'
import { answerFromCharge } from './answer-again.ts'
import { afterOutcome, type ChargeDetails, type ChargeRow, type ChargeView, viewOfCharge } from './charge.ts'
import type { SettledRow } from './charge-writes.ts'
import { nextLookAt } from './look-ladder.ts'
import { type Outcome, UNKNOWN_OUTCOME } from './outcome-of-stripe.ts'
import { recordContradiction } from './record-contradiction.ts'
import { cancelAttemptFor, settleCharge, type Told } from './settle-charge.ts'
import { isFinal } from './state.ts'

export type ReservedCharge = {
  charge: Omit<ChargeRow, 'details_sealed' | 'created_by' | 'payer_status' | 'wrapped_key' | 'key_version'>
  attempt: { id: string; stripeKey: string }
  details: ChargeDetails
  payer: PayerKey
  leaseUntil: Date
}

/** A database that is away for a moment must not make an outcome unknown that is known. */
const BOOK_TRIES = 3
const BOOK_AGAIN_MS = 250

/** Never throws for want of a database: money may have moved, so the answer is then 202 and the resolver books it. */
export async function bookReply(
  ctx: Ctx,
  reserved: ReservedCharge,
  hashes: KeyHashes | null,
  outcome: Outcome,
): Promise<Answer<ChargeView>> {
  const now = ctx.clock.now()
  const told = toldOf(reserved, outcome, now)
  const result = shown(ctx, reserved, outcome, told)
  const reply = idempotentRequest(ctx)?.render(result) ?? null
  const booked = await book(ctx, {
    ...told,
    ...(hashes && reply
      ? {
          reply: {
            keyHash: hashes.keyHash,
            status: reply.status,
            sealed: sealReply(ctx, hashes.keyHash, reply, reserved.payer),
          },
        }
      : {}),
  })
  if (booked === null) return { kind: 'fresh', result: shown(ctx, reserved, UNKNOWN_OUTCOME, told), reply: null }
  if (booked.outcome === 'settled' || booked.outcome === 'confirmed') return { kind: 'fresh', result, reply }
  if (booked.outcome === 'contradiction') await recordContradiction(ctx, told)
  return answerFromCharge(ctx, hashes, reserved.charge.id)
}

function toldOf({ charge, attempt, leaseUntil }: ReservedCharge, outcome: Outcome, now: Date): Told {
  const isProof = outcome.paymentIntent !== null && outcome.attemptStatus !== 'errored'
  return {
    chargeId: charge.id,
    payerId: charge.payer_id,
    attempt: { id: attempt.id, kind: 'charge' },
    outcome,
    source: 'reply',
    now,
    confirmed: false,
    nextLookAt: nextLookAt(outcome.attemptStatus, 0, now, outcome.authenticateBy),
    looks: 0,
    // What Stripe shows counts whoever brings it; the rest only while nobody else has taken the attempt over.
    lease: isProof ? null : leaseUntil,
    cancelAttemptId: cancelAttemptFor(outcome, now),
  }
}

/** The charge as the database will hold it, so that the answer is stored in the same call as the outcome. */
function shown(
  ctx: Ctx,
  { charge, attempt, details }: ReservedCharge,
  outcome: Outcome,
  { now, cancelAttemptId }: Told,
) {
  const made = {
    id: attempt.id,
    kind: 'charge' as const,
    status: outcome.attemptStatus,
    amount: charge.amount,
    failure_code: outcome.failure?.code ?? null,
    decline_code: outcome.failure?.declineCode ?? null,
    created_at: charge.created_at,
    decided_at: isFinal(outcome.attemptStatus) ? now : null,
  }
  const cancel = { ...made, kind: 'cancel' as const, status: 'created' as const, ...NOTHING_YET, created_at: now }
  const attempts = [
    made,
    ...(cancelAttemptId && outcome !== UNKNOWN_OUTCOME ? [{ ...cancel, id: cancelAttemptId }] : []),
  ]
  return viewOfCharge(ctx, afterOutcome(charge, outcome), attempts, details)
}

const NOTHING_YET = { failure_code: null, decline_code: null, decided_at: null }

async function book(ctx: Ctx, told: Told): Promise<SettledRow | null> {
  for (let tried = 1; ; tried++) {
    try {
      return await settleCharge(ctx, told)
    } catch (error) {
      if (tried < BOOK_TRIES) {
        await sleep(BOOK_AGAIN_MS * tried)
        continue
      }
      ctx.meter.count('alerts', { name: 'reply_not_booked' })
      ctx.log.error(
        {
          request_id: ctx.requestId,
          tenant: ctx.tenantId,
          charge: told.chargeId,
          attempt: told.attempt.id,
          ...errorShape(error),
        },
        "Stripe's reply could not be booked; the resolver will",
      )
      return null
    }
  }
}
