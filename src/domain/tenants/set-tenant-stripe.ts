// Binds a tenant to its account at Stripe. Once bound, keys of another account or mode are refused.
import { createHmac } from 'node:crypto'
import { z } from 'zod'
import { StripeFailure } from '../../stripe/stripe-failure.ts'
import type { Ctx } from '../context.ts'
import { DomainError, invalidField, notFound } from '../errors.ts'
import { parseInput } from '../parse-input.ts'
import { requireScope } from '../permissions.ts'
import { write } from '../write.ts'
import { tenantOf } from './stripe-account.ts'
import { sealSecrets } from './tenant-directory.ts'

/** More than this many webhook secrets at once is no rolling of a secret any more. */
const WEBHOOK_SECRETS_MAX = 4

const setTenantStripeInput = z.strictObject({
  secretKey: z
    .string()
    .regex(/^[sr]k_(test|live)_\w+$/, 'must be a secret or restricted key of Stripe')
    .optional(),
  publishableKey: z
    .string()
    .regex(/^pk_(test|live)_\w+$/, 'must be a publishable key of Stripe')
    .optional(),
  webhookSecrets: z.array(z.string().min(8).max(255)).max(WEBHOOK_SECRETS_MAX).optional(),
})

/**
 * What is left out stays as it is; a tenant without keys needs both of them.
 * @throws insufficient_scope, not_found, validation_failed, invalid_state, stripe_unavailable
 */
export async function setTenantStripe(ctx: Ctx, input: unknown): Promise<{ accountId: string; livemode: boolean }> {
  requireScope(ctx, 'admin')
  const wanted = parseInput(setTenantStripeInput, input)
  const known = await tenantOf(ctx)
  const secretKey = wanted.secretKey ?? known.secrets?.secretKey
  const publishableKey = wanted.publishableKey ?? known.stripePublishableKey
  const webhookSecrets = wanted.webhookSecrets ?? known.secrets?.webhookSecrets ?? []
  if (secretKey === undefined) throw invalidField('/secretKey', 'is required', 'required')
  if (publishableKey === null) throw invalidField('/publishableKey', 'is required', 'required')
  const livemode = /_live_/.test(secretKey)
  if (livemode !== /_live_/.test(publishableKey))
    throw invalidField('/publishableKey', 'is of another mode than the secret key')
  const account = await readAccount(ctx, secretKey)
  const sealed = await sealSecrets(ctx.keyring, ctx.tenantId, { secretKey, webhookSecrets })
  const now = ctx.clock.now()
  await write(ctx, async tx => {
    const [row] = await tx.sql<{ stripe_account_id: string | null; livemode: boolean }[]>`
      select stripe_account_id, livemode from tenants where id = ${ctx.tenantId} for update`
    if (!row) throw notFound()
    if (row.stripe_account_id !== null && (row.stripe_account_id !== account || row.livemode !== livemode)) {
      throw new DomainError(
        'invalid_state',
        'The tenant is bound to another account or mode of Stripe. Make a new tenant for this one.',
      )
    }
    const [taken] =
      await tx.sql`select id from tenants where stripe_account_id = ${account} and livemode = ${livemode} and id <> ${ctx.tenantId}`
    if (taken) throw new DomainError('invalid_state', 'Another tenant is bound to this account of Stripe.')
    await claimWebhookSecrets(ctx, tx, webhookSecrets)
    await tx.sql`
      update tenants
         set stripe_account_id = ${account}, livemode = ${livemode}, stripe_publishable_key = ${publishableKey},
             stripe_secrets_sealed = ${sealed}, updated_at = ${now}
       where id = ${ctx.tenantId}`
    return {
      value: null,
      audit: {
        action: 'tenant.set-stripe',
        object: { type: 'tenant', id: ctx.tenantId },
        details: { account, livemode, webhook_secrets: webhookSecrets.length },
      },
    }
  })
  ctx.tenants.forget(ctx.tenantId)
  return { accountId: account, livemode }
}

async function readAccount(ctx: Ctx, secretKey: string): Promise<string> {
  try {
    return (await ctx.stripe.forAccount(secretKey).account()).id
  } catch (error) {
    if (error instanceof StripeFailure && (error.kind === 'authentication' || error.kind === 'permission')) {
      throw invalidField('/secretKey', 'is not accepted by Stripe')
    }
    throw new DomainError('stripe_unavailable', 'Stripe cannot be asked whose key this is. Try again.', {
      retryAfterSeconds: 5,
      cause: error,
    })
  }
}

async function claimWebhookSecrets(
  ctx: Ctx,
  tx: Parameters<Parameters<Ctx['db']['transaction']>[1]>[0],
  secrets: string[],
) {
  const key = ctx.keyring.derive('lookup-hash')
  await tx.sql`delete from tenant_webhook_secrets where tenant = ${ctx.tenantId}`
  for (const secret of secrets) {
    const hash = createHmac('sha256', key).update('webhook-secret\0').update(secret).digest()
    const added = await tx.sql`
      insert into tenant_webhook_secrets (secret_hash, tenant) values (${hash}, ${ctx.tenantId})
      on conflict do nothing returning tenant`
    if (added.length === 0) throw invalidField('/webhookSecrets', 'holds a secret that another tenant uses')
  }
}
