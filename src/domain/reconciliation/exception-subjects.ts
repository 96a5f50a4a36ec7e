// Which lines a reconciliation looks at, and what a line is about that has no row in the vault.
import type { Tx } from '../context.ts'
import type { Fragment, LineScope } from './line-facts.ts'
import type { Stretch } from './read-feed.ts'

/** Lines that were created in a stretch, and those that a payout of the stretch holds. */
export const linesOf = ({ sql, tenantId }: Tx, { from, to }: Stretch): LineScope => [
  sql`from balance_transactions b where b.tenant_id = ${tenantId} and b.created_at >= ${from} and b.created_at < ${to}`,
  sql`from payouts p
      join payout_rows pr on pr.tenant_id = p.tenant_id and pr.payout_id = p.id
      join balance_transactions b on b.tenant_id = pr.tenant_id and b.id = pr.balance_transaction_id
     where p.tenant_id = ${tenantId} and p.created_at >= ${from} and p.created_at < ${to}`,
]

/** Lines that some payouts hold. */
export const linesOfPayouts = ({ sql, tenantId }: Tx, payoutIds: readonly string[]): LineScope => [
  sql`from payout_rows pr
      join balance_transactions b on b.tenant_id = pr.tenant_id and b.id = pr.balance_transaction_id
     where pr.tenant_id = ${tenantId} and pr.payout_id = any(${payoutIds as string[]})`,
]

/** What a line without a match is about: the whole charge when that is not the vault's, else its own source. */
export const strangerOf = ({ sql, tenantId }: Tx, line: Fragment): Fragment => sql`
  case when ${line}.source_charge_id is not null and not exists (
         select 1 from charges c where c.tenant_id = ${tenantId} and c.stripe_charge_id = ${line}.source_charge_id)
       then ${line}.source_charge_id
       else coalesce(${line}.source_id, ${line}.id) end`
