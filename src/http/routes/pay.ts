// The payer's page behind next_action.url. The link itself is the proof: signed, for one charge, good for 72 hours.
import { Hono } from 'hono'
import { z } from 'zod'
import { deadLinkPage, payPage } from '../../checkout/pay-page.ts'
import { type ActionLink, PAY_PATH, readActionLink } from '../../domain/charges/action-link.ts'
import {
  authenticationInput,
  beginAuthentication,
  finishAuthentication,
  showPayment,
} from '../../domain/charges/authenticate-charge.ts'
import { DomainError, notFound } from '../../domain/errors.ts'
import { type AppContext, type AppEnv, bodyOf, ctxFor } from '../context.ts'
import { operation } from '../openapi.ts'
import { pageLanguage } from '../page-language.ts'
import { payPagePolicy, setPageHeaders } from '../page-policies.ts'

const stateSchema = z.enum(['open', 'working', 'paid', 'over'])
const REFUSALS = [
  'not_found',
  'stripe_unavailable',
  'token_frozen',
  'consent_withdrawn',
  'limit_exceeded',
  'token_detached',
  'payer_erased',
  'invalid_state',
  'charging_paused',
] as const

export function payRoutes({ stripeJsUrl }: { stripeJsUrl: string }) {
  const app = new Hono<AppEnv>()
  const policy = payPagePolicy(stripeJsUrl)

  app.get(
    `${PAY_PATH}/:link`,
    operation({
      id: 'getPayPage',
      tag: 'Checkout',
      summary: 'The page where a payer authenticates one charge',
      scope: null,
      answers: {
        200: { description: 'The page.', mediaType: 'text/html' },
        404: { description: 'The link is not one of ours.', mediaType: 'text/html' },
        410: { description: 'The payer has been erased.', mediaType: 'text/html' },
      },
    }),
    async c => {
      const language = pageLanguage(c)
      setPageHeaders(c, policy)
      const link = await readActionLink(c.var.dependencies.keyring, c.req.param('link'))
      if (!link || !(await c.var.dependencies.tenants.find(link.tenantId))) return c.html(deadLinkPage(language), 404)
      const payment = await showPayment(payerCtx(c, link), link.chargeId).catch(noneOfErased)
      if (payment === null) return c.html(deadLinkPage(language), 410)
      return c.html(payPage({ payment, language, stripeJsUrl }))
    },
  )

  app.post(
    `${PAY_PATH}/:link/begin`,
    operation({
      id: 'beginAuthentication',
      tag: 'Checkout',
      summary: 'Confirm the charge of a link with its payer present',
      scope: null,
      body: authenticationInput,
      answers: {
        200: {
          description: 'What Stripe.js needs, or how it ended.',
          schema: z.object({
            state: stateSchema,
            client_secret: z.string().nullable(),
            publishable_key: z.string().nullable(),
          }),
        },
      },
      errors: REFUSALS,
    }),
    async c => {
      const link = await requireLink(c)
      const { state, clientSecret, publishableKey } = await beginAuthentication(
        payerCtx(c, link),
        link.chargeId,
        bodyOf(c),
      )
      return c.json({ state, client_secret: clientSecret, publishable_key: publishableKey })
    },
  )

  app.post(
    `${PAY_PATH}/:link/finish`,
    operation({
      id: 'finishAuthentication',
      tag: 'Checkout',
      summary: 'Read again from Stripe how the charge of a link ended',
      scope: null,
      body: authenticationInput,
      answers: { 200: { description: 'How it ended.', schema: z.object({ state: stateSchema }) } },
      errors: REFUSALS,
    }),
    async c => {
      const link = await requireLink(c)
      return c.json(await finishAuthentication(payerCtx(c, link), link.chargeId, bodyOf(c)))
    },
  )

  return app
}

function noneOfErased(error: unknown): null {
  if (error instanceof DomainError && error.code === 'payer_erased') return null
  throw error
}

async function requireLink(c: AppContext): Promise<ActionLink> {
  const link = await readActionLink(c.var.dependencies.keyring, c.req.param('link') ?? '')
  if (!link) throw notFound()
  if (link.expiresAt <= c.var.dependencies.clock.now())
    throw new DomainError('invalid_state', 'The link is no longer valid.')
  return link
}

const payerCtx = (c: AppContext, link: ActionLink) =>
  ctxFor(c, { kind: 'payer', chargeId: link.chargeId }, link.tenantId)
