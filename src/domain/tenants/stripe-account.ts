// The tenant's own account at Stripe.
import type { StripeAccount } from '../../stripe/gateway.ts'
import type { Ctx } from '../context.ts'
import { DomainError, notFound } from '../errors.ts'
import type { Tenant } from './tenant-directory.ts'

/** @throws not_found when the tenant is gone, stripe_unavailable when no Stripe key is set */
export async function tenantOf(ctx: Pick<Ctx, 'tenants' | 'tenantId'>): Promise<Tenant> {
  const tenant = await ctx.tenants.find(ctx.tenantId)
  if (!tenant) throw notFound()
  return tenant
}

export async function stripeAccountOf(ctx: Pick<Ctx, 'tenants' | 'tenantId' | 'stripe'>): Promise<StripeAccount> {
  const tenant = await tenantOf(ctx)
  if (!tenant.secrets) {
    throw new DomainError('stripe_unavailable', 'This tenant has no Stripe key yet. An operator sets it.', {
      retryAfterSeconds: 60,
    })
  }
  return ctx.stripe.forAccount(tenant.secrets.secretKey)
}
