// Empties or removes what the table of what-goes.ts names, in small transactions, and counts.
import { renewLease } from '../../queue/claim-rows.ts'
import type { Ctx } from '../context.ts'
import type { ErasureRow } from './erasure.ts'
import { type Emptied, rowsOf, WHAT_GOES } from './what-goes.ts'

/** Rows of one transaction, so that no lock is held for long. */
const BATCH = 500

export async function emptyRows(ctx: Ctx, erasure: ErasureRow): Promise<void> {
  for (const kind of WHAT_GOES) {
    while ((await emptyBatch(ctx, erasure, kind)) === BATCH) {
      await renewLease(ctx.db, ctx.tenantId, 'erasures', erasure.id, ctx.clock.wall())
    }
  }
}

function emptyBatch(ctx: Ctx, { id, payer_id: payerId }: ErasureRow, kind: Emptied): Promise<number> {
  const key = kind.key.join(', ')
  const which = `t.tenant_id = $1 and (${key}) in (
    select ${key} from ${kind.table} t where ${rowsOf(kind)} and (${kind.holds}) limit ${BATCH})`
  const statement = kind.set
    ? `update ${kind.table} t set ${kind.set} where ${which} and $2::text is not null`
    : `delete from ${kind.table} t where ${which} and $2::text is not null`
  return ctx.db.transaction(ctx.tenantId, async tx => {
    const { count } = await tx.sql.unsafe(statement, [ctx.tenantId, payerId])
    if (count > 0) {
      await tx.sql`
        update erasures
           set counts = counts || jsonb_build_object(${kind.name}::text, coalesce((counts ->> ${kind.name})::bigint, 0) + ${count}::bigint)
         where tenant_id = ${ctx.tenantId} and id = ${id}`
    }
    return count
  })
}
