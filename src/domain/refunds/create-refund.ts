// Gives money back: reserve under the charge's row lock, send, settle.

import { z } from 'zod'
import type { StripeAccount } from '../../stripe/gateway.ts'
import type { StripeRefund } from '../../stripe/payment-objects.ts'
import { appendAudit } from '../audit/append.ts'
import { type ChargeRow, type LoadedCharge, loadCharge } from '../charges/charge.ts'
import type { Answered } from '../charges/send-attempt.ts'
import { isUndecided } from '../charges/state.ts'
import type { Ctx, Tx } from '../context.ts'
import { errorShape } from '../error-shape.ts'
import { DomainError, invalidState } from '../errors.ts'
import { type KeyHashes, keyHashes, LEASE_MS, openReply } from '../idempotency/keys.ts'
import { claimKey, completeKey, nameKeyObject } from '../idempotency/once.ts'
import { type Answer, idempotentRequest } from '../idempotency/request.ts'
import { newId } from '../ids.ts'
import { amountSchema } from '../money.ts'
import { parseInput } from '../parse-input.ts'
import { dataKeyOf, openDataKey, type PayerKey, sealJson } from '../payers/data-key.ts'
import { isLiving } from '../payers/payer-erased.ts'
import { requirePermission } from '../permissions.ts'
import { stripeKeyOf } from '../stripe-keys.ts'
import { stripeAccountOf } from '../tenants/stripe-account.ts'
import { read } from '../write.ts'
import { nextRefundLookAt, outcomeOfRefund, outcomeOfRefundFailure } from './outcome-of-refund.ts'
import { loadRefund, type RefundRow, type RefundView, reasonPlace, showRefund, viewOfRefund } from './refund.ts'
import { resolveAbandonedRefund } from './resolve-refund.ts'
import { sendRefund, stripeReasonOf } from './send-refund.ts'
import { settleRefund } from './settle-refund.ts'
import { takeInRefunds } from './take-in-refunds.ts'

const REASON_MAX = 500

export const createRefundInput = z.strictObject({
  charge: z.string().min(1).max(64).describe('The charge to refund.'),
  amount: amountSchema.optional().describe('Minor units; all that is left without it.'),
  reason: z.string().trim().min(1).max(REASON_MAX).describe('Sealed.'),
})

type Wish = z.output<typeof createRefundInput>

/** `refusedCode`: Stripe's own word for refusing, when it would not take the refund. */
export type RefundResult = { refund: RefundView; refusedCode: string | null }

/**
 * @throws insufficient_scope, validation_failed, not_found, outcome_unknown, invalid_state, charge_disputed,
 * amount_exceeds_refundable, payer_erased (sent again), stripe_unavailable, idempotency_mismatch, idempotency_in_progress
 */
export async function createRefund(ctx: Ctx, input: unknown): Promise<Answer<RefundResult>> {
  requirePermission(ctx, 'createRefund')
  const request = idempotentRequest(ctx)
  const wish = parseInput(createRefundInput, input)
  const { charge } = await read(ctx, tx => loadCharge(tx, wish.charge))
  const account = await stripeAccountOf(ctx)
  const payer = await payerOf(ctx, charge)
  const hashes = request ? keyHashes(ctx, request) : null
  const reserved = await reserve(ctx, wish, payer, hashes)
  if (reserved.kind === 'replay') {
    return { kind: 'replayed', reply: await openReply(ctx, (hashes as KeyHashes).keyHash, reserved) }
  }
  if (reserved.kind === 'object') {
    await resolveAbandonedRefund(ctx, account, reserved.objectId)
    if (reserved.payerId !== null) await dataKeyOf(ctx, reserved.payerId)
    return finish(ctx, hashes, payer, reserved.objectId, async () => {})
  }
  const { refund } = reserved
  const sent = await sendRefund(
    ctx,
    account,
    charge.stripe_payment_intent_id ?? '',
    refund,
    payer ? stripeReasonOf(wish.reason) : undefined,
  )
  await afterRefusal(ctx, account, charge, sent)
  try {
    return await finish(ctx, hashes, payer, refund.id, tx => settle(tx, ctx, refund, sent))
  } catch (error) {
    return unbooked(ctx, refund, wish.reason, error)
  }
}

/** Money may have moved, so a database that is away now must not make this a failure: the resolver books it. */
function unbooked(ctx: Ctx, refund: RefundRow, reason: string, error: unknown): Answer<RefundResult> {
  ctx.meter.count('alerts', { name: 'reply_not_booked' })
  const fields = { request_id: ctx.requestId, tenant: ctx.tenantId, refund: refund.id, charge: refund.charge_id }
  ctx.log.error({ ...fields, ...errorShape(error) }, "Stripe's reply could not be booked; the resolver will")
  const shown = viewOfRefund({ ...refund, status: 'unknown' }, reason)
  return { kind: 'fresh', result: { refund: shown, refusedCode: null }, reply: null }
}

/** Of a payer who is erased, or about to be, nothing new is kept: not what is said about the refund either. */
async function payerOf(ctx: Ctx, charge: ChargeRow): Promise<PayerKey | null> {
  if (!isLiving(charge.payer_status)) return null
  return openDataKey(ctx, { payerId: charge.payer_id, wrapped: charge.wrapped_key, keyVersion: charge.key_version })
}

