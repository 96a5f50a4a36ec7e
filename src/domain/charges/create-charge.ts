// Charges a token: reserve, send, settle. What is reserved is committed before anything is sent, so that a crash at
// any point leaves a row that the event or the resolver finishes.
import { z } from 'zod'
import type { StripeAccount } from '../../stripe/gateway.ts'
import { auditRow } from '../audit/entry.ts'
import type { Ctx } from '../context.ts'
import { type KeyHashes, keyHashes, LEASE_MS } from '../idempotency/keys.ts'
import { readClaim } from '../idempotency/once.ts'
import { type Answer, idempotentRequest } from '../idempotency/request.ts'
import { newId } from '../ids.ts'
import { amountSchema, currencySchema } from '../money.ts'
import { metadataSchema, parseInput } from '../parse-input.ts'
import { sealJson } from '../payers/data-key.ts'
import { requirePermission } from '../permissions.ts'
import { requireFieldsCoveredLately } from '../privacy/require-fields-covered.ts'
import { stripeAccountOf } from '../tenants/stripe-account.ts'
import { answerAgain } from './answer-again.ts'
import { bookReply, type ReservedCharge } from './book-reply.ts'
import { type ChargeDetails, type ChargeView, detailsPlace } from './charge.ts'
import { refusalOf } from './charge-refusals.ts'
import { chargeWritesOf, hex, type Reserved } from './charge-writes.ts'
import { type ChargingToken, chargingToken } from './charging-token.ts'
import { nextLookAt } from './look-ladder.ts'
import { outcomeOfFailure, outcomeOfIntent } from './outcome-of-stripe.ts'
import { referenceHash } from './reference-hash.ts'
import { sendPayment } from './send-attempt.ts'
import { attemptKey } from './settle-charge.ts'

const TOKEN_ID_MAX = 64

export const createChargeInput = z.strictObject({
  token: z.string().min(1).max(TOKEN_ID_MAX).describe('The vault token to charge.'),
  amount: amountSchema,
  currency: currencySchema,
  reference: z
    .string()
    .min(1)
    .max(128)
    .describe('Your own id of this payment, unique for ever, whatever becomes of the charge.'),
  description: z.string().max(500).optional(),
  billing_job: z.string().min(1).max(64).optional().describe('The job that charges; a token may be limited to one.'),
  capture: z.enum(['automatic', 'manual']).default('automatic'),
  metadata: metadataSchema.optional(),
})

export type ChargeWish = z.output<typeof createChargeInput>

/**
 * Amounts in minor units. The answer's `status` says what became of the money; `unknown` is never a failure.
 * @throws insufficient_scope, validation_failed, field_without_purpose, not_found, reference_in_use, token_frozen, token_detached,
 * payer_erased, consent_withdrawn, off_session_not_allowed, limit_exceeded, invalid_state, rate_limited,
 * charging_paused, stripe_unavailable, idempotency_mismatch, idempotency_in_progress
 */
export async function createCharge(ctx: Ctx, input: unknown): Promise<Answer<ChargeView>> {
  requirePermission(ctx, 'createCharge')
  const request = idempotentRequest(ctx)
  const wish = parseInput(createChargeInput, input)
  await requireFieldsCoveredLately(ctx, {
    ...(wish.description === undefined ? {} : { 'charge.description': '/description' }),
    ...(wish.metadata === undefined ? {} : { 'charge.metadata': '/metadata' }),
  })
  const token = await chargingToken(ctx, wish.token)
  const account = await stripeAccountOf(ctx)
  const hashes = request ? keyHashes(ctx, request) : null
  const reserved = await reserve(ctx, wish, token, hashes)
  if (!('charge' in reserved)) return answerAgain(ctx, hashes as KeyHashes, reserved)
  return bookReply(ctx, reserved, hashes, await send(ctx, account, reserved))
}

