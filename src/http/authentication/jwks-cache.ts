// The issuer's keys: fetched once for all who wait, kept for a while, used a stated time longer when the issuer is down.
import { DomainError } from '../../domain/errors.ts'
import { importVerificationKeys, type SignatureAlgorithm, type VerificationKey } from './verification-keys.ts'

/** A key that the issuer removed is refused after at most this long. */
export const JWKS_MAX_AGE_SECONDS = 10 * 60
/** Unknown key ids cause at most one fetch in this time, however many tokens are forged. */
export const JWKS_COOLDOWN_SECONDS = 30
/** While the issuer cannot be reached, its last keys are used this long after they were read, then no longer. */
export const JWKS_STALE_SECONDS = 60 * 60
/** With no key that may be used, the next try comes sooner, so that a start before the issuer's does not last. */
const RETRY_SECONDS = 5

export type JwksCache = {
  /** Finds the key of a token; throws invalid_token or authentication_unavailable. */
  keyFor(kid: string | null, alg: SignatureAlgorithm): Promise<VerificationKey>
  /** Waits for keys that are fresh enough to go on with; undefined when there is nothing to wait for. */
  freshen(): Promise<void> | undefined
  /** Whether a key that verified earlier is still published. */
  holds(key: VerificationKey): boolean
  /** For readiness: when keys were last read, and whether the last try failed. */
  state(): { fetchedAt: Date | null; failing: boolean }
}

/** Makes the cache; `fetchJwks` has a deadline of its own, `wallNow` is wall time. */
export function createJwksCache(options: {
  fetchJwks: () => Promise<unknown>
  algorithms: readonly SignatureAlgorithm[]
  wallNow: () => Date
  maxAgeSeconds?: number
  cooldownSeconds?: number
  staleSeconds?: number
  onFetchFailed?: (error: unknown) => void
}): JwksCache {
  const { fetchJwks, algorithms, wallNow, onFetchFailed } = options
  const maxAgeMs = (options.maxAgeSeconds ?? JWKS_MAX_AGE_SECONDS) * 1000
  const cooldownMs = (options.cooldownSeconds ?? JWKS_COOLDOWN_SECONDS) * 1000
  const staleMs = (options.staleSeconds ?? JWKS_STALE_SECONDS) * 1000

  let keys = new Set<VerificationKey>()
  let fetchedAt = Number.NEGATIVE_INFINITY
  let triedAt = Number.NEGATIVE_INFINITY
  let failing = false
  let running: Promise<void> | null = null

  const now = () => wallNow().getTime()

  const fetchOnce = (): Promise<void> => {
    running ??= load().finally(() => {
      running = null
    })
    return running
  }

  async function load(): Promise<void> {
    triedAt = now()
    try {
      const published = await importVerificationKeys(await fetchJwks(), algorithms)
      if (published.length === 0) throw new Error('The issuer publishes no key that may verify access tokens.')
      keys = keepIdentity(keys, published)
      fetchedAt = triedAt
      failing = false
    } catch (error) {
      failing = true
      onFetchFailed?.(error)
    }
  }

  function freshen(): Promise<void> | undefined {
    const at = now()
    const age = at - fetchedAt
    if (age < maxAgeMs && !failing) return undefined
    const pauseMs = !failing ? 0 : age < staleMs ? cooldownMs : RETRY_SECONDS * 1000
    const mayTry = running !== null || at - triedAt >= pauseMs
    if (age >= staleMs) {
      if (!mayTry) throw unavailable()
      return fetchOnce().then(() => {
        if (now() - fetchedAt >= staleMs) throw unavailable()
      })
    }
    if (!mayTry) return undefined
    // Nobody waits for an issuer that failed a moment ago while its last keys may still be used.
    const background = failing
    const attempt = fetchOnce()
    return background ? undefined : attempt
  }

  async function keyFor(kid: string | null, alg: SignatureAlgorithm): Promise<VerificationKey> {
    await freshen()
    const known = find(keys, kid, alg)
    if (known) return known
    if (kid !== null && (running !== null || now() - triedAt >= cooldownMs)) {
      await fetchOnce()
      const found = find(keys, kid, alg)
      if (found) return found
    }
    if (failing) throw unavailable()
    throw new DomainError('invalid_token', 'The access token is signed with a key that the issuer does not publish.')
  }

  return {
    keyFor,
    freshen,
    holds: key => keys.has(key),
    state: () => ({ fetchedAt: Number.isFinite(fetchedAt) ? new Date(fetchedAt) : null, failing }),
  }
}

const unavailable = () =>
  new DomainError('authentication_unavailable', 'The issuer of access tokens cannot be reached. Try again later.', {
    retryAfterSeconds: RETRY_SECONDS,
  })

/** A token that names no key is verified only when one key alone can be meant. */
function find(keys: Set<VerificationKey>, kid: string | null, alg: SignatureAlgorithm): VerificationKey | null {
  const fitting = [...keys].filter(key => key.alg === alg && (kid === null || key.kid === kid))
  return fitting.length === 1 ? fitting[0]! : null
}

/** Keys that stay published stay the same objects, so that what they verified earlier stays verified. */
function keepIdentity(before: Set<VerificationKey>, published: VerificationKey[]): Set<VerificationKey> {
  const known = new Map([...before].map(key => [`${key.kid} ${key.alg} ${key.thumbprint}`, key]))
  return new Set(published.map(key => known.get(`${key.kid} ${key.alg} ${key.thumbprint}`) ?? key))
}
