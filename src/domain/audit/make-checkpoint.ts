// Signs how far the chain of blocks has come, and asks for a copy at each place outside.
import type { Dependencies, Tx } from '../context.ts'
import { newId } from '../ids.ts'
import { type CheckpointPayload, statementHash } from './checkpoint.ts'

/** A proof carries the blocks from its own to the next checkpoint's, so there are never many between two. */
export const BLOCKS_BETWEEN_MAX = 200

type Head = { number: number; rows_through: number; hash: Buffer }
type Last = { number: number; block_number: number; statement: string; created_at: Date }

/** Null when nothing was sealed since the last one, or that one is younger than `minAgeMs`. */
export async function makeCheckpoint(
  dependencies: Pick<Dependencies, 'db' | 'clock' | 'statements' | 'checkpointSinks'>,
  tenantId: string,
  minAgeMs = 0,
): Promise<CheckpointPayload | null> {
  const { db, clock, statements, checkpointSinks } = dependencies
  const now = clock.now()
  return db.transaction(tenantId, async tx => {
    // One at a time; the next one then sees this one's.
    await tx.sql`select pg_advisory_xact_lock(hashtextextended(${`panless checkpoint ${tenantId}`}, 0))`
    const { head, last } = await headAndLast(tx)
    if (!head || head.number === last?.block_number) return null
    const young = last !== undefined && now.getTime() - last.created_at.getTime() < minAgeMs
    if (young && head.number - last.block_number < BLOCKS_BETWEEN_MAX) return null
    const payload: CheckpointPayload = {
      id: newId('checkpoint', now),
      tenant: tenantId,
      checkpoint: (last?.number ?? 0) + 1,
      block: head.number,
      rows: head.rows_through,
      head: head.hash.toString('hex'),
      at: now.toISOString(),
      previous: last ? statementHash(last.statement).toString('hex') : null,
    }
    const statement = statements.sign('checkpoint', payload)
    await tx.sql`
      insert into audit_checkpoints (tenant_id, number, id, block_number, rows_through, head, statement, created_at)
      values (${tenantId}, ${payload.checkpoint}, ${payload.id}, ${head.number}, ${head.rows_through}, ${head.hash},
              ${statement}, ${now})`
    for (const { name } of checkpointSinks) {
      await tx.sql`
        insert into audit_checkpoint_copies (tenant_id, sink, checkpoint_number, status, next_attempt_at)
        values (${tenantId}, ${name}, ${payload.checkpoint}, 'waiting', ${now})`
    }
    return payload
  })
}

async function headAndLast({ sql, tenantId }: Tx): Promise<{ head: Head | undefined; last: Last | undefined }> {
  const [head] = await sql<Head[]>`
    select number, rows_through, hash from audit_blocks where tenant_id = ${tenantId} order by number desc limit 1`
  const [last] = await sql<Last[]>`
    select number, block_number, statement, created_at from audit_checkpoints
     where tenant_id = ${tenantId} order by number desc limit 1`
  return { head, last }
}
