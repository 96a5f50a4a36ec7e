// Spaces the calls of one account so that Stripe's rate limit is not met (docs.stripe.com/rate-limits: 100 requests a
// second in live mode, 25 in a sandbox, for all processes together).

// So many milliseconds of unused turns may be taken at once.
const BURST_MS = 100

export type Pacer = {
  /** Waits for this call's turn; resolves to false, taking no turn, when it would come after `maxWaitMs`. */
  turn(maxWaitMs: number): Promise<boolean>
}

export type PacerOptions = {
  /** 0 turns pacing off. */
  requestsPerSecond: number
  /** Monotonic milliseconds. */
  now: () => number
  sleep: (ms: number) => Promise<void>
}

export function createPacer({ requestsPerSecond, now, sleep }: PacerOptions): Pacer {
  if (requestsPerSecond <= 0) return { turn: () => Promise.resolve(true) }
  const intervalMs = 1000 / requestsPerSecond
  let nextTurnAt = 0
  return {
    async turn(maxWaitMs) {
      const at = now()
      const turnAt = Math.max(nextTurnAt, at)
      const waitMs = turnAt - BURST_MS - at
      if (waitMs > maxWaitMs) return false
      nextTurnAt = turnAt + intervalMs
      if (waitMs > 0) await sleep(waitMs)
      return true
    },
  }
}
