// What Stripe's answer makes of a refund: pure. Only what proves that no money went back is a failure.
import type { StripeRefund, StripeRefundStatus } from '../../stripe/payment-objects.ts'
import type { StripeFailure } from '../../stripe/stripe-failure.ts'
import { MEANING } from '../charges/outcome-of-stripe.ts'
import type { RefundStatus } from './state.ts'

export type RefundOutcome = { status: RefundStatus; failureCode: string | null; stripeRefund: string | null }

const STATUSES: Readonly<Record<StripeRefundStatus, RefundStatus>> = {
  pending: 'pending',
  requires_action: 'pending',
  succeeded: 'succeeded',
  failed: 'failed',
  canceled: 'cancelled',
}

export const outcomeOfRefund = (refund: StripeRefund): RefundOutcome => ({
  status: STATUSES[refund.status],
  failureCode: refund.status === 'failed' ? (refund.failureReason ?? 'failed') : null,
  stripeRefund: refund.id,
})

export function outcomeOfRefundFailure(failure: StripeFailure): RefundOutcome {
  switch (MEANING[failure.kind]) {
    case 'declined':
    case 'refused':
      return { status: 'failed', failureCode: failure.code ?? failure.kind, stripeRefund: null }
    case 'review':
      return { status: 'needs_review', failureCode: null, stripeRefund: null }
    case 'unknown':
      return UNKNOWN_REFUND
  }
}

export const UNKNOWN_REFUND: RefundOutcome = { status: 'unknown', failureCode: null, stripeRefund: null }

/** Looked for twice at Stripe, not there, and not to be sent again. */
export const REFUND_NOT_EXECUTED: RefundOutcome = { status: 'failed', failureCode: 'not_executed', stripeRefund: null }

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS
/** Banks take up to two weeks over a refund; after a month a person must ask. */
const PENDING_DAYS = 30

/** The next look after `looks` of them, or null when a person must decide. */
export function nextRefundLookAt(status: RefundStatus, looks: number, now: Date): Date | null {
  const steps =
    status === 'pending'
      ? [HOUR_MS, ...Array.from({ length: PENDING_DAYS }, () => DAY_MS)]
      : status === 'sending' || status === 'unknown'
        ? [5 * MINUTE_MS, HOUR_MS, DAY_MS, DAY_MS, DAY_MS, DAY_MS, DAY_MS]
        : []
  const step = steps[looks]
  return step === undefined ? null : new Date(now.getTime() + step)
}
