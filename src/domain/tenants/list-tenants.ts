// All tenants of this deployment, for the operator.
import type { Ctx } from '../context.ts'
import { requireScope } from '../permissions.ts'
import { showTenant, TENANT_COLUMNS, type TenantRow, type TenantView } from './tenant-view.ts'

/** A deployment of more tenants than this would be split. */
const TENANTS_MAX = 10_000

/** By id. @throws insufficient_scope */
export async function listTenants(ctx: Ctx): Promise<TenantView[]> {
  requireScope(ctx, 'admin')
  const { sql } = ctx.db
  const rows = await sql<TenantRow[]>`
    select ${sql(TENANT_COLUMNS as unknown as string[])} from tenants order by id limit ${TENANTS_MAX}`
  return rows.map(showTenant)
}
