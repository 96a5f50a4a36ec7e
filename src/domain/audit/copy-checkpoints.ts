// Brings checkpoints to the places outside; what cannot be brought now is tried again, later and later, and never given up.
import { type CheckpointSink, SinkFailed } from '../../outbound/checkpoint-sink.ts'
import type { Dependencies } from '../context.ts'

/** Copies of one pass to one place, one after the other. */
const COPIES_MAX = 20
/** For so long the claimer owns a copy; each place answers or fails well within. */
const LEASE_MS = 60_000
const BACKOFF_FIRST_MS = 15_000
const BACKOFF_MAX_MS = 3_600_000

type Waiting = { number: number; statement: string; attempts: number }

/** How many were brought. A place that fails is left alone for this pass. */
export async function copyCheckpoints(dependencies: Dependencies, tenantId: string): Promise<number> {
  let written = 0
  for (const sink of dependencies.checkpointSinks) {
    for (let i = 0; i < COPIES_MAX; i++) {
      const copy = await claimCopy(dependencies, tenantId, sink.name)
      if (!copy) break
      if (!(await bring(dependencies, tenantId, sink, copy))) break
      written++
    }
  }
  return written
}

/** The oldest that is due: a newer one does not overtake it while it waits for its next try. */
async function claimCopy({ db, clock }: Dependencies, tenantId: string, sink: string): Promise<Waiting | undefined> {
  const now = clock.now()
  const leased = new Date(now.getTime() + LEASE_MS)
  const [row] = await db.transaction(
    tenantId,
    ({ sql }) => sql<Waiting[]>`
      with first as (
        select checkpoint_number, next_attempt_at from audit_checkpoint_copies
         where tenant_id = ${tenantId} and sink = ${sink} and status = 'waiting'
         order by checkpoint_number limit 1 for update skip locked)
      update audit_checkpoint_copies c set attempts = c.attempts + 1, next_attempt_at = ${leased}
        from first, audit_checkpoints k
       where c.tenant_id = ${tenantId} and c.sink = ${sink} and c.checkpoint_number = first.checkpoint_number
         and first.next_attempt_at <= ${now} and k.tenant_id = c.tenant_id and k.number = c.checkpoint_number
      returning c.checkpoint_number as number, k.statement, c.attempts`,
  )
  return row
}

async function bring(
  dependencies: Dependencies,
  tenantId: string,
  sink: CheckpointSink,
  copy: Waiting,
): Promise<boolean> {
  const { db, clock, log, meter } = dependencies
  const { outcome, evidence } = await sink.write({ tenantId, number: copy.number, statement: copy.statement }).then(
    given => ({ outcome: 'written', evidence: given }),
    (error: unknown) => ({ outcome: error instanceof SinkFailed ? error.code : 'failed', evidence: null }),
  )
  meter.count('audit_checkpoint_copies', { sink: sink.name, outcome })
  const status = outcome === 'written' || outcome === 'contradicted' ? outcome : 'waiting'
  const now = clock.now()
  const again = new Date(now.getTime() + Math.min(BACKOFF_MAX_MS, BACKOFF_FIRST_MS * 2 ** Math.min(copy.attempts, 10)))
  await db.transaction(
    tenantId,
    ({ sql }) => sql`
      update audit_checkpoint_copies
         set status = ${status}, error_code = ${outcome === 'written' ? null : outcome}, evidence = ${evidence},
             written_at = ${outcome === 'written' ? now : null}, next_attempt_at = ${again}
       where tenant_id = ${tenantId} and sink = ${sink.name} and checkpoint_number = ${copy.number} and status = 'waiting'`,
  )
  if (outcome === 'written') return true
  log.warn({ tenant: tenantId, sink: sink.name, checkpoint: copy.number, outcome }, 'a checkpoint could not be copied')
  if (status === 'contradicted') meter.count('alerts', { name: 'checkpoint_contradicted' })
  return false
}
