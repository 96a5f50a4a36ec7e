// Finds out what became of a refund that is open: it looks at Stripe before it sends anything again.
import type { StripeAccount } from '../../stripe/gateway.ts'
import type { StripeRefund } from '../../stripe/payment-objects.ts'
import { StripeFailure } from '../../stripe/stripe-failure.ts'
import { loadCharge } from '../charges/charge.ts'
import { TooManyIntents } from '../charges/look.ts'
import { SECOND_LOOK_MS, SEND_AGAIN_WITHIN_MS } from '../charges/look-ladder.ts'
import type { Ctx } from '../context.ts'
import { LEASE_MS } from '../idempotency/keys.ts'
import { openDataKey, openJson } from '../payers/data-key.ts'
import { workerContext } from '../tenants/operator-context.ts'
import { read, write } from '../write.ts'
import {
  nextRefundLookAt,
  outcomeOfRefund,
  outcomeOfRefundFailure,
  REFUND_NOT_EXECUTED,
  type RefundOutcome,
  UNKNOWN_REFUND,
} from './outcome-of-refund.ts'
import { loadRefund, type RefundRow, reasonPlace } from './refund.ts'
import { sendRefund, stripeReasonOf } from './send-refund.ts'
import { settleRefund, type ToldRefund } from './settle-refund.ts'

export type RefundResolution = 'settled' | 'open' | 'review' | 'lost'

/** A refund leased to this process; `due` says whether its next look had come. */
export type ClaimedRefund = RefundRow & { due: boolean }

/** Pages of 100 refunds of one payment. */
const PAGES_MAX = 10

type Case = { ctx: Ctx; account: StripeAccount; refund: ClaimedRefund; paymentIntent: string; now: Date }

export async function resolveRefund(
  ctx: Ctx,
  account: StripeAccount,
  refund: ClaimedRefund,
): Promise<RefundResolution> {
  const { charge } = await read(ctx, tx => loadCharge(tx, refund.charge_id))
  const known: Case = {
    ctx,
    account,
    refund,
    paymentIntent: charge.stripe_payment_intent_id ?? '',
    now: ctx.clock.now(),
  }
  let found: StripeRefund | null
  try {
    found = await lookForRefund(known)
  } catch (error) {
    if (!(error instanceof StripeFailure || error instanceof TooManyIntents)) throw error
    return postpone(known)
  }
  if (found) return afterFinding(known, found)
  const age = known.now.getTime() - (refund.sent_at ?? refund.created_at).getTime()
  if (age >= SEND_AGAIN_WITHIN_MS || !(await beginAgain(known))) return missing(known)
  return sendAgain(known)
}

async function lookForRefund({ account, refund, paymentIntent }: Case): Promise<StripeRefund | null> {
  if (refund.stripe_refund_id !== null) return account.retrieveRefund(refund.stripe_refund_id)
  let startingAfter: string | undefined
  for (let page = 0; page < PAGES_MAX; page++) {
    const { data, hasMore } = await account.listRefunds({
      paymentIntent,
      ...(startingAfter === undefined ? {} : { startingAfter }),
    })
    const found = data.find(({ metadata }) => metadata.panless_refund === refund.id)
    if (found) return found
    startingAfter = data.at(-1)?.id
    if (!hasMore || startingAfter === undefined) return null
  }
  throw new TooManyIntents('the payment has more refunds than are looked through')
}

async function afterFinding(known: Case, found: StripeRefund): Promise<RefundResolution> {
  const { refund } = known
  if (found.amount !== refund.amount || found.currency !== refund.currency) return tell(known, reviewOf(refund))
  const outcome = outcomeOfRefund(found)
  if (outcome.status === refund.status) return postpone(known)
  return tell(known, outcome, { confirmed: true, lease: null })
}

/** Not at Stripe and not to be sent: certain only after a second look. */
function missing(known: Case): Promise<RefundResolution> {
  const { refund, now } = known
  const since = refund.missing_since ?? now
  const second = new Date(since.getTime() + SECOND_LOOK_MS)
  if (second <= now) return tell(known, REFUND_NOT_EXECUTED, { confirmed: true })
  return tell(known, UNKNOWN_REFUND, { nextLookAt: second, missingSince: since })
}

