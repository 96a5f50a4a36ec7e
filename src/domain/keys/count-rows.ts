// How many rows of a tenant stand under each version of the keys.
import type { Ctx, Tx } from '../context.ts'
import { HOLDS_KEY, SEALED_COLUMNS, sealedVersion, tablesOfWrappedKeys } from './sealed-columns.ts'

export type RowsOfVersion = { place: string; version: number; rows: number }

/** A count reads whole tables; an operator waits for it. */
const COUNT_TIMEOUT = '10min'

export async function countRows(ctx: Ctx): Promise<RowsOfVersion[]> {
  return ctx.db.transaction(ctx.tenantId, async tx => {
    await tx.sql.unsafe(`set local statement_timeout = '${COUNT_TIMEOUT}'`)
    const counted: RowsOfVersion[] = []
    for (const table of await tablesOfWrappedKeys(tx.sql)) {
      counted.push(...(await count(tx, `${table}.wrapped_key`, table, 'tenant_id', 'key_version', HOLDS_KEY)))
    }
    for (const { table, column, tenant, only } of Object.values(SEALED_COLUMNS).flat()) {
      const where = `${column} is not null${only ? ` and ${only}` : ''}`
      counted.push(...(await count(tx, `${table}.${column}`, table, tenant, sealedVersion(column), where)))
    }
    return counted
  })
}

/** All but the value of the tenant are names and expressions of ours. */
async function count(
  tx: Tx,
  place: string,
  table: string,
  tenant: string,
  version: string,
  where: string,
): Promise<RowsOfVersion[]> {
  const rows = await tx.sql.unsafe<{ version: number; rows: number }[]>(
    `select ${version} as version, count(*)::bigint as rows from ${table} where ${tenant} = $1 and ${where} group by 1`,
    [tx.tenantId],
  )
  return rows.map(({ version, rows }) => ({ place, version, rows }))
}

/**
 * Payments that wait for their payer, whose link may be signed by a version: what was asked for before the version
 * after it began.
 */
export async function countLinks(ctx: Ctx, before: Date): Promise<number> {
  const [row] = await ctx.db.transaction(
    ctx.tenantId,
    tx => tx.sql<{ rows: number }[]>`
      select count(*)::bigint as rows from charges
       where tenant_id = ${ctx.tenantId} and status = 'requires_action' and created_at <= ${before}
         and authenticate_by > ${ctx.clock.now()}`,
  )
  return row?.rows ?? 0
}
