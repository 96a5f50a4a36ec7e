// What an operator does before the first start: migrate, keys init, tenants. Run again, it changes nothing.
import { stat } from 'node:fs/promises'
import { migrateDatabase } from '../cli/migrate.ts'
import { loadConfig } from '../config.ts'
import type { Dependencies } from '../domain/context.ts'
import { addTenant } from '../domain/tenants/add-tenant.ts'
import { operatorContext } from '../domain/tenants/operator-context.ts'
import { setTenant } from '../domain/tenants/set-tenant.ts'
import { setTenantStripe } from '../domain/tenants/set-tenant-stripe.ts'
import { createKeyringFile } from '../keyring/file-keyring.ts'
import { openVault } from '../vault.ts'
import { givenByParent } from './child-entry.ts'
import type { StripeKeys } from './environment.ts'
import { admitService } from './postgres.ts'

export interface PrepareArguments {
  ownerUrl: string
  keyringFile: string
  tenants: { id: string; keys: StripeKeys }[]
  /** The shop's, whose page may call the checkout of every tenant. */
  shopOrigin: string
}

const given = await givenByParent<PrepareArguments>()
await migrateDatabase(given.ownerUrl)
await admitService(given.ownerUrl)
if (!(await exists(given.keyringFile))) await createKeyringFile(given.keyringFile)
// Opening binds the default tenant to the keys of the environment.
const vault = await openVault({ config: loadConfig(undefined, 'cli'), process: 'cli' })
try {
  for (const tenant of given.tenants) await ensureTenant(vault.dependencies, tenant)
} finally {
  await vault.close()
}
process.disconnect?.()

async function ensureTenant(
  dependencies: Dependencies,
  { id, keys }: PrepareArguments['tenants'][number],
): Promise<void> {
  const ctx = operatorContext(dependencies, id, 'embedded environment')
  const known = await dependencies.tenants.find(id)
  if (!known) await addTenant(ctx, { id, name: id })
  if (known?.secrets?.secretKey !== keys.secretKey) {
    const { secretKey, publishableKey, webhookSecret } = keys
    await setTenantStripe(ctx, { secretKey, publishableKey, webhookSecrets: [webhookSecret] })
  }
  const origins = known?.allowedOrigins ?? []
  if (origins.includes(given.shopOrigin)) return
  await setTenant(ctx, { allowed_origins: [...origins, given.shopOrigin] })
}

async function exists(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    () => false,
  )
}
