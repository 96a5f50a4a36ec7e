// Token buckets by name: each may spend a burst at once and gets it back at a steady rate; the idlest are forgotten.

/** Some 10 MB; a bucket that is forgotten starts full, which only matters with more callers than this at once. */
const MAX_BUCKETS = 50_000
/** Waiting longer than this is never asked for. */
const MAX_RETRY_AFTER_SECONDS = 60

export type TokenBuckets = {
  /** Takes one; answers 0, or the whole seconds after which there is one again. */
  take(name: string): number
}

/** `burst` is what can be taken at once, `perSecond` what comes back; `monotonicMs` never runs backwards. */
export function createTokenBuckets(options: {
  burst: number
  perSecond: number
  monotonicMs?: () => number
  maxBuckets?: number
}): TokenBuckets {
  const { burst, perSecond, monotonicMs = () => performance.now(), maxBuckets = MAX_BUCKETS } = options
  if (!(burst >= 1 && perSecond > 0)) throw new RangeError('A bucket holds at least one and is filled.')
  // In the order of use; it grows with its callers, as a cache that sets its whole room aside at start does not.
  const buckets = new Map<string, { left: number; at: number }>()

  return {
    take(name) {
      const now = monotonicMs()
      const bucket = buckets.get(name) ?? { left: burst, at: now }
      buckets.delete(name)
      buckets.set(name, bucket)
      if (buckets.size > maxBuckets) buckets.delete(buckets.keys().next().value as string)
      bucket.left = Math.min(burst, bucket.left + ((now - bucket.at) / 1000) * perSecond)
      bucket.at = now
      if (bucket.left >= 1) {
        bucket.left -= 1
        return 0
      }
      return Math.min(MAX_RETRY_AFTER_SECONDS, Math.max(1, Math.ceil((1 - bucket.left) / perSecond)))
    },
  }
}
