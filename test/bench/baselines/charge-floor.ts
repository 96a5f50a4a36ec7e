// Baseline: the same server, whose charge reads its input and makes its one call the way that panless does, and answers. With
// the argument `one-row` it writes a row before the call and changes it after, in batches as panless does, with no key, no
// attempt, no limit, no audit and no second index: the least that any vault must do which loses nothing.
import postgres from 'postgres'
import { createBatcher } from '../../../src/db/batcher.ts'
import { connectionTarget } from '../../../src/db/client.ts'
import { createChargeInput } from '../../../src/domain/charges/create-charge.ts'
import { newId } from '../../../src/domain/ids.ts'
import { parseInput } from '../../../src/domain/parse-input.ts'
import { bodyOf, ctxOf, jsonReply } from '../../../src/http/context.ts'
import { serveBehindTheDoor } from './behind-the-door.ts'
import { config } from './listen.ts'

const ONE_IN_FLIGHT = { inFlightMax: 1 }

type Row = { id: string; charge: unknown }
type Writes = Record<'reserve' | 'settle', (tenantId: string, row: Row) => Promise<unknown>>

function oneRow(): Writes {
  const { url, ...target } = connectionTarget({ url: config.DATABASE_URL.reveal() })
  const sql = postgres(url, { ...target, max: config.DATABASE_POOL_MAX })
  return {
    reserve: createBatcher(
      async (_, rows) => [
        ...(await sql`
        insert into bench_floor select r ->> 'id', 'sending', r -> 'charge'
          from jsonb_array_elements(${JSON.stringify(rows)}::text::jsonb) r returning id`),
      ],
      ONE_IN_FLIGHT,
    ),
    settle: createBatcher(
      async (_, rows) => [
        ...(await sql`
        update bench_floor f set status = 'succeeded', charge = r -> 'charge'
          from jsonb_array_elements(${JSON.stringify(rows)}::text::jsonb) r where f.id = r ->> 'id' returning f.id`),
      ],
      ONE_IN_FLIGHT,
    ),
  }
}

const none: Writes = { reserve: async () => {}, settle: async () => {} }

await serveBehindTheDoor((app, dependencies) => {
  const account = dependencies.stripe.forAccount(config.STRIPE_SECRET_KEY?.reveal() as string)
  const writes = process.argv[2] === 'one-row' ? oneRow() : none
  app.post('/v1/charges', async c => {
    const ctx = ctxOf(c, result => jsonReply(201, result))
    const { token, amount, currency } = parseInput(createChargeInput, bodyOf(c))
    const id = newId('charge', ctx.clock.now())
    await writes.reserve(ctx.tenantId, { id, charge: { token, amount, currency } })
    const { id: intent, status } = await account.createPaymentIntent(
      {
        customer: 'cus_bench',
        paymentMethod: 'pm_bench',
        amount,
        currency,
        offSession: true,
        captureMethod: 'automatic_async',
        metadata: { panless_attempt: id, panless_charge: id, panless_tenant: ctx.tenantId },
      },
      `floor-${id}`,
    )
    const charge = { id, object: 'charge', status, amount, currency, token, payment_intent: intent }
    await writes.settle(ctx.tenantId, { id, charge })
    return c.json(charge, 201)
  })
})
