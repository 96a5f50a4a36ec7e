// Whose audit log a command is about.
import { listTenants } from '../domain/tenants/list-tenants.ts'
import { UsageError } from './exit-codes.ts'
import type { OpenVault } from './with-vault.ts'

/** The named tenant, or all of them. */
export async function chosenTenants(vault: OpenVault, named: string | undefined): Promise<string[]> {
  const known = (await listTenants(vault.ctx(vault.config.DEFAULT_TENANT))).map(tenant => tenant.id)
  if (named !== undefined && !known.includes(named)) throw new UsageError('There is no such tenant.')
  return named === undefined ? known : [named]
}
