// The lives of a charge and of its attempts. The same moves stand in drizzle/0002_guards.sql, where the database
// refuses every other.

export const CHARGE_STATUSES = [
  'created',
  'sending',
  'processing',
  'requires_action',
  'requires_capture',
  'unknown',
  'needs_review',
  'succeeded',
  'declined',
  'errored',
  'expired',
  'cancelled',
] as const

export type ChargeStatus = (typeof CHARGE_STATUSES)[number]

export const CHARGE_MOVES: Readonly<Record<ChargeStatus, readonly ChargeStatus[]>> = {
  created: ['sending', 'unknown', 'errored', 'cancelled', 'needs_review'],
  sending: [
    'succeeded',
    'processing',
    'requires_action',
    'requires_capture',
    'declined',
    'errored',
    'unknown',
    'needs_review',
    'cancelled',
    'expired',
  ],
  processing: ['succeeded', 'requires_action', 'requires_capture', 'declined', 'needs_review', 'cancelled', 'expired'],
  requires_action: ['succeeded', 'processing', 'requires_capture', 'declined', 'expired', 'cancelled', 'needs_review'],
  requires_capture: ['succeeded', 'cancelled', 'expired'],
  unknown: [
    'sending',
    'succeeded',
    'processing',
    'requires_action',
    'requires_capture',
    'declined',
    'errored',
    'cancelled',
    'expired',
    'needs_review',
  ],
  needs_review: [
    'succeeded',
    'processing',
    'requires_action',
    'requires_capture',
    'declined',
    'errored',
    'cancelled',
    'expired',
  ],
  succeeded: [],
  declined: [],
  errored: [],
  expired: [],
  cancelled: [],
}

export const ATTEMPT_KINDS = ['charge', 'capture', 'cancel'] as const

export type AttemptKind = (typeof ATTEMPT_KINDS)[number]

export const ATTEMPT_STATUSES = [
  'created',
  'sending',
  'processing',
  'requires_action',
  'unknown',
  'needs_review',
  'succeeded',
  'declined',
  'errored',
  'expired',
  'cancelled',
] as const

export type AttemptStatus = (typeof ATTEMPT_STATUSES)[number]

export const ATTEMPT_MOVES: Readonly<Record<AttemptStatus, readonly AttemptStatus[]>> = {
  created: ['sending', 'unknown', 'succeeded', 'errored', 'cancelled', 'needs_review'],
  sending: [
    'succeeded',
    'processing',
    'requires_action',
    'declined',
    'errored',
    'unknown',
    'needs_review',
    'cancelled',
    'expired',
  ],
  processing: ['succeeded', 'requires_action', 'declined', 'errored', 'needs_review', 'cancelled', 'expired'],
  requires_action: ['succeeded', 'processing', 'declined', 'expired', 'cancelled', 'needs_review'],
  unknown: [
    'sending',
    'succeeded',
    'processing',
    'requires_action',
    'declined',
    'errored',
    'cancelled',
    'expired',
    'needs_review',
  ],
  needs_review: ['succeeded', 'processing', 'requires_action', 'declined', 'errored', 'cancelled', 'expired'],
  succeeded: [],
  declined: [],
  errored: [],
  expired: [],
  cancelled: [],
}

const FINAL: ReadonlySet<string> = new Set(['succeeded', 'declined', 'errored', 'expired', 'cancelled'])

/** A final state never changes: what Stripe reports against it becomes an exception. */
export const isFinal = (status: ChargeStatus | AttemptStatus): boolean => FINAL.has(status)

const UNDECIDED_CHARGE: ReadonlySet<string> = new Set(['created', 'sending', 'processing', 'unknown', 'needs_review'])

/** Whether nobody can say yet what became of the charge: nothing else may be done with it meanwhile. */
export const isUndecided = (status: ChargeStatus): boolean => UNDECIDED_CHARGE.has(status)
