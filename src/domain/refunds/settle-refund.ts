// The one function that books what became of a refund, called by the reply, the event and the look, always under the
// row lock of its charge.
import { appendAudit } from '../audit/append.ts'
import type { Ctx, Tx } from '../context.ts'
import { recordException } from '../reconciliation/record-exception.ts'
import { nextRefundLookAt, type RefundOutcome } from './outcome-of-refund.ts'
import type { RefundRow } from './refund.ts'
import { mayRefundMove } from './state.ts'

export type ToldRefund = {
  refundId: string
  chargeId: string
  outcome: RefundOutcome
  source: 'reply' | 'event' | 'look'
  /** Whether an event or a read of Stripe says so. */
  confirmed: boolean
  now: Date
  nextLookAt?: Date | null
  looks?: number
  missingSince?: Date | null
  /** The teller's own lease: without it any more, what it has to say no longer counts. */
  lease?: Date | null
}

export type SettledRefund = { result: 'settled' | 'confirmed' | 'superseded' | 'contradiction'; refund: RefundRow }

/** Idempotent. Joins the caller's transaction. */
export async function settleRefund(tx: Tx, ctx: Ctx, told: ToldRefund): Promise<SettledRefund> {
  await tx.sql`select 1 from charges where tenant_id = ${ctx.tenantId} and id = ${told.chargeId} for no key update`
  const held = only(
    await tx.sql<RefundRow[]>`
      select * from refunds where tenant_id = ${ctx.tenantId} and id = ${told.refundId} for no key update`,
  )
  const result = judge(held, told)
  if (result === 'superseded') return { result, refund: held }
  if (result === 'contradiction') {
    await recordRefundMismatch(tx, ctx, held, told)
    return { result, refund: held }
  }
  const { outcome, now } = told
  const moved = held.status !== outcome.status
  const rows = await tx.sql<RefundRow[]>`
    update refunds
       set status = ${outcome.status},
           failure_code = ${outcome.failureCode},
           stripe_refund_id = coalesce(stripe_refund_id, ${outcome.stripeRefund}),
           settled_at = ${settledAt(held, told)},
           lease_until = null,
           next_look_at = ${told.nextLookAt === undefined ? stepFor(held, outcome, now) : told.nextLookAt},
           looks = ${told.looks ?? (moved ? 0 : held.looks)},
           missing_since = ${told.missingSince ?? null},
           updated_at = ${now}
     where tenant_id = ${ctx.tenantId} and id = ${held.id}
    returning *`
  const refund = only(rows)
  if (!moved) return { result: 'confirmed', refund }
  await sumRefunds(tx, ctx, held.charge_id)
  await appendAudit(tx, ctx, {
    action: 'refund.settle',
    object: { type: 'refund', id: held.id },
    payerId: held.payer_id,
    outcome: outcome.status === 'failed' ? 'failed' : outcome.status === 'unknown' ? 'unknown' : 'ok',
    details: { charge: held.charge_id, source: told.source, status: outcome.status, code: outcome.failureCode },
  })
  report(ctx, refund)
  return { result: 'settled', refund }
}

function judge(held: RefundRow, { outcome, lease }: ToldRefund): SettledRefund['result'] {
  if (held.status === outcome.status) return 'confirmed'
  if (lease && held.lease_until?.getTime() !== lease.getTime()) return 'superseded'
  if (mayRefundMove(held.status, outcome.status)) return 'settled'
  const says = outcome.status
  if (says === 'unknown' || says === 'sending' || says === 'needs_review') return 'superseded'
  // Stripe never takes a success or a failure back to an earlier state: such a read is older than what is known.
  if (held.status === 'succeeded' && says === 'pending') return 'superseded'
  return held.stripe_refund_id === null ? 'contradiction' : 'superseded'
}

/** When the outcome that is held or told now was confirmed; a new one begins without. */
function settledAt(held: RefundRow, { outcome, confirmed, now }: ToldRefund): Date | null {
  const before = held.status === outcome.status ? held.settled_at : null
  return before ?? (confirmed && isDecided(outcome) ? now : null)
}

function only(rows: readonly RefundRow[]): RefundRow {
  const [row] = rows
  if (!row) throw new TypeError('a refund that was reserved is gone')
  return row
}

const isDecided = ({ status }: RefundOutcome) => status === 'succeeded' || status === 'failed' || status === 'cancelled'

const stepFor = (held: RefundRow, { status }: RefundOutcome, now: Date) =>
  held.status === status ? held.next_look_at : nextRefundLookAt(status, 0, now)

/** What counts as refunded: all that has gone back or is on its way. */
export async function sumRefunds(tx: Tx, ctx: Ctx, chargeId: string): Promise<void> {
  await tx.sql`
    update charges
       set amount_refunded = (select coalesce(sum(r.amount), 0) from refunds r
                               where r.tenant_id = ${ctx.tenantId} and r.charge_id = ${chargeId}
                                 and r.status in ('pending', 'succeeded')),
           updated_at = ${ctx.clock.now()}
     where tenant_id = ${ctx.tenantId} and id = ${chargeId}`
}

/** A refund that counts as failed and that Stripe has carried out. */
async function recordRefundMismatch(tx: Tx, ctx: Ctx, held: RefundRow, { outcome }: ToldRefund): Promise<void> {
  const { id } = await recordException(tx, ctx, {
    cause: 'STATUS_MISMATCH',
    subject: { type: 'refund', id: held.id },
    chargeId: held.charge_id,
    refundId: held.id,
    expectedAmount: 0,
    actualAmount: held.amount,
    currency: held.currency,
    detail: `The refund is ${held.status} here and ${outcome.status} at Stripe.`,
  })
  await appendAudit(tx, ctx, {
    action: 'exception.open',
    object: { type: 'exception', id },
    payerId: held.payer_id,
    details: { cause: 'STATUS_MISMATCH', refund: held.id, stripe_refund: outcome.stripeRefund },
  })
  ctx.meter.count('alerts', { name: 'status_mismatch' })
}

function report(ctx: Ctx, refund: RefundRow): void {
  ctx.meter.count('refunds', { status: refund.status })
  if (refund.status === 'unknown') ctx.meter.count('unknown_outcomes', { kind: 'refund' })
  if (refund.status === 'needs_review' || refund.status === 'failed') {
    ctx.meter.count('alerts', { name: `refund_${refund.status}` })
    ctx.log.warn(
      {
        tenant: ctx.tenantId,
        refund: refund.id,
        charge: refund.charge_id,
        code: refund.failure_code,
        outcome: refund.status,
      },
      'a refund needs attention',
    )
  }
}