type Reserved = { kind: 'reserved'; refund: RefundRow }

function reserve(ctx: Ctx, wish: Wish, payer: PayerKey | null, hashes: KeyHashes | null) {
  return ctx.db.transaction(ctx.tenantId, async tx => {
    if (hashes) {
      const claim = await claimKey(tx, ctx, hashes, true)
      if (claim.kind !== 'claimed') return claim
    }
    const loaded = await loadCharge(tx, wish.charge, true)
    const left = await refundableAmount(tx, ctx, loaded)
    const amount = wish.amount ?? left
    if (amount > left || left <= 0) {
      throw new DomainError('amount_exceeds_refundable', 'More than what was captured, less refunds and lost disputes.')
    }
    const refund = await insertRefund(tx, ctx, loaded.charge, amount, { payer, reason: wish.reason })
    if (hashes) await nameKeyObject(tx, ctx, hashes, refund.id, payer?.payerId ?? null)
    await appendAudit(tx, ctx, {
      action: 'refund.create',
      object: { type: 'refund', id: refund.id },
      payerId: loaded.charge.payer_id,
      details: { charge: loaded.charge.id, amount, currency: loaded.charge.currency },
    })
    const reserved: Reserved = { kind: 'reserved', refund }
    return reserved
  })
}

/**
 * What of a charge may still be refunded, in minor units: captured − lost to disputes − all refunds that are not proved
 * to have failed. The caller holds the charge's row lock. @throws outcome_unknown, invalid_state, charge_disputed
 */
export async function refundableAmount(tx: Tx, ctx: Ctx, { charge }: LoadedCharge): Promise<number> {
  if (isUndecided(charge.status)) {
    throw new DomainError('outcome_unknown', 'Whether the charge took any money is not known yet. Read it until it is.')
  }
  if (charge.status !== 'succeeded') throw invalidState(`A charge that is ${charge.status} cannot be refunded.`)
  if (charge.disputed)
    throw new DomainError('charge_disputed', 'A dispute of the charge is open: it decides about the money.')
  const [row] = await tx.sql<{ refunding: number }[]>`
    select coalesce(sum(amount), 0)::bigint as refunding from refunds
     where tenant_id = ${ctx.tenantId} and charge_id = ${charge.id} and status not in ('failed', 'cancelled')`
  return charge.amount_captured - charge.amount_disputed - (row?.refunding ?? 0)
}

async function insertRefund(
  tx: Tx,
  ctx: Ctx,
  charge: ChargeRow,
  amount: number,
  said: { payer: PayerKey | null; reason: string },
): Promise<RefundRow> {
  const now = ctx.clock.now()
  const id = newId('refund', now)
  const leaseUntil = new Date(ctx.clock.wall().getTime() + LEASE_MS)
  const [row] = await tx.sql<RefundRow[]>`
    insert into refunds (tenant_id, id, charge_id, payer_id, amount, currency, status, reason_sealed,
                         stripe_idempotency_key, created_at, sent_at, updated_at, lease_until, next_look_at)
    values (${ctx.tenantId}, ${id}, ${charge.id}, ${charge.payer_id}, ${amount}, ${charge.currency}, 'sending',
            ${said.payer ? sealJson(ctx, said.payer, reasonPlace(id), said.reason) : null},
            ${stripeKeyOf(ctx, 'refund', id)}, ${now}, ${now}, ${now}, ${leaseUntil},
            ${nextRefundLookAt('sending', 0, now)})
    returning *`
  return row as RefundRow
}

async function settle(tx: Tx, ctx: Ctx, refund: RefundRow, sent: Answered<StripeRefund>): Promise<void> {
  const answered = sent.kind === 'answered'
  await settleRefund(tx, ctx, {
    refundId: refund.id,
    chargeId: refund.charge_id,
    outcome: answered ? outcomeOfRefund(sent.thing) : outcomeOfRefundFailure(sent.failure),
    source: 'reply',
    confirmed: false,
    now: ctx.clock.now(),
    lease: answered ? null : refund.lease_until,
  })
}

/** Books and answers in one transaction; the answer is the refund as it is then. */
async function finish(
  ctx: Ctx,
  hashes: KeyHashes | null,
  payer: PayerKey | null,
  refundId: string,
  book: (tx: Tx) => Promise<void>,
): Promise<Answer<RefundResult>> {
  return ctx.db.transaction(ctx.tenantId, async tx => {
    await book(tx)
    const row = await loadRefund(tx, refundId)
    const refused = row.status === 'failed' && row.stripe_refund_id === null
    const result: RefundResult = {
      refund: await showRefund(ctx, row),
      refusedCode: refused ? (row.failure_code ?? 'failed') : null,
    }
    const reply = idempotentRequest(ctx)?.render(result) ?? null
    if (hashes && reply) await completeKey(tx, ctx, hashes, reply, refundId, payer)
    return { kind: 'fresh', result, reply }
  })
}

/** Stripe refuses when more went back than is known here: refunds made at its dashboard are taken in at once. */
async function afterRefusal(ctx: Ctx, account: StripeAccount, charge: ChargeRow, sent: Answered<StripeRefund>) {
  if (sent.kind === 'failed' && sent.failure.kind === 'invalid_request' && charge.stripe_payment_intent_id) {
    await takeInRefunds(ctx, account, charge.stripe_payment_intent_id).catch(() => {})
  }
}
