// Headers that every answer carries, errors too; a route that serves a page or a script sets its own in their place.
import type { MiddlewareHandler } from 'hono'

/** Two years; browsers and preload lists ask for at least one (RFC 6797). */
const HSTS_MAX_AGE_SECONDS = 2 * 365 * 24 * 60 * 60

const DEFAULTS: readonly (readonly [string, string])[] = [
  ['Strict-Transport-Security', `max-age=${HSTS_MAX_AGE_SECONDS}; includeSubDomains`],
  ['X-Content-Type-Options', 'nosniff'],
  ['Cache-Control', 'no-store'],
  ['Content-Security-Policy', "default-src 'none'; frame-ancestors 'none'"],
  ['Referrer-Policy', 'no-referrer'],
  ['Cross-Origin-Resource-Policy', 'same-origin'],
]

type SecurityHeadersEnv = { Bindings: { outgoing?: { setHeader(name: string, value: string): unknown } } }

/** For the outermost place, so that answers to errors pass through it too. */
export function securityHeaders(): MiddlewareHandler<SecurityHeadersEnv> {
  return async function securityHeaders(c, next) {
    const outgoing = c.env?.outgoing
    if (outgoing) {
      // Node lets the answer's own headers win over these, and making a Headers object of them costs a third of a GET.
      for (const [name, value] of DEFAULTS) outgoing.setHeader(name, value)
      await next()
    } else {
      await next()
      setSecurityHeaders(c.res.headers)
    }
  }
}

/** The same for an answer that no middleware sees. */
export function setSecurityHeaders(headers: Headers): void {
  for (const [name, value] of DEFAULTS) if (!headers.has(name)) headers.set(name, value)
}
