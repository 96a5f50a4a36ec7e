// Tries a call again while Stripe may still answer it: for reads, and for POSTs that repeat the same idempotency key.
import { StripeFailure } from './stripe-failure.ts'

export type RetryOptions = {
  /** All tries together, the first included. */
  attempts: number
  sleep: (ms: number) => Promise<void>
  /** 0 … 1, default Math.random: jitter needs no secret. */
  random?: () => number
  baseDelayMs?: number
  maxDelayMs?: number
}

// More tries than this belong to a queue, which survives the process.
const MAX_ATTEMPTS = 6
const DEFAULT_BASE_DELAY_MS = 250
const DEFAULT_MAX_DELAY_MS = 5_000
// Kinds that a later try can settle; `Stripe-Should-Retry: false` (a stored 500) overrules.
const RETRYABLE = new Set(['in_flight', 'rate_limited', 'unknown'])
// A refusal of these kinds says nothing of what an earlier try did.
const SILENT_ON_EARLIER_TRIES = new Set([
  'in_flight',
  'rate_limited',
  'authentication',
  'permission',
  'idempotency_mismatch',
])

/**
 * Runs `send` until it answers, fails for good, or the tries are used up, waiting longer each time (exponential, with
 * jitter, at least `retryAfterSeconds`). Throws the last failure, as `unknown` when an earlier try may have worked.
 */
export async function withRetries<Answer>(
  options: RetryOptions,
  send: (attempt: number) => Promise<Answer>,
): Promise<Answer> {
  const { sleep, random = Math.random } = options
  const attempts = Math.min(Math.max(options.attempts, 1), MAX_ATTEMPTS)
  let mayHaveWorked = false
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await send(attempt)
    } catch (error) {
      if (!(error instanceof StripeFailure)) throw error
      const failure = mayHaveWorked ? inView(error) : error
      const again = RETRYABLE.has(error.kind) && error.shouldRetry !== false
      if (!again || attempt >= attempts) throw failure
      mayHaveWorked ||= error.undecided
      await sleep(delayMs(attempt, error, options, random()))
    }
  }
}

// Seen after a try that may have worked, a failure that does not speak of it leaves the outcome open.
function inView(failure: StripeFailure): StripeFailure {
  const notSent = failure.kind === 'unknown' && failure.sent === false
  return notSent || SILENT_ON_EARLIER_TRIES.has(failure.kind) ? failure.asUndecided() : failure
}

function delayMs(attempt: number, failure: StripeFailure, options: RetryOptions, random: number): number {
  const { baseDelayMs = DEFAULT_BASE_DELAY_MS, maxDelayMs = DEFAULT_MAX_DELAY_MS } = options
  const ceiling = Math.min(baseDelayMs * 2 ** (attempt - 1), maxDelayMs)
  const asked = Math.min((failure.retryAfterSeconds ?? 0) * 1000, maxDelayMs)
  return Math.max(asked, ceiling * (0.5 + random / 2))
}
