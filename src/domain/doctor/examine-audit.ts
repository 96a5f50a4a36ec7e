// Whether the audit log is sealed, signed, and kept at the places outside: each tenant's, in one finding.
import type { Database } from '../../db/client.ts'
import { type Finding, failed, ok, warning } from './finding.ts'

/** Sealing comes every quarter of a minute; entries older than this by the database's clock wait for a sealer. */
const UNSEALED_SECONDS_MAX = 900

type State = {
  unsealed: boolean
  behind: boolean
  waiting: number
  contradicted: number
  sinks: string[]
}

/** `places`: how many are set. */
export async function examineAudit(db: Database, tenantIds: readonly string[], places: number): Promise<Finding[]> {
  const findings: Finding[] = []
  for (const id of tenantIds) findings.push(judge(id, await stateOf(db, id), places))
  return findings
}

function judge(tenantId: string, state: State, places: number): Finding {
  const check = `audit log of ${tenantId}`
  if (state.behind) {
    const remedy = 'This is a copy made row by row: raise the numbers of transactions, see docs/audit.md.'
    return failed(check, 'cannot be sealed: the numbers of transactions are behind those in it', remedy)
  }
  if (state.contradicted > 0) {
    const remedy = 'Somebody else has written there, or the log was rewritten: run panless audit verify --checkpoints.'
    return failed(check, `${state.contradicted} checkpoints differ from what is kept outside`, remedy)
  }
  if (state.unsealed) return warning(check, 'has old entries that are not sealed', 'See whether panless worker runs.')
  if (state.waiting > 0) {
    const says = `${state.waiting} copies of checkpoints wait for: ${state.sinks.join(', ')}`
    return warning(
      check,
      says,
      'See whether this machine reaches the places that AUDIT_… sets, and their keys are right.',
    )
  }
  if (places === 0) {
    const remedy = 'Set AUDIT_CHECKPOINT_FILE, AUDIT_S3_URL or AUDIT_TSA_URL: its owner can rewrite the database.'
    return warning(check, 'sealed, and no checkpoint is kept outside the database', remedy)
  }
  return ok(check, 'sealed, and its checkpoints are kept outside')
}

async function stateOf(db: Database, tenantId: string): Promise<State> {
  const [row] = await db.transaction(
    tenantId,
    ({ sql }) => sql<[State]>`
      select coalesce(last.end_transaction >= pg_snapshot_xmax(pg_current_snapshot())::text::bigint, false) as behind,
             exists (
               select 1 from audit_log a
                where a.tenant_id = ${tenantId} and a.at < now() - make_interval(secs => ${UNSEALED_SECONDS_MAX})
                  and (a.transaction_number, a.sequence) > (coalesce(last.end_transaction, 0), coalesce(last.end_sequence, 0))
             ) as unsealed,
             copies.waiting, copies.contradicted, copies.sinks
        from (select max(b.end_transaction) as end_transaction,
                     (array_agg(b.end_sequence order by b.number desc))[1] as end_sequence
                from (select * from audit_blocks where tenant_id = ${tenantId} order by number desc limit 1) b) last,
             (select count(*) filter (where status = 'waiting' and attempts > 0)::int as waiting,
                     count(*) filter (where status = 'contradicted')::int as contradicted,
                     coalesce(array_agg(distinct sink) filter (where status = 'waiting' and attempts > 0), '{}') as sinks
                from audit_checkpoint_copies where tenant_id = ${tenantId} and status <> 'written') copies`,
  )
  return row
}
