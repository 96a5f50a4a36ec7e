// Mirrors a dispute that was read again from Stripe: while it is open its charge is not refunded, and what it took
// back counts against the charge.
import type { StripeDispute } from '../../stripe/payment-objects.ts'
import { appendAudit } from '../audit/append.ts'
import type { Ctx, Tx } from '../context.ts'
import { newId } from '../ids.ts'

export type AppliedDispute =
  | { kind: 'applied'; disputeId: string }
  | { kind: 'foreign' }
  | { kind: 'quarantine'; code: 'currency_mismatch' }

/** Stripe's states in which nothing is decided any more. */
const CLOSED = new Set(['won', 'lost', 'warning_closed', 'charge_refunded', 'prevented'])

type Owner = { id: string; payer_id: string; currency: string }
type Held = { id: string; status: string }

/** Idempotent. An inquiry (`warning_…`) moves no money and leaves the charge refundable. */
export function applyStripeDispute(ctx: Ctx, dispute: StripeDispute): Promise<AppliedDispute> {
  return ctx.db.transaction(ctx.tenantId, async tx => {
    const [owner] = await tx.sql<Owner[]>`
      select id, payer_id, currency from charges
       where tenant_id = ${ctx.tenantId}
         and (stripe_payment_intent_id = ${dispute.paymentIntent} or stripe_charge_id = ${dispute.charge})
       for no key update`
    if (!owner) return { kind: 'foreign' }
    if (owner.currency !== dispute.currency) return { kind: 'quarantine', code: 'currency_mismatch' }
    const [held] = await tx.sql<Held[]>`
      select id, status from disputes where tenant_id = ${ctx.tenantId} and stripe_dispute_id = ${dispute.id}`
    if (held && isOlder(held, dispute)) return { kind: 'applied', disputeId: held.id }
    const disputeId = await store(tx, ctx, owner, dispute)
    await sumDisputes(tx, ctx, owner.id)
    if (held?.status !== dispute.status) await record(tx, ctx, owner, disputeId, dispute, held === undefined)
    return { kind: 'applied', disputeId }
  })
}

/** A closed dispute opens again by an appeal alone; any other open state was read before it closed. */
const isOlder = (held: Held, { status }: StripeDispute): boolean =>
  CLOSED.has(held.status) && !CLOSED.has(status) && !status.startsWith('appeal_')

async function store(tx: Tx, ctx: Ctx, owner: Owner, dispute: StripeDispute): Promise<string> {
  const now = ctx.clock.now()
  // Each balance transaction moves the money once: taken back, given again.
  const withdrawn = dispute.balanceTransactions.length % 2 === 1
  const [row] = await tx.sql<{ id: string }[]>`
    insert into disputes (tenant_id, id, charge_id, stripe_dispute_id, status, reason, amount, currency, funds_withdrawn,
                          created_at, updated_at)
    values (${ctx.tenantId}, ${newId('dispute', now)}, ${owner.id}, ${dispute.id}, ${dispute.status}, ${dispute.reason},
            ${dispute.amount}, ${dispute.currency}, ${withdrawn}, ${new Date(dispute.created * 1000)}, ${now})
    on conflict (tenant_id, stripe_dispute_id) do update
       set status = excluded.status, reason = excluded.reason, amount = excluded.amount,
           funds_withdrawn = excluded.funds_withdrawn, updated_at = excluded.updated_at
    returning id`
  return (row as { id: string }).id
}

async function sumDisputes(tx: Tx, ctx: Ctx, chargeId: string): Promise<void> {
  await tx.sql`
    update charges
       set amount_disputed = (select coalesce(sum(d.amount), 0) from disputes d
                               where d.tenant_id = ${ctx.tenantId} and d.charge_id = ${chargeId} and d.funds_withdrawn),
           disputed = exists (select 1 from disputes d
                               where d.tenant_id = ${ctx.tenantId} and d.charge_id = ${chargeId}
                                 and d.status <> all (${[...CLOSED]}) and d.status not like 'warning%'),
           updated_at = ${ctx.clock.now()}
     where tenant_id = ${ctx.tenantId} and id = ${chargeId}`
}

async function record(tx: Tx, ctx: Ctx, owner: Owner, disputeId: string, dispute: StripeDispute, opened: boolean) {
  await appendAudit(tx, ctx, {
    action: opened ? 'dispute.open' : 'dispute.change',
    object: { type: 'dispute', id: disputeId },
    payerId: owner.payer_id,
    details: { charge: owner.id, status: dispute.status, amount: dispute.amount, stripe_dispute: dispute.id },
  })
  if (opened) ctx.meter.count('alerts', { name: 'dispute_opened' })
}
