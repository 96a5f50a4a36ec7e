// Transactions of the service that are open: what they have sealed may still be stored under an older version.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Ctx } from '../context.ts'
import { invalidState } from '../errors.ts'

const WAIT_MAX_MS = 60_000
const WAIT_STEP_MS = 100

/** Waits until the transactions that are open now have ended, also those that have written nothing yet. @throws invalid_state */
export async function untilTransactionsEnd({ db: { sql } }: Ctx): Promise<void> {
  const open = (
    await sql<{ id: string }[]>`
      select l.virtualxid as id from pg_locks l join pg_stat_activity a on a.pid = l.pid
       where l.locktype = 'virtualxid' and l.mode = 'ExclusiveLock' and a.datname = current_database()
         and a.pid <> pg_backend_pid() and pg_has_role(a.usesysid, 'panless_app', 'usage')`
  ).map(({ id }) => id)
  const until = performance.now() + WAIT_MAX_MS
  for (;;) {
    const left = await sql`
      select 1 from pg_locks where locktype = 'virtualxid' and mode = 'ExclusiveLock' and virtualxid = any(${open})`
    if (left.length === 0) return
    if (performance.now() > until) {
      throw invalidState(
        'A transaction that may store what was sealed with an older version does not end: see pg_stat_activity. End it, then run this again.',
      )
    }
    await sleep(WAIT_STEP_MS)
  }
}
