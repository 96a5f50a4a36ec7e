// The contents page of the HTTP door: middleware in the order of api.md's refusals, then the routes.

import type { BlockList } from 'node:net'
import { Hono } from 'hono'
import { accessPackagePage } from '../checkout/access-package-page.ts'
import type { Config } from '../config.ts'
import { answerConsoleError, createConsole, isConsolePath } from '../console/app.ts'
import type { Dependencies } from '../domain/context.ts'
import type { SignIn } from '../outbound/sign-in.ts'
import { readAsset } from './assets.ts'
import type { AccessTokenVerifier } from './authentication/access-token-verifier.ts'
import { type AppEnv, ctxFor, ctxOf } from './context.ts'
import { formOf } from './form-body.ts'
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
import { problemOf } from './problem.ts'
import { answerError, answerUnknownRoute, noteRefusal } from './refusals.ts'
import { auditRoutes } from './routes/audit.ts'
import { chargeRoutes } from './routes/charges.ts'
import { checkoutRoutes } from './routes/checkout.ts'
import { checkoutModuleRoutes } from './routes/checkout-module.ts'
import { contactErrorPage, contactRoutes } from './routes/contact.ts'
import { disclosureRoutes } from './routes/disclosures.ts'
import { documentRoutes } from './routes/documents.ts'
import { erasureRoutes } from './routes/erasures.ts'
import { healthRoutes } from './routes/health.ts'
import { inquiryRoutes } from './routes/inquiries.ts'
import { pageFileRoutes } from './routes/page-files.ts'
import { payRoutes } from './routes/pay.ts'
import { payerRoutes } from './routes/payers.ts'
import { privacyPageRoutes } from './routes/privacy-page.ts'
import { privacyRequestRoutes } from './routes/privacy-requests.ts'
import { purposeRoutes } from './routes/purposes.ts'
import { reconciliationRoutes } from './routes/reconciliation.ts'
import { refundRoutes } from './routes/refunds.ts'
import { rightsErrorPage, rightsRoutes } from './routes/rights.ts'
import { rightsFormRoutes } from './routes/rights-form.ts'
import { stripeWebhookRoutes } from './routes/stripe-webhooks.ts'
import { tokenRoutes } from './routes/tokens.ts'
import { createTokenBuckets } from './token-buckets.ts'

export type AppOptions = {
  dependencies: Dependencies
  accessTokens: AccessTokenVerifier
  /** Proxies whose forwarded headers count; none in direct mode. */
  trusted?: BlockList
  callerLimit: { burst: number; perSecond: number }
  stripeJsUrl: string
  version: string
  /** How people sign in at the console; without it the console is off. */
  signIn?: SignIn | undefined
  claims?: Pick<Config, 'AUTH_TENANT_CLAIM' | 'AUTH_ROLES_CLAIM'>
}

export function createApp(options: AppOptions) {
  const { dependencies, accessTokens } = options
  const app = new Hono<AppEnv>()

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

  app.route('/', payerRoutes())
  app.route('/', checkoutRoutes(options))
  app.route('/', checkoutModuleRoutes())
  app.route('/', pageFileRoutes())
  app.route('/', privacyPageRoutes())
  app.route('/', payRoutes(options))
  app.route('/', contactRoutes())
  app.route('/', tokenRoutes())
  app.route('/', chargeRoutes())
  app.route('/', refundRoutes())
  app.route('/', reconciliationRoutes())
  app.route('/', erasureRoutes())
  app.route('/', disclosureRoutes())
  app.route('/', inquiryRoutes())
  app.route('/', privacyRequestRoutes())
  // Before the pages of links, whose path a tenant's form would match too.
  app.route('/', rightsFormRoutes())
  app.route('/', rightsRoutes())
  app.route('/', auditRoutes())
  app.route('/', stripeWebhookRoutes())
  app.route('/', healthRoutes(options))
  app.route('/', documentRoutes(app, options.version))
  const console = consoleOf(options)
  app.route('/', console.app)

  app.notFound(c => answerUnknownRoute(app, c))
  app.onError((error, c) =>
    isConsolePath(c.req.path) ? answerConsoleError(console.door, error, c) : answerError(error, c),
  )
  return app
}

/** What the console needs of this door. */
function consoleOf({ dependencies, signIn, claims }: AppOptions) {
  return createConsole({
    dependencies,
    signIn: signIn ?? null,
    claims: claims ?? { AUTH_TENANT_CLAIM: 'tenant', AUTH_ROLES_CLAIM: 'roles' },
    readAsset: name => readAsset(name).body,
    ctxOf: c => ctxOf(c),
    ctxOfNobody: (c, tenantId) => ctxFor(c, { kind: 'person', reference: 'sign-in' }, tenantId),
    formOf: c => formOf(c),
    accessPackagePage,
    noteRefusal: (error, c) => noteRefusal(error, c),
    problemOf,
    limiter: limit => createTokenBuckets(limit).take,
  })
}
