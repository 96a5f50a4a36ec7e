// Holds checkpoints that were kept outside against the database: what its owner cannot have rewritten.
import type { Ctx } from '../context.ts'
import { requirePermission } from '../permissions.ts'
import { read } from '../write.ts'
import { type CheckpointPayload, statementHash } from './checkpoint.ts'
import { type AuditFinding, finding } from './finding.ts'
import { judgeCheckpoint } from './judge-checkpoint.ts'
import type { OutsideCheckpoints } from './outside-checkpoints.ts'

/** Checkpoints of one query. */
const BATCH = 1_000

type There = {
  checkpoint: number
  hash: string | null
  rows_through: number | null
  statement: string | null
}

/** @throws insufficient_scope */
export async function compareCheckpoints(ctx: Ctx, outside: OutsideCheckpoints): Promise<AuditFinding[]> {
  requirePermission(ctx, 'listAuditLog')
  const [last] = await read(
    ctx,
    ({ sql }) => sql<{ number: number; rows_through: number; checkpoint: number }[]>`
      select coalesce(max(number), 0) as number, coalesce(max(rows_through), 0) as rows_through,
             (select coalesce(max(c.number), 0) from audit_checkpoints c where c.tenant_id = ${ctx.tenantId}) as checkpoint
        from audit_blocks where tenant_id = ${ctx.tenantId}`,
  )
  const end = { number: last?.number ?? 0, rowsThrough: last?.rows_through ?? 0 }
  const findings = outside.missing(last?.checkpoint ?? 0)
  const all = outside.beyond(0)
  for (let from = 0; from < all.length; from += BATCH) {
    const batch = all.slice(from, from + BATCH)
    const there = new Map((await readThere(ctx, batch)).map(row => [row.checkpoint, row]))
    for (const payload of batch) findings.push(...judge(payload, there.get(payload.checkpoint), end, outside))
  }
  return findings
}

function judge(
  payload: CheckpointPayload,
  row: There | undefined,
  end: { number: number; rowsThrough: number },
  outside: OutsideCheckpoints,
): AuditFinding[] {
  const about = { checkpoint: payload.checkpoint, block: payload.block }
  const block = row?.hash ? { hash: row.hash, rowsThrough: row.rows_through ?? 0 } : undefined
  const findings = judgeCheckpoint(payload, block, end)
  if (row?.statement && statementHash(row.statement).toString('hex') !== outside.statementHashOf(payload.checkpoint))
    findings.push(finding('checkpoint_replaced', 'Another checkpoint of this number was kept outside.', about))
  return findings
}

function readThere(ctx: Ctx, batch: readonly CheckpointPayload[]): Promise<There[]> {
  const wanted = JSON.stringify(batch.map(({ checkpoint, block }) => ({ checkpoint, block })))
  return read(ctx, async ({ sql }) => [
    ...(await sql<There[]>`
        select w.checkpoint, encode(b.hash, 'hex') as hash, b.rows_through, c.statement
          from jsonb_to_recordset(${wanted}::text::jsonb) as w(checkpoint bigint, block bigint)
          left join audit_blocks b on b.tenant_id = ${ctx.tenantId} and b.number = w.block
          left join audit_checkpoints c on c.tenant_id = ${ctx.tenantId} and c.number = w.checkpoint`),
  ])
}