/** The first transaction. Gives the claim back when the key was used before. */
async function reserve(ctx: Ctx, wish: ChargeWish, token: ChargingToken, hashes: KeyHashes | null) {
  const at = ctx.clock.now()
  const wall = ctx.clock.wall()
  const leaseUntil = new Date(wall.getTime() + LEASE_MS)
  const chargeId = newId('charge', at)
  const attemptId = newId('attempt', at)
  const { reference, description = null, metadata = {} } = wish
  const details: ChargeDetails = { reference, description, metadata }
  const stripeKey = attemptKey(ctx, 'charge', attemptId)
  const row = await chargeWritesOf(ctx.db).reserve(ctx.tenantId, {
    at,
    wall,
    lease_until: leaseUntil,
    look_at: nextLookAt('sending', 0, at) as Date,
    key_hash: hashes ? hex(hashes.keyHash) : null,
    request_hash: hashes ? hex(hashes.requestHash) : null,
    charge_id: chargeId,
    attempt_id: attemptId,
    stripe_key: stripeKey,
    token_id: token.tokenId,
    payer_id: token.payer.payerId,
    amount: wish.amount,
    currency: wish.currency,
    reference_hash: hex(referenceHash(ctx, reference)),
    details_sealed: hex(sealJson(ctx, token.payer, detailsPlace(chargeId), details)),
    billing_job: wish.billing_job ?? null,
    capture_method: wish.capture,
    // The payer is never there when a service charges.
    on_session: false,
    audit: auditRow(ctx, {
      action: 'charge.create',
      object: { type: 'charge', id: chargeId },
      payerId: token.payer.payerId,
      details: { attempt: attemptId, token: token.tokenId, amount: wish.amount, currency: wish.currency },
    }),
  })
  if (row.r_outcome === 'reserved') {
    return reservedCharge(wish, token, row, { at, leaseUntil, chargeId, attemptId, stripeKey, details })
  }
  if (!CLAIMS.has(row.r_outcome)) throw refusalOf(row.r_outcome)
  return readClaim({
    outcome: row.r_outcome,
    reply_status: row.r_reply_status,
    reply_sealed: row.r_reply_sealed,
    object: row.r_object,
    payer: row.r_payer,
  })
}

/** What panless_claim_key says when a key was used before. */
const CLAIMS = new Set(['replay', 'mismatch', 'running', 'taken_over', 'forgotten'])

type Made = {
  at: Date
  leaseUntil: Date
  chargeId: string
  attemptId: string
  stripeKey: string
  details: ChargeDetails
}

function reservedCharge(wish: ChargeWish, token: ChargingToken, row: Reserved, made: Made): ReservedCharge {
  return {
    payer: token.payer,
    details: made.details,
    leaseUntil: made.leaseUntil,
    charge: {
      id: made.chargeId,
      payer_id: token.payer.payerId,
      token_id: token.tokenId,
      status: 'sending',
      amount: wish.amount,
      amount_captured: 0,
      amount_refunded: 0,
      amount_disputed: 0,
      currency: wish.currency,
      capture_method: wish.capture,
      billing_job: wish.billing_job ?? null,
      failure_code: null,
      decline_code: null,
      advice_code: null,
      retry: null,
      retry_after: null,
      disputed: false,
      stripe_payment_intent_id: null,
      stripe_charge_id: null,
      authenticate_by: null,
      created_at: made.at,
      settled_at: null,
      stripe_customer_id: row.r_customer,
      stripe_payment_method_id: row.r_payment_method as string,
      brand: token.brand,
    },
    attempt: { id: made.attemptId, stripeKey: made.stripeKey },
  }
}

async function send(ctx: Ctx, account: StripeAccount, { charge, attempt }: ReservedCharge) {
  const sent = await sendPayment(ctx, account, {
    chargeId: charge.id,
    attemptId: attempt.id,
    stripeKey: attempt.stripeKey,
    amount: charge.amount,
    currency: charge.currency,
    captureMethod: charge.capture_method,
    customer: charge.stripe_customer_id ?? '',
    paymentMethod: charge.stripe_payment_method_id,
  })
  const context = { now: ctx.clock.now(), brand: charge.brand, authenticateBy: null }
  return sent.kind === 'answered' ? outcomeOfIntent(sent.thing, context) : outcomeOfFailure(sent.failure, context)
}
