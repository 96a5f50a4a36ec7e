// Baseline: the same endpoint behind the same door as it is usually written: jose at each request, Stripe's SDK as it comes,
// and awaited statements in Drizzle transactions. It keeps the same promises for what the bench sends: a key is claimed
// once, a card is known by its id and its fingerprint, the payer is locked, the answer is sealed.
import { and, count, desc, eq, gt } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/postgres-js'
import { createRemoteJWKSet, jwtVerify } from 'jose'
import postgres from 'postgres'
import Stripe from 'stripe'
import { connectionTarget, setTenant } from '../../../src/db/client.ts'
import { auditLog } from '../../../src/db/schema/audit.ts'
import { idempotencyKeys } from '../../../src/db/schema/idempotency.ts'
import { consents, payers } from '../../../src/db/schema/payers.ts'
import { tokenizeFailures, tokenSources, tokens } from '../../../src/db/schema/tokens.ts'
import type { Ctx } from '../../../src/domain/context.ts'
import { notFound } from '../../../src/domain/errors.ts'
import { keyHashes, LEASE_MS, sealReply } from '../../../src/domain/idempotency/keys.ts'
import { idempotentRequest } from '../../../src/domain/idempotency/request.ts'
import { newId, newTokenId } from '../../../src/domain/ids.ts'
import { parseInput } from '../../../src/domain/parse-input.ts'
import { openDataKey, type PayerKey } from '../../../src/domain/payers/data-key.ts'
import { CHARGE_PURPOSE } from '../../../src/domain/privacy/register.ts'
import { fingerprintHash } from '../../../src/domain/tokens/choose-token.ts'
import { newTokenRow } from '../../../src/domain/tokens/commit-token.ts'
import { showToken } from '../../../src/domain/tokens/show-token.ts'
import {
  type ConsentGiven,
  serviceOrder,
  serviceTokenInput,
  type TokenOrder,
} from '../../../src/domain/tokens/token-input.ts'
import { bodyOf, ctxOf, jsonReply } from '../../../src/http/context.ts'
import { serveBehindTheDoor } from './behind-the-door.ts'
import { config } from './listen.ts'

const { hostname, port } = new URL(config.STRIPE_API_BASE)
const stripe = new Stripe(config.STRIPE_SECRET_KEY?.reveal() as string, { host: hostname, port, protocol: 'http' })
const { url, ...target } = connectionTarget({ url: config.DATABASE_URL.reveal() })
const db = drizzle(postgres(url, { ...target, max: 10 }))
const jwks = createRemoteJWKSet(new URL(`${config.AUTH_ISSUER}/jwks`))

type Tx = Parameters<Parameters<typeof db.transaction>[0]>[0]

/** What the first transaction has claimed and read. */
async function look(tx: Tx, ctx: Ctx, keyHash: Buffer, requestHash: Buffer, wanted: { payer: string; source: string }) {
  const { tenantId } = ctx
  const { windowSeconds, perPayer } = ctx.settings.cardTesting
  const now = ctx.clock.now()
  await tx.execute(setTenant(tenantId))
  const [claimed] = await tx
    .insert(idempotencyKeys)
    .values({
      tenantId,
      keyHash,
      requestHash,
      status: 'running',
      movesMoney: false,
      leaseUntil: new Date(now.getTime() + LEASE_MS),
      createdAt: now,
    })
    .onConflictDoNothing()
    .returning({ keyHash: idempotencyKeys.keyHash })
  const [payer] = await tx
    .select()
    .from(payers)
    .where(and(eq(payers.tenantId, tenantId), eq(payers.id, wanted.payer)))
  const [known] = await tx
    .select()
    .from(tokenSources)
    .where(and(eq(tokenSources.tenantId, tenantId), eq(tokenSources.stripeId, wanted.source)))
  const [failures] = await tx
    .select({ count: count() })
    .from(tokenizeFailures)
    .where(
      and(
        eq(tokenizeFailures.tenantId, tenantId),
        eq(tokenizeFailures.payerId, wanted.payer),
        gt(tokenizeFailures.failedAt, new Date(now.getTime() - windowSeconds * 1000)),
      ),
    )
  if (!claimed || !payer || known || (failures?.count ?? 0) >= perPayer) throw notFound()
  return payer
}

/** What the second transaction needs. */
type Kept = {
  keyHash: Buffer
  order: TokenOrder
  key: PayerKey
  fingerprint: Buffer | null
  attached: Stripe.PaymentMethod
  card: Stripe.PaymentMethod.Card
}

