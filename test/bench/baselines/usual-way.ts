// Baseline: the same endpoint as it is usually written: jose at each request, awaited statements in a Drizzle transaction.
import { randomUUID } from 'node:crypto'
import { sql } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/postgres-js'
import { Hono } from 'hono'
import { createRemoteJWKSet, jwtVerify } from 'jose'
import postgres from 'postgres'
import Stripe from 'stripe'
import { z } from 'zod'
import { loadConfig } from '../../../src/config.ts'
import { connectionTarget } from '../../../src/db/client.ts'
import { auditLog } from '../../../src/db/schema/audit.ts'
import { idempotencyKeys } from '../../../src/db/schema/idempotency.ts'
import { consents } from '../../../src/db/schema/payers.ts'
import { tokenSources, tokens } from '../../../src/db/schema/tokens.ts'
import { newId, newTokenId } from '../../../src/domain/ids.ts'
import { createTlsListener } from '../../../src/http/tls.ts'

const config = loadConfig(process.env, 'serve')
const base = new URL(config.STRIPE_API_BASE)
const stripe = new Stripe(config.STRIPE_SECRET_KEY?.reveal() as string, {
  host: base.hostname,
  port: base.port,
  protocol: 'http',
})
const { url, ...target } = connectionTarget({ url: config.DATABASE_URL.reveal() })
const db = drizzle(postgres(url, { ...target, max: 10 }))
const jwks = createRemoteJWKSet(new URL(`${config.AUTH_ISSUER}/jwks`))
const bodySchema = z.object({
  payer: z.string(),
  payment_method: z.string(),
  consent: z.object({ text_version: z.string() }),
})

const app = new Hono()
app.get('/healthz', c => c.json({ status: 'alive' }))
app.post('/v1/tokens', async c => {
  const { payload } = await jwtVerify((c.req.header('authorization') ?? '').slice(7), jwks, {
    issuer: config.AUTH_ISSUER,
    audience: config.AUTH_AUDIENCE,
  })
  const body = bodySchema.parse(await c.req.json())
  const tenantId = payload.tenant as string
  const read = await stripe.paymentMethods.retrieve(body.payment_method)
  const attached = await stripe.paymentMethods.attach(
    read.id,
    { customer: 'cus_bench' },
    { idempotencyKey: `attach-${read.id}` },
  )
  const now = new Date()
  const id = newTokenId(false)
  const consentId = newId('consent', now)
  await db.transaction(async tx => {
    await tx.execute(sql.raw(`set local app.tenant = '${tenantId}'`))
    await tx.insert(idempotencyKeys).values({
      tenantId,
      keyHash: Buffer.from(c.req.header('idempotency-key') ?? randomUUID()),
      requestHash: Buffer.from(randomUUID()),
      status: 'done',
      movesMoney: false,
      objectId: id,
      leaseUntil: now,
      createdAt: now,
    })
    await tx.insert(consents).values({
      tenantId,
      id: consentId,
      payerId: body.payer,
      purpose: 'charge_saved_card',
      textVersion: body.consent.text_version,
      acceptedAt: now,
      source: 'service',
      createdAt: now,
    })
    await tx.insert(tokens).values({
      tenantId,
      id,
      payerId: body.payer,
      status: 'active',
      stripePaymentMethodId: attached.id,
      brand: 'visa',
      last4: '4242',
      expMonth: 12,
      expYear: 2031,
      funding: 'credit',
      usage: 'off_session',
      consentId,
      createdAt: now,
      updatedAt: now,
    })
    await tx
      .insert(tokenSources)
      .values({ tenantId, stripeId: read.id, tokenId: id, payerId: body.payer, createdAt: now })
    await tx.insert(auditLog).values({
      tenantId,
      id: newId('audit', now),
      at: now,
      actorKind: 'service',
      actorId: 'bench',
      action: 'token.create',
      outcome: 'ok',
      objectType: 'token',
      objectId: id,
      requestId: randomUUID(),
      details: {},
      transactionId: '',
      rowHash: Buffer.alloc(0),
    })
  })
  return c.json({ id, object: 'token' }, 201)
})

const listener = await createTlsListener({
  certFile: config.TLS_CERT_FILE as string,
  keyFile: config.TLS_KEY_FILE as string,
  fetch: app.fetch as Parameters<typeof createTlsListener>[0]['fetch'],
  onError: () => {},
})
await listener.listen(config.PORT, '127.0.0.1')
process.on('SIGTERM', () => process.exit(0))
