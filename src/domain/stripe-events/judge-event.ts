// Whether an event may be believed: what it says must be what Stripe shows, and what Stripe shows must be the vault's.
import type { Ctx } from '../context.ts'
import type { EventFacts } from './event-row.ts'

/** Members in which an event must agree with its object, in the order in which they are complained about. */
const COMPARED = ['amount', 'currency', 'customer', 'charge'] as const

/** Why an event contradicts the object read again, or null. A member that either side lacks contradicts nothing. */
export function contradictionOf(facts: EventFacts, claims: EventFacts): string | null {
  for (const name of COMPARED) {
    const [told, shown] = [facts[name], claims[name]]
    if (told !== undefined && shown !== undefined && told !== shown) return `${name}_mismatch`
  }
  return null
}

/** Which of these customers at Stripe belong to payers of the tenant. */
export async function knownCustomers(ctx: Ctx, customers: readonly string[]): Promise<ReadonlySet<string>> {
  if (customers.length === 0) return new Set()
  const rows = await ctx.db.transaction(
    ctx.tenantId,
    tx => tx.sql<{ id: string }[]>`
      select stripe_customer_id as id from payers
       where tenant_id = ${ctx.tenantId} and stripe_customer_id = any(${[...new Set(customers)]})`,
  )
  return new Set(rows.map(row => row.id))
}

/** Why a payment at Stripe is not the one that the vault asked for, or null; payments that are not ours pass. */
export async function vaultContradiction(
  ctx: Ctx,
  payment: { paymentIntent: string | null; charge: string | null; claims: EventFacts },
): Promise<string | null> {
  const { paymentIntent, charge, claims } = payment
  const [held] = await ctx.db.transaction(
    ctx.tenantId,
    tx => tx.sql<{ amount: number; currency: string; customer: string | null }[]>`
      select c.amount, c.currency, p.stripe_customer_id as customer
        from charges c join payers p on p.tenant_id = c.tenant_id and p.id = c.payer_id
       where c.tenant_id = ${ctx.tenantId}
         and (c.stripe_payment_intent_id = ${paymentIntent} or c.stripe_charge_id = ${charge})
       limit 1`,
  )
  if (!held) return null
  const contradiction = contradictionOf(claims, { ...held, customer: held.customer ?? undefined })
  return contradiction && `vault_${contradiction}`
}
