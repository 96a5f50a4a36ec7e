// The default tenant's Stripe keys come from the environment; this makes its row agree with them at start.

import type { Dependencies } from '../context.ts'
import { addTenant } from './add-tenant.ts'
import { operatorContext } from './operator-context.ts'
import { setTenantStripe } from './set-tenant-stripe.ts'

export type DefaultTenantKeys = {
  tenantId: string
  secretKey: string | null
  publishableKey: string | null
  webhookSecret: string | null
}

/** Does nothing when the environment holds no Stripe key, or when the row agrees already. */
export async function bindDefaultTenant(dependencies: Dependencies, keys: DefaultTenantKeys): Promise<void> {
  if (!keys.secretKey || !keys.publishableKey) return
  const known = await dependencies.tenants.find(keys.tenantId)
  const webhookSecrets = keys.webhookSecret ? [keys.webhookSecret] : []
  if (
    known?.secrets?.secretKey === keys.secretKey &&
    known.stripePublishableKey === keys.publishableKey &&
    webhookSecrets.every(secret => known.secrets?.webhookSecrets.includes(secret))
  )
    return
  const ctx = operatorContext(dependencies, keys.tenantId, 'environment')
  if (!known) await addTenant(ctx, { id: keys.tenantId, name: keys.tenantId })
  await setTenantStripe(ctx, { secretKey: keys.secretKey, publishableKey: keys.publishableKey, webhookSecrets })
}
