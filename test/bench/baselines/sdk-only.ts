// Baseline: the same server, whose tokenize reads its input, makes its two calls with Stripe's SDK, and asks no database.
// With the argument `own` the calls go panless's own, faster way.
import { Agent } from 'node:http'
import Stripe from 'stripe'
import { parseInput } from '../../../src/domain/parse-input.ts'
import { serviceOrder, serviceTokenInput } from '../../../src/domain/tokens/token-input.ts'
import { bodyOf, ctxOf, jsonReply } from '../../../src/http/context.ts'
import { serveBehindTheDoor } from './behind-the-door.ts'
import { config } from './listen.ts'

const { hostname, port } = new URL(config.STRIPE_API_BASE)
const stripe = new Stripe(config.STRIPE_SECRET_KEY?.reveal() as string, {
  host: hostname,
  port,
  protocol: 'http',
  telemetry: false,
  maxNetworkRetries: 0,
  httpAgent: new Agent({ keepAlive: true }),
})

type Calls = { retrieve(id: string): Promise<{ id: string }>; attach(id: string): Promise<unknown> }

const sdk: Calls = {
  retrieve: id => stripe.paymentMethods.retrieve(id),
  attach: id => stripe.paymentMethods.attach(id, { customer: 'cus_bench' }, { idempotencyKey: `attach-${id}` }),
}

await serveBehindTheDoor((app, dependencies) => {
  const account = dependencies.stripe.forAccount(config.STRIPE_SECRET_KEY?.reveal() as string)
  const own: Calls = {
    retrieve: id => account.retrievePaymentMethod(id),
    attach: id => account.attachPaymentMethod(id, 'cus_bench', `attach-${id}`),
  }
  const calls = process.argv[2] === 'own' ? own : sdk
  app.post('/v1/tokens', async c => {
    const ctx = ctxOf(c, result => jsonReply(201, result))
    const { source } = serviceOrder(ctx, parseInput(serviceTokenInput, bodyOf(c)))
    const { id } = await calls.retrieve(source.id)
    await calls.attach(id)
    return c.json({ id, object: 'token' }, 201)
  })
})
