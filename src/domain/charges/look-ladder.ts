// When an attempt whose outcome is open is looked at next, in business time.
import type { AttemptStatus } from './state.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS

/** An outcome that nobody knows: 5 min, 1 h, then daily for five days, then a person. */
const UNKNOWN_STEPS = [5 * MINUTE_MS, HOUR_MS, DAY_MS, DAY_MS, DAY_MS, DAY_MS, DAY_MS]
/** One that Stripe is working on: it tells by an event, so looks may wait longer. */
const PROCESSING_STEPS = [HOUR_MS, DAY_MS, DAY_MS, DAY_MS, DAY_MS, DAY_MS, DAY_MS]

/** Stripe keeps a key for at least 24 h; from here on nothing is sent again under it. */
export const SEND_AGAIN_WITHIN_MS = 23 * HOUR_MS
/** What was not found is looked for once more after this, before it counts as never carried out. */
export const SECOND_LOOK_MS = 10 * MINUTE_MS

/** The next look after `looks` of them, or null when the ladder is used up and a person must decide. */
export function nextLookAt(status: AttemptStatus, looks: number, now: Date, authenticateBy?: Date | null): Date | null {
  switch (status) {
    case 'created':
    case 'sending':
    case 'unknown':
      return after(now, UNKNOWN_STEPS[looks])
    case 'processing':
      return after(now, PROCESSING_STEPS[looks])
    case 'requires_action': {
      const step = after(now, looks === 0 ? HOUR_MS : DAY_MS) as Date
      return authenticateBy && authenticateBy < step && authenticateBy > now ? authenticateBy : step
    }
    default:
      return null
  }
}

const after = (now: Date, ms: number | undefined): Date | null =>
  ms === undefined ? null : new Date(now.getTime() + ms)
