// Claims work whose row is itself the record: in batches, for one tenant at a time, skipping what others hold.
import type { Database } from '../db/client.ts'

export type ClaimSource = {
  table: string
  /** SQL over the row's columns that says what is due; `$now` and `$wall` stand for the two times. */
  due: string
  /** Columns to hand over. */
  columns: string
  orderBy: string
  /** Set besides the lease, such as `attempts = attempts + 1`. */
  set?: string
}

/** Wall time for which the claimer owns what it claimed. */
export const CLAIM_LEASE_MS = 60_000

/** Rows come back leased until `wall` + 60 s; whoever finishes clears `lease_until`. */
export async function claimRows<Row>(
  db: Database,
  tenantId: string,
  source: ClaimSource,
  times: { now: Date; wall: Date },
  limit: number,
): Promise<Row[]> {
  const text = `
    with due as (
      select tenant_id, id from ${source.table}
       where tenant_id = $1 and (lease_until is null or lease_until < $2) and ${source.due
         .replaceAll('$now', '$4::timestamptz')
         .replaceAll('$wall', '$2::timestamptz')}
       order by ${source.orderBy}
       limit $5
       for update skip locked
    )
    update ${source.table} t set lease_until = $3${source.set ? `, ${source.set}` : ''}
      from due where t.tenant_id = $1 and t.id = due.id
    returning ${source.columns}`
  const until = new Date(times.wall.getTime() + CLAIM_LEASE_MS)
  return db.transaction(tenantId, async tx => {
    const rows = await tx.sql.unsafe(text, [tenantId, times.wall, until, times.now, limit])
    return [...rows] as Row[]
  })
}

/** A heartbeat: the lease of one row, longer. */
export async function renewLease(db: Database, tenantId: string, table: string, id: string, wall: Date): Promise<void> {
  const until = new Date(wall.getTime() + CLAIM_LEASE_MS)
  await db.transaction(tenantId, tx =>
    tx.sql.unsafe(`update ${table} set lease_until = $3 where tenant_id = $1 and id = $2`, [tenantId, id, until]),
  )
}
