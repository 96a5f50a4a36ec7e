// The contents page of the HTTP door: what every request passes (door.ts), then the routes.
import { Hono } from 'hono'
import { accessPackagePage } from '../checkout/access-package-page.ts'
import type { Config } from '../config.ts'
import { answerConsoleError, createConsole, isConsolePath } from '../console/app.ts'
import type { SignIn } from '../outbound/sign-in.ts'
import { readAsset } from './assets.ts'
import type { AccessTokenVerifier } from './authentication/access-token-verifier.ts'
import { type AppEnv, ctxFor, ctxOf } from './context.ts'
import { addDoor, type DoorOptions } from './door.ts'
import { formOf } from './form-body.ts'
import { problemOf } from './problem.ts'
import { answerError, answerUnknownRoute, noteRefusal } from './refusals.ts'
import { auditRoutes } from './routes/audit.ts'
import { chargeRoutes } from './routes/charges.ts'
import { checkoutRoutes } from './routes/checkout.ts'
import { checkoutModuleRoutes } from './routes/checkout-module.ts'
import { contactRoutes } from './routes/contact.ts'
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
import { reconciliationRoutes } from './routes/reconciliation.ts'
import { refundRoutes } from './routes/refunds.ts'
import { rightsRoutes } from './routes/rights.ts'
import { rightsFormRoutes } from './routes/rights-form.ts'
import { stripeWebhookRoutes } from './routes/stripe-webhooks.ts'
import { tokenRoutes } from './routes/tokens.ts'
import { createTokenBuckets } from './token-buckets.ts'

export type AppOptions = DoorOptions & {
  accessTokens: AccessTokenVerifier
  stripeJsUrl: string
  version: string
  /** How people sign in at the console; without it the console is off. */
  signIn?: SignIn | undefined
  claims?: Pick<Config, 'AUTH_TENANT_CLAIM' | 'AUTH_ROLES_CLAIM'>
}

export function createApp(options: AppOptions) {
  const app = new Hono<AppEnv>()

  addDoor(app, options)

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
