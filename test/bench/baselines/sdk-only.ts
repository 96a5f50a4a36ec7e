// Baseline: the same server, whose tokenize reads its input, makes its two calls with Stripe's SDK, and asks no database.
import { Agent } from 'node:http'
import Stripe from 'stripe'
import { parseInput } from '../../../src/domain/parse-input.ts'
import { serviceOrder, serviceTokenInput } from '../../../src/domain/tokens/token-input.ts'
import { bodyOf, ctxOf, jsonReply } from '../../../src/http/context.ts'
import { config, serveBehindTheDoor } from './behind-the-door.ts'

const { hostname, port } = new URL(config.STRIPE_API_BASE)
const stripe = new Stripe(config.STRIPE_SECRET_KEY?.reveal() as string, {
  host: hostname,
  port,
  protocol: 'http',
  telemetry: false,
  maxNetworkRetries: 0,
  httpAgent: new Agent({ keepAlive: true }),
})

await serveBehindTheDoor(app =>
  app.post('/v1/tokens', async c => {
    const ctx = ctxOf(c, result => jsonReply(201, result))
    const { source } = serviceOrder(ctx, parseInput(serviceTokenInput, bodyOf(c)))
    const { id } = await stripe.paymentMethods.retrieve(source.id)
    await stripe.paymentMethods.attach(id, { customer: 'cus_bench' }, { idempotencyKey: `attach-${id}` })
    return c.json({ id, object: 'token' }, 201)
  }),
)
