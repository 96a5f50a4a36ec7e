// Deletes the payer's customer at Stripe, which detaches its cards. Stripe's records of payments stay with Stripe: its
// API for redacting them is closed to most accounts and no part of the pinned version.
import { StripeFailure } from '../../stripe/stripe-failure.ts'
import type { Ctx } from '../context.ts'
import { stripeAccountOf } from '../tenants/stripe-account.ts'
import { read } from '../write.ts'
import type { ErasureRow } from './erasure.ts'

/** Deleted already, it is done. @throws StripeFailure, stripe_unavailable */
export async function deleteAtStripe(ctx: Ctx, { payer_id: payerId }: ErasureRow): Promise<void> {
  const [payer] = await read(
    ctx,
    tx => tx.sql<{ stripe_customer_id: string | null }[]>`
      select stripe_customer_id from payers where tenant_id = ${ctx.tenantId} and id = ${payerId}`,
  )
  const customer = payer?.stripe_customer_id
  if (!customer) return
  const account = await stripeAccountOf(ctx)
  try {
    await account.deleteCustomer(customer)
  } catch (error) {
    if (!(error instanceof StripeFailure) || error.kind !== 'not_found') throw error
  }
}
