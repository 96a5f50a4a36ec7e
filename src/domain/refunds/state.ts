// The life of a refund. The same moves stand in drizzle/0002_guards.sql, where the database refuses every other.

export const REFUND_STATUSES = [
  'sending',
  'unknown',
  'pending',
  'succeeded',
  'failed',
  'cancelled',
  'needs_review',
] as const

export type RefundStatus = (typeof REFUND_STATUSES)[number]

/** `succeeded` is not the end: a payer's bank may send the money back weeks later. */
export const REFUND_MOVES: Readonly<Record<RefundStatus, readonly RefundStatus[]>> = {
  sending: ['unknown', 'pending', 'succeeded', 'failed', 'cancelled', 'needs_review'],
  unknown: ['sending', 'pending', 'succeeded', 'failed', 'cancelled', 'needs_review'],
  pending: ['succeeded', 'failed', 'cancelled', 'needs_review'],
  succeeded: ['failed', 'cancelled'],
  needs_review: ['pending', 'succeeded', 'failed', 'cancelled'],
  failed: [],
  cancelled: [],
}

export const mayRefundMove = (from: RefundStatus, to: RefundStatus): boolean => REFUND_MOVES[from].includes(to)
