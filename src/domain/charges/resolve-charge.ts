// A second person ends a review. Stripe is read again: nobody can declare money that Stripe does not show.
import { z } from 'zod'
import type { StripeAccount } from '../../stripe/gateway.ts'
import type { StripePaymentIntent } from '../../stripe/payment-objects.ts'
import { StripeFailure } from '../../stripe/stripe-failure.ts'
import { isStripeId } from '../../stripe/stripe-ids.ts'
import { personOf } from '../audit/entry.ts'
import type { Ctx, Tx } from '../context.ts'
import { DomainError, invalidField, invalidState } from '../errors.ts'
import { writeOnce } from '../idempotency/once.ts'
import { type Answer, idempotentRequest } from '../idempotency/request.ts'
import { parseInput } from '../parse-input.ts'
import { openJson, type PayerKey, sealJson } from '../payers/data-key.ts'
import { requirePermission } from '../permissions.ts'
import { stripeAccountOf } from '../tenants/stripe-account.ts'
import { read } from '../write.ts'
import { payerKeyOf } from './answer-again.ts'
import { misfitOf } from './apply-payment-intent.ts'
import {
  type AttemptRow,
  type ChargeDetails,
  type ChargeView,
  detailsPlace,
  type LoadedCharge,
  loadCharge,
  showCharge,
} from './charge.ts'
import { lookForIntent, TooManyIntents } from './look.ts'
import { notExecuted } from './outcome-of-stripe.ts'
import { settleCharge } from './settle-charge.ts'
import { takeInIntent } from './settle-from-intent.ts'

const OUTCOMES = ['succeeded', 'requires_capture', 'declined', 'cancelled', 'expired', 'errored'] as const

export const resolveChargeInput = z.strictObject({
  outcome: z.enum(OUTCOMES).describe('What Stripe shows; `errored` when it never had the payment.'),
  stripe_payment_intent: z
    .string()
    .refine(id => isStripeId('payment_intent', id), 'must be the id of a payment intent, pi_…')
    .optional(),
  reason: z.string().trim().min(1).max(500).describe('Kept with the charge, sealed.'),
})

type Wish = z.output<typeof resolveChargeInput>

/**
 * @throws insufficient_scope, not_found, validation_failed, second_person_required, invalid_state (not in review, or
 * Stripe shows another outcome), stripe_unavailable, idempotency_mismatch, idempotency_in_progress
 */
export async function resolveCharge(ctx: Ctx, chargeId: string, input: unknown): Promise<Answer<ChargeView>> {
  requirePermission(ctx, 'resolveCharge')
  const before = await read(ctx, tx => loadCharge(tx, chargeId))
  // A charge is made by a service alone, and kept by its client and subject.
  if (before.charge.created_by.endsWith(`/${personOf(ctx.actor)}`)) {
    throw new DomainError('second_person_required', 'Another person than the one who made the charge must resolve it.')
  }
  idempotentRequest(ctx)
  const wish = parseInput(resolveChargeInput, input)
  const account = await stripeAccountOf(ctx)
  const intent = reviewedAttempt(before) ? await findIntent(ctx, account, before, wish) : null
  const payer = await payerKeyOf(ctx, before)
  const show = async () => showCharge(ctx, await read(ctx, tx => loadCharge(tx, chargeId)))
  return writeOnce(ctx, {
    movesMoney: true,
    resume: show,
    change: async tx => {
      const loaded = await loadCharge(tx, chargeId, true)
      const attempt = reviewedAttempt(loaded)
      if (!attempt) throw invalidState(`A charge that is ${loaded.charge.status} is not in review.`)
      const found = intent ? await takeInIntent(tx, ctx, chargeId, intent, 'review') : loaded
      const expected = intent || attempt.kind !== 'charge' ? found.charge.status : 'errored'
      if (expected !== wish.outcome) {
        throw invalidState('Stripe shows another outcome of this charge. Nothing was changed.')
      }
      if (reviewedAttempt(found)) await declareNotExecuted(tx, ctx, found, attempt)
      await keepReason(tx, ctx, found, payer, wish.reason)
      return {
        result: await showCharge(ctx, await loadCharge(tx, chargeId)),
        objectId: chargeId,
        payer,
        audit: {
          action: 'charge.resolve',
          object: { type: 'charge', id: chargeId },
          payerId: loaded.charge.payer_id,
          details: { outcome: wish.outcome, attempt: attempt.id, payment_intent: intent?.id ?? null },
        },
      }
    },
  })
}

const reviewedAttempt = ({ attempts }: LoadedCharge): AttemptRow | undefined =>
  attempts.find(({ status }) => status === 'needs_review')

async function findIntent(
  ctx: Ctx,
  account: StripeAccount,
  { charge, attempts }: LoadedCharge,
  wish: Wish,
): Promise<StripePaymentIntent | null> {
  const made = attempts.find(({ kind }) => kind === 'charge') as AttemptRow
  const held = { ...charge, customer: charge.stripe_customer_id, payment_intent: charge.stripe_payment_intent_id }
  let intent: StripePaymentIntent | null
  try {
    intent = await lookForIntent(account, {
      paymentIntent: wish.stripe_payment_intent ?? charge.stripe_payment_intent_id,
      customer: charge.stripe_customer_id ?? '',
      attemptId: made.id,
      since: made.created_at,
    })
  } catch (error) {
    if (error instanceof StripeFailure && error.kind === 'not_found' && wish.stripe_payment_intent !== undefined) {
      throw invalidField('/stripe_payment_intent', 'is not known to Stripe')
    }
    if (!(error instanceof StripeFailure || error instanceof TooManyIntents)) throw error
    throw new DomainError('stripe_unavailable', 'Stripe cannot be read now. Send the same request again.', {
      retryAfterSeconds: 5,
      cause: error,
    })
  }
  const isOurs =
    intent === null || intent.metadata.panless_charge === charge.id || intent.id === charge.stripe_payment_intent_id
  if (intent && (!isOurs || (await misfitOf(ctx, held, intent)))) {
    throw invalidField('/stripe_payment_intent', 'is not the payment of this charge')
  }
  return intent
}

/** What Stripe does not show was never carried out: the charge, or a capture or cancel of one that stands. */
async function declareNotExecuted(tx: Tx, ctx: Ctx, { charge }: LoadedCharge, attempt: AttemptRow): Promise<void> {
  const now = ctx.clock.now()
  const outcome = notExecuted(now)
  const told = {
    chargeId: charge.id,
    payerId: charge.payer_id,
    attempt,
    outcome: attempt.kind === 'charge' ? outcome : { ...outcome, chargeStatus: null },
    source: 'review' as const,
    now,
    confirmed: true,
    nextLookAt: null,
  }
  await settleCharge(ctx, [told], tx)
}

async function keepReason(
  tx: Tx,
  ctx: Ctx,
  { charge }: LoadedCharge,
  payer: PayerKey | null,
  reason: string,
): Promise<void> {
  if (payer === null) return
  const place = detailsPlace(charge.id)
  const details = openJson<ChargeDetails>(ctx, payer, place, charge.details_sealed)
  const sealed = sealJson(ctx, payer, place, { ...details, reviewReason: reason })
  await tx.sql`update charges set details_sealed = ${sealed} where tenant_id = ${ctx.tenantId} and id = ${charge.id}`
}
