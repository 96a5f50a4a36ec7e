// Verifies access tokens of the configured issuer (RFC 9068, RFC 8725): what is allowed comes from configuration alone.
import { compactVerify } from 'jose'
import { readCompactJws, TokenRefused } from '../../crypto/compact-jws.ts'
import { DomainError } from '../../domain/errors.ts'
import {
  isExpired,
  judgeClaims,
  MAX_CLOCK_SKEW_SECONDS,
  MAX_LIFETIME_SECONDS,
  type VerifiedAccess,
} from './access-token-claims.ts'
import { createJwksCache, type JwksCache } from './jwks-cache.ts'
import {
  DEFAULT_ALGORITHMS,
  SIGNATURE_ALGORITHMS,
  type SignatureAlgorithm,
  type VerificationKey,
} from './verification-keys.ts'
import { createVerifiedTokenCache } from './verified-token-cache.ts'

export type { VerifiedAccess }

/** `typ` of an access token without its `application/` prefix (RFC 9068 section 2.1). */
const ACCESS_TOKEN_TYPE = 'at+jwt'
/** Clocks of issuer and service differ by seconds when both are kept. */
const DEFAULT_CLOCK_SKEW_SECONDS = 30

export type AccessTokenVerifierOptions = {
  issuer: string
  audience: string
  tenantClaim: string
  scopeClaim: string
  fetchJwks: () => Promise<unknown>
  wallNow: () => Date
  algorithms?: readonly SignatureAlgorithm[]
  clockSkewSeconds?: number
  maxLifetimeSeconds?: number
  jwks?: { maxAgeSeconds?: number; cooldownSeconds?: number; staleSeconds?: number }
  maxCachedTokens?: number
  onFetchFailed?: (error: unknown) => void
}

export type AccessTokenVerifier = {
  /** Answers what a token gives; throws invalid_token, or authentication_unavailable when keys cannot be had. */
  verify(token: string): Promise<VerifiedAccess>
  /** Reads the keys before the first token comes, and again when they are old; never throws. */
  warmUp(): Promise<void>
  state: JwksCache['state']
}

export function createAccessTokenVerifier(options: AccessTokenVerifierOptions): AccessTokenVerifier {
  const { algorithms = DEFAULT_ALGORITHMS, wallNow, fetchJwks, onFetchFailed } = options
  const rules = {
    issuer: options.issuer,
    audience: options.audience,
    tenantClaim: options.tenantClaim,
    scopeClaim: options.scopeClaim,
    clockSkewSeconds: options.clockSkewSeconds ?? DEFAULT_CLOCK_SKEW_SECONDS,
    maxLifetimeSeconds: options.maxLifetimeSeconds ?? MAX_LIFETIME_SECONDS,
  }
  checkRules(rules, algorithms)
  const jwks = createJwksCache({ fetchJwks, algorithms, wallNow, onFetchFailed, ...options.jwks })
  const cache = createVerifiedTokenCache(options.maxCachedTokens)

  async function verify(token: string): Promise<VerifiedAccess> {
    const waiting = jwks.freshen()
    if (waiting) await waiting
    const hit = cache.get(token)
    if (!hit) return verifyAnew(token)
    if (isExpired(hit.access.expiresAt, rules.clockSkewSeconds, wallNow())) {
      cache.drop(token)
      throw new DomainError('invalid_token', 'The access token has expired.')
    }
    if (jwks.holds(hit.key)) return hit.access
    cache.drop(token)
    return verifyAnew(token)
  }

  async function verifyAnew(token: string): Promise<VerifiedAccess> {
    try {
      const jws = readCompactJws(token)
      if (jws.typ !== ACCESS_TOKEN_TYPE) throw new TokenRefused('The token is not an access token (typ at+jwt).')
      if (!isAllowed(jws.alg, algorithms)) throw new TokenRefused('The algorithm of the token is not allowed.')
      // Claims are judged before the key is looked up, so that a stray token of another issuer causes no fetch.
      const access = Object.freeze(judgeClaims(jws.payload, rules, wallNow()))
      const key = await jwks.keyFor(jws.kid, jws.alg)
      await checkSignature(token, key)
      cache.put(token, { access, key })
      return access
    } catch (error) {
      if (error instanceof TokenRefused) throw new DomainError('invalid_token', error.message)
      throw error
    }
  }

  return {
    verify,
    async warmUp() {
      try {
        await jwks.freshen()
      } catch {
        // Reported by onFetchFailed; requests answer 503 until the issuer can be reached.
      }
    },
    state: jwks.state,
  }
}

async function checkSignature(token: string, key: VerificationKey): Promise<void> {
  try {
    await compactVerify(token, key.key, { algorithms: [key.alg] })
  } catch {
    throw new TokenRefused('The signature of the access token does not fit.')
  }
}

const isAllowed = (alg: string, allowed: readonly SignatureAlgorithm[]): alg is SignatureAlgorithm =>
  (allowed as readonly string[]).includes(alg)

function checkRules(
  rules: { issuer: string; audience: string; clockSkewSeconds: number; maxLifetimeSeconds: number },
  algorithms: readonly SignatureAlgorithm[],
): void {
  const { issuer, audience, clockSkewSeconds, maxLifetimeSeconds } = rules
  if (issuer === '' || audience === '') throw new Error('Issuer and audience of access tokens must be set.')
  if (algorithms.length === 0 || !algorithms.every(alg => Object.hasOwn(SIGNATURE_ALGORITHMS, alg))) {
    throw new Error('Access tokens are verified with asymmetric algorithms only.')
  }
  if (!(clockSkewSeconds >= 0 && clockSkewSeconds <= MAX_CLOCK_SKEW_SECONDS)) {
    throw new Error(`The clock skew is at most ${MAX_CLOCK_SKEW_SECONDS} seconds.`)
  }
  if (!(maxLifetimeSeconds > 0 && maxLifetimeSeconds <= MAX_LIFETIME_SECONDS)) {
    throw new Error(`Access tokens live at most ${MAX_LIFETIME_SECONDS} seconds.`)
  }
}
