// What capturing and cancelling share: claim and reserve, send, book, answer.

import { appendAudit } from '../audit/append.ts'
import type { Ctx } from '../context.ts'
import { errorShape } from '../error-shape.ts'
import { type KeyHashes, keyHashes, openReply } from '../idempotency/keys.ts'
import { claimKey, completeKey, nameKeyObject } from '../idempotency/once.ts'
import { type Answer, idempotentRequest } from '../idempotency/request.ts'
import { dataKeyOf } from '../payers/data-key.ts'
import { isLiving } from '../payers/payer-erased.ts'
import { stripeAccountOf } from '../tenants/stripe-account.ts'
import { read } from '../write.ts'
import { payerKeyOf } from './answer-again.ts'
import { type ChargeRow, type ChargeView, type LoadedCharge, loadCharge, showCharge } from './charge.ts'
import { type Move, requireMovable, reserveMove, sendMove } from './charge-moves.ts'
import { resolveAbandoned } from './resolve-abandoned.ts'
import type { ChargeStatus } from './state.ts'

/** `refused`: Stripe would not do it, and the charge says how it stands; `open`: nobody knows yet. */
export type MovedCharge = { charge: ChargeView; moved: 'done' | 'open' | 'refused' | 'declined' }

export type MoveWish = {
  kind: 'capture' | 'cancel'
  from: readonly ChargeStatus[]
  /** As in "cannot be captured". */
  participle: string
  /** Minor units; throws when the charge cannot give that much. */
  amountOf(charge: ChargeRow): number
}

/** @throws idempotency_mismatch, idempotency_in_progress, outcome_unknown, invalid_state, not_found, stripe_unavailable */
export async function moveCharge(ctx: Ctx, chargeId: string, wish: MoveWish): Promise<Answer<MovedCharge>> {
  const request = idempotentRequest(ctx)
  const account = await stripeAccountOf(ctx)
  const hashes = request ? keyHashes(ctx, request) : null
  const reserved = await reserve(ctx, chargeId, wish, hashes)
  if (reserved.kind === 'replay') {
    return { kind: 'replayed', reply: await openReply(ctx, (hashes as KeyHashes).keyHash, reserved) }
  }
  if (reserved.kind === 'object') {
    await resolveAbandoned(ctx, chargeId)
    if (reserved.payerId !== null) await dataKeyOf(ctx, reserved.payerId)
    return answer(ctx, hashes, await read(ctx, tx => loadCharge(tx, chargeId)), wish.kind)
  }
  const { loaded, move } = reserved
  try {
    return await answer(ctx, hashes, await sendMove(ctx, account, loaded.charge, move), wish.kind, move)
  } catch (error) {
    return unbooked(ctx, loaded, move, error)
  }
}

/** Money may have moved, so a database that is away now must not make this a failure: the resolver books it. */
async function unbooked(ctx: Ctx, loaded: LoadedCharge, move: Move, error: unknown): Promise<Answer<MovedCharge>> {
  ctx.meter.count('alerts', { name: 'reply_not_booked' })
  const fields = { request_id: ctx.requestId, tenant: ctx.tenantId, charge: loaded.charge.id, attempt: move.id }
  ctx.log.error({ ...fields, ...errorShape(error) }, "Stripe's reply could not be booked; the resolver will")
  return { kind: 'fresh', result: { charge: await showCharge(ctx, loaded), moved: 'open' }, reply: null }
}

type Reserved = { kind: 'reserved'; loaded: LoadedCharge; move: Move }

function reserve(ctx: Ctx, chargeId: string, wish: MoveWish, hashes: KeyHashes | null) {
  return ctx.db.transaction(ctx.tenantId, async tx => {
    if (hashes) {
      const claim = await claimKey(tx, ctx, hashes, true)
      if (claim.kind !== 'claimed') return claim
    }
    const loaded = await loadCharge(tx, chargeId, true)
    requireMovable(loaded, wish.from, wish.participle)
    const { charge } = loaded
    const move = await reserveMove(tx, ctx, charge, { kind: wish.kind, amount: wish.amountOf(charge) })
    if (hashes) await nameKeyObject(tx, ctx, hashes, chargeId, isLiving(charge.payer_status) ? charge.payer_id : null)
    await appendAudit(tx, ctx, {
      action: `charge.${wish.kind}`,
      object: { type: 'charge', id: chargeId },
      payerId: charge.payer_id,
      details: { attempt: move.id, amount: move.amount },
    })
    const reserved: Reserved = { kind: 'reserved', loaded, move }
    return reserved
  })
}

async function answer(
  ctx: Ctx,
  hashes: KeyHashes | null,
  loaded: LoadedCharge,
  kind: MoveWish['kind'],
  move?: Move,
): Promise<Answer<MovedCharge>> {
  const attempt = loaded.attempts.findLast(one => (move ? one.id === move.id : one.kind === kind))
  const result: MovedCharge = { charge: await showCharge(ctx, loaded), moved: movedOf(attempt?.status) }
  const reply = idempotentRequest(ctx)?.render(result) ?? null
  if (hashes && reply) {
    const payer = await payerKeyOf(ctx, loaded)
    await read(ctx, tx => completeKey(tx, ctx, hashes, reply, loaded.charge.id, payer))
  }
  return { kind: 'fresh', result, reply }
}

function movedOf(status: string | undefined): MovedCharge['moved'] {
  switch (status) {
    case 'succeeded':
      return 'done'
    case 'errored':
    case 'cancelled':
    case 'expired':
      return 'refused'
    case 'declined':
      return 'declined'
    default:
      return 'open'
  }
}
