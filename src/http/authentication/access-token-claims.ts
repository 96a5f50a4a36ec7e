// The claims of an access token, judged by RFC 9068 section 4 and RFC 8725; pure.
import { TokenRefused } from '../../crypto/compact-jws.ts'

/** No clock is trusted to be nearer than this, and none may be farther off. */
export const MAX_CLOCK_SKEW_SECONDS = 60
/** Access tokens cannot be called back, so they live an hour at most. */
export const MAX_LIFETIME_SECONDS = 60 * 60
const MAX_TEXT_LENGTH = 255
const MAX_SCOPES = 128
const MAX_AUDIENCES = 32
const TENANT = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/
/** RFC 6749 section 3.3. */
const SCOPE = /^[\x21\x23-\x5b\x5d-\x7e]{1,128}$/
const CONTROL = /[\x00-\x1f\x7f]/

export type ClaimRules = {
  issuer: string
  audience: string
  tenantClaim: string
  scopeClaim: string
  clockSkewSeconds: number
  maxLifetimeSeconds: number
}

export type VerifiedAccess = {
  tenantId: string
  subject: string
  clientId: string
  scopes: ReadonlySet<string>
  jti: string
  expiresAt: Date
}

/** Turns the claims of a token whose signature is good into what is known of its bearer; throws TokenRefused. */
export function judgeClaims(claims: Record<string, unknown>, rules: ClaimRules, now: Date): VerifiedAccess {
  if (claims.iss !== rules.issuer) throw new TokenRefused('The access token is of another issuer.')
  if (!audiencesOf(claims.aud).includes(rules.audience)) {
    throw new TokenRefused('The access token is for another audience.')
  }
  // Proof of possession cannot be checked here, and ignoring it would turn a bound token into a bearer token.
  if (claims.cnf !== undefined) throw new TokenRefused('The access token is bound to a key, which is not taken here.')
  const expiresAt = judgeTimes(claims, rules, now)
  const tenantId = member(claims, rules.tenantClaim)
  if (typeof tenantId !== 'string' || !TENANT.test(tenantId)) throw new TokenRefused('The access token has no tenant.')
  return {
    tenantId,
    subject: text(claims.sub, 'sub'),
    clientId: text(claims.client_id, 'client_id'),
    jti: text(claims.jti, 'jti'),
    scopes: scopesOf(member(claims, rules.scopeClaim)),
    expiresAt,
  }
}

/** Whether a token that was good earlier still is; the same skew counts as when it was first seen. */
export const isExpired = (expiresAt: Date, clockSkewSeconds: number, now: Date): boolean =>
  now.getTime() >= expiresAt.getTime() + clockSkewSeconds * 1000

function judgeTimes({ exp, iat, nbf }: Record<string, unknown>, rules: ClaimRules, now: Date): Date {
  const expires = seconds(exp, 'exp')
  const issued = seconds(iat, 'iat')
  const latestStart = now.getTime() / 1000 + rules.clockSkewSeconds
  if (expires <= issued || expires - issued > rules.maxLifetimeSeconds) {
    throw new TokenRefused('The access token lives longer than is allowed.')
  }
  if (issued > latestStart) throw new TokenRefused('The access token was issued in the future.')
  if (nbf !== undefined && seconds(nbf, 'nbf') > latestStart) {
    throw new TokenRefused('The access token is not valid yet.')
  }
  const expiresAt = new Date(expires * 1000)
  if (isExpired(expiresAt, rules.clockSkewSeconds, now)) throw new TokenRefused('The access token has expired.')
  return expiresAt
}

function audiencesOf(aud: unknown): string[] {
  const list = typeof aud === 'string' ? [aud] : aud
  if (!Array.isArray(list) || list.length > MAX_AUDIENCES || !list.every(one => typeof one === 'string')) {
    throw new TokenRefused('The audience of the access token is ill-formed.')
  }
  return list
}

function scopesOf(value: unknown): ReadonlySet<string> {
  if (value === undefined || value === '') return new Set()
  const list = typeof value === 'string' ? value.split(' ') : value
  if (!Array.isArray(list) || list.length > MAX_SCOPES || !list.every(one => typeof one === 'string')) {
    throw new TokenRefused('The scope of the access token is ill-formed.')
  }
  if (!list.every(scope => SCOPE.test(scope))) throw new TokenRefused('The scope of the access token is ill-formed.')
  return new Set(list)
}

/** NumericDate as RFC 9068 issuers write it: whole seconds, never text, never a fraction. */
function seconds(value: unknown, name: string): number {
  if (!Number.isSafeInteger(value) || (value as number) < 0 || (value as number) > 8_640_000_000_000) {
    throw new TokenRefused(`The access token has no valid ${name} claim.`)
  }
  return value as number
}

function text(value: unknown, name: string): string {
  if (typeof value !== 'string' || value === '' || value.length > MAX_TEXT_LENGTH || CONTROL.test(value)) {
    throw new TokenRefused(`The access token has no valid ${name} claim.`)
  }
  return value
}

const member = (claims: Record<string, unknown>, name: string): unknown =>
  Object.hasOwn(claims, name) ? claims[name] : undefined
