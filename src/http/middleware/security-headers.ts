// Headers that every answer carries, errors too; a route that serves a page or a script may set its own first.
import type { MiddlewareHandler } from 'hono'

/** Two years; browsers and preload lists ask for at least one (RFC 6797). */
const HSTS_MAX_AGE_SECONDS = 2 * 365 * 24 * 60 * 60

export const STRICT_TRANSPORT_SECURITY = `max-age=${HSTS_MAX_AGE_SECONDS}; includeSubDomains`

/** Never left to a route. */
const ALWAYS: readonly [string, string][] = [
  ['Strict-Transport-Security', STRICT_TRANSPORT_SECURITY],
  ['X-Content-Type-Options', 'nosniff'],
]

/** For data; pages, scripts and files that may be cached say otherwise. */
const UNLESS_SET: readonly [string, string][] = [
  ['Cache-Control', 'no-store'],
  ['Content-Security-Policy', "default-src 'none'; frame-ancestors 'none'"],
  ['Referrer-Policy', 'no-referrer'],
  ['Cross-Origin-Resource-Policy', 'same-origin'],
]

const NEVER: readonly string[] = ['Server', 'X-Powered-By']

/** For the outermost place, so that answers to errors pass through it too. */
export function securityHeaders(): MiddlewareHandler {
  return async function securityHeaders(c, next) {
    await next()
    setSecurityHeaders(c.res.headers)
  }
}

/** The same for an answer that no middleware sees. */
export function setSecurityHeaders(headers: Headers): void {
  for (const [name, value] of ALWAYS) headers.set(name, value)
  for (const [name, value] of UNLESS_SET) if (!headers.has(name)) headers.set(name, value)
  for (const name of NEVER) headers.delete(name)
}
