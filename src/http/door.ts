// What every request passes before its route, in the order of api.md's refusals.
import type { BlockList } from 'node:net'
import type { Hono } from 'hono'
import type { Dependencies } from '../domain/context.ts'
import type { AccessTokenVerifier } from './authentication/access-token-verifier.ts'
import type { AppEnv } from './context.ts'
import { accessLog } from './middleware/access-log.ts'
import { authenticate } from './middleware/authenticate.ts'
import { checkoutCors } from './middleware/checkout-cors.ts'
import { oneRegion } from './middleware/one-region.ts'
import { pageErrors } from './middleware/page-errors.ts'
import { panFirewall } from './middleware/pan-firewall.ts'
import { limitFailedAuthentication, limitPosts, rateLimit } from './middleware/rate-limit.ts'
import { readBody } from './middleware/read-body.ts'
import { rememberAddress } from './middleware/remember-address.ts'
import { requestId } from './middleware/request-id.ts'
import { securityHeaders } from './middleware/security-headers.ts'
import { tenantExists } from './middleware/tenant-exists.ts'
import { contactErrorPage } from './routes/contact.ts'
import { purposeRoutes } from './routes/purposes.ts'
import { rightsErrorPage } from './routes/rights.ts'

export type DoorOptions = {
  dependencies: Dependencies
  accessTokens: Pick<AccessTokenVerifier, 'verify'>
  /** Proxies whose forwarded headers count; none in direct mode. */
  trusted?: BlockList
  callerLimit: { burst: number; perSecond: number }
}

/** Routes are added behind it. */
export function addDoor(app: Hono<AppEnv>, options: DoorOptions): void {
  const { dependencies, accessTokens } = options
  app.use(requestId(dependencies))
  app.use(securityHeaders())
  app.use(accessLog(dependencies))
  app.use(rememberAddress({ trusted: options.trusted }))
  app.use(limitFailedAuthentication({ addressOf: c => c.var.clientAddress }))
  app.use(checkoutCors(dependencies))
  app.use('/contact/*', pageErrors(contactErrorPage))
  app.use('/rights/*', pageErrors(rightsErrorPage))
  app.use('/rights/*', limitPosts())
  app.use(readBody())
  app.use(oneRegion(dependencies))
  app.use(panFirewall({ onHit: place => dependencies.meter.count('firewall_hits', { place }) }))
  // Before the tokens are looked at: the register is for anybody.
  app.route('/', purposeRoutes())
  app.use(
    '/v1/*',
    authenticate({ accessTokens, sessionTokens: dependencies.sessionTokens, wallNow: dependencies.clock.wall }),
  )
  app.use('/v1/*', tenantExists(dependencies))
  app.use('/v1/*', rateLimit(options.callerLimit))
}