/** A refund stays allowed until a dispute has opened: its amount has been counted since it was reserved. */
async function beginAgain({ ctx, refund }: Case): Promise<boolean> {
  const leaseUntil = new Date(ctx.clock.wall().getTime() + LEASE_MS)
  const now = ctx.clock.now()
  return write(ctx, async tx => {
    const { charge } = await loadCharge(tx, refund.charge_id, true)
    const allowed = charge.status === 'succeeded' && !charge.disputed
    const began =
      allowed &&
      (
        await tx.sql`
          update refunds set status = 'sending', lease_until = ${leaseUntil}, updated_at = ${now}
           where tenant_id = ${ctx.tenantId} and id = ${refund.id} and lease_until = ${refund.lease_until}
             and status in ('sending', 'unknown')
          returning id`
      ).length === 1
    if (began) refund.lease_until = leaseUntil
    return {
      value: began,
      audit: {
        action: 'refund.send-again',
        object: { type: 'refund', id: refund.id },
        payerId: refund.payer_id,
        outcome: began ? 'ok' : 'denied',
        details: { charge: refund.charge_id },
      },
    }
  })
}

async function sendAgain(known: Case): Promise<RefundResolution> {
  const { ctx, account, refund, paymentIntent } = known
  const reason = stripeReasonOf((await reasonOf(ctx, refund)) ?? '')
  const sent = await sendRefund(ctx, account, paymentIntent, refund, reason)
  if (sent.kind === 'answered') return tell(known, outcomeOfRefund(sent.thing), { lease: null })
  const outcome = outcomeOfRefundFailure(sent.failure)
  return outcome.status === 'unknown' ? postpone(known) : tell(known, outcome)
}

async function reasonOf(ctx: Ctx, { id }: RefundRow): Promise<string | null> {
  const row = await read(ctx, tx => loadRefund(tx, id))
  if (row.reason_sealed === null || row.payer_status === 'erased') return null
  const payer = await openDataKey(ctx, {
    payerId: row.payer_id,
    wrapped: row.wrapped_key,
    keyVersion: row.key_version,
  })
  return openJson<string>(ctx, payer, reasonPlace(id), row.reason_sealed)
}

function postpone(known: Case): Promise<RefundResolution> {
  const { refund, now } = known
  const looks = refund.due ? refund.looks + 1 : refund.looks
  const step = nextRefundLookAt(refund.status, looks, now)
  const next = refund.due ? step : (refund.next_look_at ?? step)
  if (next === null) return tell(known, reviewOf(refund))
  const status = refund.status === 'pending' ? 'pending' : 'unknown'
  const outcome: RefundOutcome = { status, failureCode: null, stripeRefund: null }
  return tell(known, outcome, { nextLookAt: next, looks, missingSince: refund.missing_since })
}

const reviewOf = (refund: RefundRow): RefundOutcome => ({
  status: 'needs_review',
  failureCode: refund.failure_code,
  stripeRefund: null,
})

type Telling = Partial<Pick<ToldRefund, 'nextLookAt' | 'looks' | 'missingSince' | 'lease' | 'confirmed'>>

async function tell(known: Case, outcome: RefundOutcome, telling: Telling = {}): Promise<RefundResolution> {
  const { ctx, refund, now } = known
  const { result, refund: after } = await ctx.db.transaction(ctx.tenantId, tx =>
    settleRefund(tx, ctx, {
      refundId: refund.id,
      chargeId: refund.charge_id,
      outcome,
      source: 'look',
      confirmed: false,
      now,
      lease: refund.lease_until,
      ...telling,
    }),
  )
  if (result === 'superseded' || result === 'contradiction') return 'lost'
  if (after.status === 'needs_review') return 'review'
  return after.status === 'unknown' || after.status === 'pending' ? 'open' : 'settled'
}

/** When a request is sent again after its first process died, its refund is looked at there and then. */
export async function resolveAbandonedRefund(ctx: Ctx, account: StripeAccount, refundId: string): Promise<void> {
  const now = ctx.clock.now()
  const wall = ctx.clock.wall()
  const [refund] = await ctx.db.transaction(
    ctx.tenantId,
    tx => tx.sql<RefundRow[]>`
      update refunds set lease_until = ${new Date(wall.getTime() + LEASE_MS)}
       where tenant_id = ${ctx.tenantId} and id = ${refundId} and status in ('sending', 'unknown')
         and (lease_until is null or lease_until < ${wall})
      returning *`,
  )
  if (!refund) return
  const worker = { ...workerContext(ctx, ctx.tenantId), requestId: ctx.requestId }
  await resolveRefund(worker, account, { ...refund, due: refund.next_look_at === null || refund.next_look_at <= now })
}
