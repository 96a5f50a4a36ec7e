// Which lines a reconciliation looks at, and what a line is about that has no row in the vault.
import type { Tx } from '../context.ts'
import type { Fragment } from './line-facts.ts'
import type { Stretch } from './read-feed.ts'

/** Lines that were created in a stretch, or that a payout of that stretch holds. */
export function linesOf(tx: Tx, { from, to }: Stretch): Fragment {
  return tx.sql`b.id in (
    select id from balance_transactions where tenant_id = ${tx.tenantId} and created_at >= ${from} and created_at < ${to}
    union all
    select pr.balance_transaction_id from payout_rows pr
      join payouts p on p.tenant_id = pr.tenant_id and p.id = pr.payout_id
     where pr.tenant_id = ${tx.tenantId} and p.created_at >= ${from} and p.created_at < ${to})`
}

/** What a line without a match is about: the whole charge when that is not the vault's, else its own source. */
export const strangerOf = ({ sql, tenantId }: Tx, line: Fragment): Fragment => sql`
  case when ${line}.source_charge_id is not null and not exists (
         select 1 from charges c where c.tenant_id = ${tenantId} and c.stripe_charge_id = ${line}.source_charge_id)
       then ${line}.source_charge_id
       else coalesce(${line}.source_id, ${line}.id) end`
