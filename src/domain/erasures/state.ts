// The life of an erasure: its steps in order, each of which may be run again. The payer is `erasing` from the first
// moment, `erased` from the step that destroys the key, and never anything else again.

export const ERASURE_STATUSES = ['running', 'done'] as const
export type ErasureStatus = (typeof ERASURE_STATUSES)[number]

export const ERASURE_MOVES: Readonly<Record<ErasureStatus, readonly ErasureStatus[]>> = { running: ['done'], done: [] }

/**
 * Requests that were under way when the erasure began, and processes that hold the key for a while, may still write:
 * so what Stripe holds and what is stored here are gone through once more after they have run out.
 */
export const ERASURE_STEPS = [
  'wait_for_money',
  'delete_at_stripe',
  // On the list before the key goes: no backup of before can come back unnoticed once nobody can be read.
  'keep_apart',
  'destroy_key',
  'empty_rows',
  'wait_for_caches',
  'delete_at_stripe_again',
  'empty_rows_again',
  'finish',
] as const

export type ErasureStep = (typeof ERASURE_STEPS)[number]

/** The step after this one; none after the last. */
export const stepAfter = (step: ErasureStep): ErasureStep | undefined => ERASURE_STEPS[ERASURE_STEPS.indexOf(step) + 1]
