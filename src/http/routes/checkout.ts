// Checkout sessions: what a merchant's server opens so that a payer's browser can save one card.
import { Hono } from 'hono'
import { type NewSessionView, newSessionSchema, sessionSchema } from '../../domain/checkout/checkout-session.ts'
import { createCheckoutSession, createCheckoutSessionInput } from '../../domain/checkout/create-checkout-session.ts'
import { getCheckoutSession } from '../../domain/checkout/get-checkout-session.ts'
import type { Dependencies } from '../../domain/context.ts'
import { type AppEnv, bodyOf, ctxOf, jsonReply, respond } from '../context.ts'
import { operation } from '../openapi.ts'

const opened = (session: NewSessionView) => jsonReply(201, session)

export function checkoutRoutes(_options: { dependencies: Dependencies; stripeJsUrl: string }) {
  const app = new Hono<AppEnv>()

  app.post(
    '/v1/checkout-sessions',
    operation({
      id: 'createCheckoutSession',
      tag: 'Checkout',
      summary: 'Open a checkout session',
      description:
        'Makes a SetupIntent for the payer. Give the client secret and the session token to the page of this payer and to nobody else; the session ends after 15 minutes, one saved card, or five failed tries.',
      scope: 'checkout:create',
      idempotent: true,
      body: createCheckoutSessionInput,
      answers: { 201: { description: 'The session, with its secrets.', schema: newSessionSchema } },
      errors: ['not_found', 'payer_erased', 'invalid_state', 'stripe_unavailable'],
    }),
    async c => respond(c, await createCheckoutSession(ctxOf(c, opened), bodyOf(c)), opened),
  )

  app.get(
    '/v1/checkout-sessions/:id',
    operation({
      id: 'getCheckoutSession',
      tag: 'Checkout',
      summary: 'Read a checkout session',
      description: 'With a session token, only its own session. Secrets are never shown again.',
      scope: 'checkout:create',
      session: true,
      answers: { 200: { description: 'The session.', schema: sessionSchema } },
      errors: ['not_found', 'payer_erased', 'origin_not_allowed'],
    }),
    async c => c.json(await getCheckoutSession(ctxOf(c), c.req.param('id'))),
  )

  return app
}
