// Sends what an attempt asks for, under the key that was stored with it. While this runs, no row is locked and no
// pooled connection is held.
import { setTimeout as sleep } from 'node:timers/promises'
import type { StripeAccount } from '../../stripe/gateway.ts'
import type { StripePaymentIntent } from '../../stripe/payment-objects.ts'
import { withRetries } from '../../stripe/retries.ts'
import { StripeFailure } from '../../stripe/stripe-failure.ts'
import type { Ctx } from '../context.ts'

/** Tries of one send: only while Stripe says that it has not begun, or when nothing left this machine. */
const TRIES = 4
/** A new try starts only so long after the first, so that the attempt's lease of 60 s outlasts it. */
const LAST_TRY_AFTER_MS = 20_000

export type Answered<Thing> = { kind: 'answered'; thing: Thing } | { kind: 'failed'; failure: StripeFailure }

/** What a charge sends; all of it comes from stored rows, so that a second send says the same. */
export type PaymentToSend = {
  chargeId: string
  attemptId: string
  stripeKey: string
  amount: number
  currency: string
  captureMethod: 'automatic' | 'manual'
  customer: string
  paymentMethod: string
}

export function sendPayment(
  ctx: Ctx,
  account: StripeAccount,
  payment: PaymentToSend,
): Promise<Answered<StripePaymentIntent>> {
  return sendOnce(() =>
    account.createPaymentIntent(
      {
        customer: payment.customer,
        paymentMethod: payment.paymentMethod,
        amount: payment.amount,
        currency: payment.currency,
        offSession: true,
        captureMethod: payment.captureMethod === 'manual' ? 'manual' : 'automatic_async',
        metadata: {
          panless_attempt: payment.attemptId,
          panless_charge: payment.chargeId,
          panless_tenant: ctx.tenantId,
        },
      },
      payment.stripeKey,
    ),
  )
}

/**
 * Runs a call that moves money. It is tried again, under its own key, only when Stripe cannot have carried it out:
 * busy, paced, or nothing sent. Whatever else goes wrong is for the resolver, which looks before it sends.
 */
export async function sendOnce<Thing>(call: () => Promise<Thing>): Promise<Answered<Thing>> {
  const startedAt = performance.now()
  try {
    return await withRetries({ attempts: TRIES, sleep: ms => sleep(ms) }, async (): Promise<Answered<Thing>> => {
      try {
        return { kind: 'answered', thing: await call() }
      } catch (error) {
        if (!(error instanceof StripeFailure)) throw error
        const mayHaveWorked = error.kind === 'unknown' && error.sent !== false
        const late = performance.now() - startedAt > LAST_TRY_AFTER_MS
        if (mayHaveWorked || late) return { kind: 'failed', failure: error }
        throw tooMany(error)
      }
    })
  } catch (error) {
    if (error instanceof StripeFailure) return { kind: 'failed', failure: error }
    throw error
  }
}

/** Stripe marks 429 as not to be retried at once; later, under the same key, is what its documentation asks for. */
function tooMany(failure: StripeFailure): StripeFailure {
  return failure.kind === 'rate_limited' ? new StripeFailure({ ...failure, shouldRetry: null }) : failure
}
