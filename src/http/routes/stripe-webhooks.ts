// Where Stripe delivers events: one address for the default tenant, and one for each tenant.
import { Hono } from 'hono'
import { z } from 'zod'
import { ingestEvent } from '../../domain/stripe-events/ingest-event.ts'
import type { AppContext, AppEnv } from '../context.ts'
import { operation } from '../openapi.ts'

const receivedSchema = z.object({ received: z.literal(true) })

const described = (id: string, summary: string) =>
  operation({
    id,
    tag: 'Stripe webhooks',
    summary,
    description:
      'The Stripe-Signature header is judged over the raw bytes, with every secret of the tenant, and its time may be ' +
      '300 seconds off. The event is stored once and processed afterwards. An unknown tenant and a bad signature get ' +
      'the same answer.',
    scope: null,
    answers: { 200: { description: 'Stored, now or before.', schema: receivedSchema } },
    errors: ['invalid_signature', 'unsupported_media_type', 'malformed_json'],
  })

export function stripeWebhookRoutes() {
  const app = new Hono<AppEnv>()

  app.post('/webhooks/stripe', described('receiveStripeEvent', 'Receive an event for the default tenant'), c =>
    receive(c, c.var.dependencies.settings.defaultTenant),
  )

  app.post('/webhooks/stripe/:tenant', described('receiveStripeEventOfTenant', 'Receive an event for a tenant'), c =>
    receive(c, c.req.param('tenant')),
  )

  return app
}

async function receive(c: AppContext, tenantId: string): Promise<Response> {
  await ingestEvent(c.var.dependencies, {
    tenantId,
    rawBody: c.var.body?.raw ?? Buffer.alloc(0),
    signature: c.req.header('stripe-signature'),
  })
  return c.json({ received: true as const })
}