/** The second transaction: locks the payer, looks for the card again, and writes it with its answer. */
async function keep(tx: Tx, ctx: Ctx, { keyHash, order, key, fingerprint, attached, card }: Kept) {
  const { tenantId } = ctx
  const { payerId } = key
  await tx.execute(setTenant(tenantId))
  await tx
    .select({ status: payers.status })
    .from(payers)
    .where(and(eq(payers.tenantId, tenantId), eq(payers.id, payerId)))
    .for('update')
  const [twin] = await tx
    .select({ id: tokens.id })
    .from(tokens)
    .where(
      and(
        eq(tokens.tenantId, tenantId),
        eq(tokens.payerId, payerId),
        eq(tokens.fingerprintHash, fingerprint as Buffer),
      ),
    )
    .orderBy(desc(tokens.sequence))
    .limit(1)
  if (twin) throw notFound()
  const now = ctx.clock.now()
  const consent = order.consent as ConsentGiven
  const row = newTokenRow(
    {
      id: newTokenId(false),
      payerId,
      paymentMethodId: attached.id,
      card: {
        brand: card.brand,
        last4: card.last4,
        expMonth: card.exp_month,
        expYear: card.exp_year,
        funding: card.funding,
        country: card.country,
      },
      fingerprint,
      usage: 'off_session',
      limits: order.limits,
      consent,
      duplicateOf: null,
      differs: null,
    },
    now,
  )
  await tx.insert(consents).values({
    tenantId,
    id: row.consent_id,
    payerId,
    purpose: CHARGE_PURPOSE,
    textVersion: consent.textVersion,
    acceptedAt: consent.acceptedAt,
    source: 'service',
    createdAt: now,
  })
  await tx.insert(tokens).values({
    tenantId,
    id: row.id,
    payerId,
    status: 'active',
    stripePaymentMethodId: attached.id,
    fingerprintHash: fingerprint,
    brand: row.brand,
    last4: row.last4,
    expMonth: row.exp_month,
    expYear: row.exp_year,
    funding: row.funding,
    country: row.country,
    usage: row.usage,
    consentId: row.consent_id,
    createdAt: now,
    updatedAt: now,
  })
  await tx.insert(tokenSources).values({ tenantId, stripeId: attached.id, tokenId: row.id, payerId, createdAt: now })
  const made = jsonReply(201, showToken(row))
  await tx
    .update(idempotencyKeys)
    .set({
      status: 'done',
      objectId: row.id,
      payerId,
      replyStatus: made.status,
      replySealed: sealReply(ctx, keyHash, made, key),
    })
    .where(and(eq(idempotencyKeys.tenantId, tenantId), eq(idempotencyKeys.keyHash, keyHash)))
  await tx.insert(auditLog).values({
    tenantId,
    id: newId('audit', now),
    at: now,
    actorKind: 'service',
    actorId: 'bench',
    action: 'token.create',
    outcome: 'ok',
    objectType: 'token',
    objectId: row.id,
    payerId,
    requestId: ctx.requestId,
    addressHash: ctx.addressHash,
    details: { consent: row.consent_id, payment_method: attached.id },
    transactionId: '',
    rowHash: Buffer.alloc(0),
  })
  return made
}

await serveBehindTheDoor(
  app =>
    app.post('/v1/tokens', async c => {
      const ctx = ctxOf(c, result => jsonReply(201, result))
      const request = idempotentRequest(ctx)
      if (request === null) throw notFound()
      const order = serviceOrder(ctx, parseInput(serviceTokenInput, bodyOf(c)))
      const { keyHash, requestHash } = keyHashes(ctx, request)
      const wanted = { payer: order.payerId as string, source: order.source.id }
      const payer = await db.transaction(tx => look(tx, ctx, keyHash, requestHash, wanted))
      const read = await stripe.paymentMethods.retrieve(order.source.id)
      const attached = await stripe.paymentMethods.attach(
        read.id,
        { customer: payer.stripeCustomerId ?? 'cus_bench' },
        { idempotencyKey: `attach-${read.id}` },
      )
      const { card } = attached
      if (!card) throw notFound()
      const key = await openDataKey(ctx, { payerId: payer.id, wrapped: payer.wrappedKey, keyVersion: payer.keyVersion })
      const fingerprint = fingerprintHash(ctx, card.fingerprint ?? null)
      const reply = await db.transaction(tx => keep(tx, ctx, { keyHash, order, key, fingerprint, attached, card }))
      return c.body(reply.body, 201, { 'Content-Type': reply.contentType })
    }),
  {
    async verify(token) {
      const { payload } = await jwtVerify(token, jwks, {
        issuer: config.AUTH_ISSUER,
        audience: config.AUTH_AUDIENCE,
        typ: 'at+jwt',
      })
      return {
        tenantId: payload.tenant as string,
        subject: payload.sub as string,
        clientId: payload.client_id as string,
        scopes: new Set((payload.scope as string).split(' ')),
        jti: payload.jti as string,
        expiresAt: new Date((payload.exp as number) * 1000),
      }
    },
  },
)
