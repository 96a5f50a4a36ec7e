// CORS, only where a browser's page calls: tokenize and the read of its own session, for origins that a tenant allows.
import type { MiddlewareHandler } from 'hono'
import type { Dependencies } from '../../domain/context.ts'
import type { AppEnv } from '../context.ts'
import { takesSessionToken } from './authenticate.ts'

const PREFLIGHT_SECONDS = 600
const METHODS: Record<string, string> = { POST: 'POST', GET: 'GET' }

/** A preflight carries no token, so any tenant's origin passes it; the call itself is held to its own tenant's. */
export function checkoutCors({ tenants }: Pick<Dependencies, 'tenants'>): MiddlewareHandler<AppEnv> {
  return async function checkoutCors(c, next) {
    const origin = c.req.header('origin')
    const asked =
      c.req.method === 'OPTIONS' ? (METHODS[c.req.header('access-control-request-method') ?? ''] ?? '') : c.req.method
    if (origin === undefined || !takesSessionToken(asked, c.req.path)) return next()
    const allowed = (await tenants.list()).some(tenant => tenant.allowedOrigins.includes(origin))
    if (c.req.method === 'OPTIONS') {
      if (!allowed) return next()
      return c.body(null, 204, {
        'Access-Control-Allow-Origin': origin,
        'Access-Control-Allow-Methods': asked,
        'Access-Control-Allow-Headers': 'authorization, content-type, idempotency-key, x-request-id',
        'Access-Control-Max-Age': String(PREFLIGHT_SECONDS),
        'Cross-Origin-Resource-Policy': 'cross-origin',
        Vary: 'Origin',
      })
    }
    if (allowed) {
      c.header('Access-Control-Allow-Origin', origin)
      c.header('Access-Control-Expose-Headers', 'X-Request-Id, Retry-After, Idempotency-Replayed')
      c.header('Cross-Origin-Resource-Policy', 'cross-origin')
    }
    c.header('Vary', 'Origin')
    await next()
  }
}
