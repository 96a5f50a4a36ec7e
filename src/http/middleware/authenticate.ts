// Finds out who calls: an access token of the issuer, or, where the route takes one, a checkout session token.
import type { MiddlewareHandler } from 'hono'
import { claimedTokenType, TokenRefused } from '../../crypto/compact-jws.ts'
import { SESSION_TOKEN_TYPE, type SessionTokenSigner, type VerifiedSession } from '../../crypto/session-token.ts'
import { DomainError } from '../../domain/errors.ts'
import type { StaffSession } from '../../domain/staff-sessions/staff-session.ts'
import type { AccessTokenVerifier, VerifiedAccess } from '../authentication/access-token-verifier.ts'
import { bearerToken } from '../authentication/bearer-token.ts'

/** Who calls; a person of the staff is found by the console's own cookie, never here. */
export type Access =
  | ({ kind: 'service' } & VerifiedAccess)
  | ({ kind: 'session' } & VerifiedSession)
  | ({ kind: 'staff'; sessionId: string } & Omit<StaffSession, 'id'>)

export type AuthenticateVariables = { access: Access }

type AuthenticateEnv = {
  Variables: AuthenticateVariables
  Bindings: { incoming?: { rawHeaders: string[] } }
}

const SESSION_READ = /^\/v1\/checkout-sessions\/[^/]+$/

/** The only two things that a browser's session token may do: save its card, and read its own session. */
export const takesSessionToken = (method: string, path: string): boolean =>
  (method === 'POST' && path === '/v1/tokens') || (method === 'GET' && SESSION_READ.test(path))

/** Sets `c.var.access`, or throws invalid_token or authentication_unavailable. */
export function authenticate(options: {
  accessTokens: Pick<AccessTokenVerifier, 'verify'>
  sessionTokens: Pick<SessionTokenSigner, 'meet' | 'verify'>
  wallNow: () => Date
  takesSession?: (method: string, path: string) => boolean
}): MiddlewareHandler<AuthenticateEnv> {
  const { accessTokens, sessionTokens, wallNow, takesSession = takesSessionToken } = options

  return async function authenticate(c, next) {
    const token = bearerToken(c.req.header('authorization'), c.env?.incoming?.rawHeaders)
    if (takesSession(c.req.method, c.req.path) && claimedTokenType(token) === SESSION_TOKEN_TYPE) {
      await sessionTokens.meet(token)
      c.set('access', { kind: 'session', ...verifySession(sessionTokens, token, wallNow()) })
    } else {
      c.set('access', { kind: 'service', ...(await accessTokens.verify(token)) })
    }
    await next()
  }
}

function verifySession(
  sessionTokens: Pick<SessionTokenSigner, 'meet' | 'verify'>,
  token: string,
  now: Date,
): VerifiedSession {
  try {
    return sessionTokens.verify(token, now)
  } catch (error) {
    if (error instanceof TokenRefused) throw new DomainError('invalid_token', error.message)
    throw error
  }
}
