// Checkpoints that were kept outside the database, as an auditor brings them: one signed statement a line.
import type { StatementReader } from '../../crypto/signed-statement.ts'
import { type CheckpointPayload, readCheckpoint, statementHash } from './checkpoint.ts'
import { type AuditFinding, finding } from './finding.ts'

/** A checkpoint a minute makes half a million a year. */
const CHECKPOINTS_MAX = 5_000_000

export type OutsideCheckpoints = {
  ofBlock(block: number): readonly CheckpointPayload[]
  /** Those of blocks beyond a number. */
  beyond(block: number): CheckpointPayload[]
  statementHashOf(checkpoint: number): string | undefined
  /** What is to be said when the last checkpoint of the log has this number and more are here. */
  missing(last: number): AuditFinding[]
  size: number
}

export type OutsideFile = {
  ofTenant(tenantId: string): OutsideCheckpoints | null
  /** Lines that no key of ours signed. */
  findings: AuditFinding[]
}

/** Reads lines as they come; a line that a crash cut off and the next one repeats says nothing. */
export async function readOutsideCheckpoints(
  lines: AsyncIterable<string> | Iterable<string>,
  read: StatementReader,
): Promise<OutsideFile> {
  const tenants = new Map<string, Kept>()
  const findings: AuditFinding[] = []
  let number = 0
  let unread: { line: string; number: number } | null = null
  const report = () => {
    if (unread === null) return
    const detail = `Line ${unread.number} of the checkpoints is not a statement that was signed with these keys.`
    findings.push(finding('checkpoint_forged', detail))
  }
  for await (const raw of lines) {
    const line = raw.trim()
    if (++number > CHECKPOINTS_MAX)
      throw new RangeError(`More than ${CHECKPOINTS_MAX} checkpoints are not taken at once.`)
    if (line === '') continue
    if (unread && !line.startsWith(unread.line)) report()
    unread = null
    const payload = readCheckpoint(line, read)
    if (payload === null) {
      unread = { line, number }
      continue
    }
    keep(tenants, payload, statementHash(line).toString('hex'), findings)
  }
  report()
  return { findings, ofTenant: tenantId => outsideOf(tenants.get(tenantId)) }
}

type Kept = { byBlock: Map<number, CheckpointPayload[]>; hashes: Map<number, string>; last: number }

function keep(tenants: Map<string, Kept>, payload: CheckpointPayload, hash: string, findings: AuditFinding[]): void {
  const kept = tenants.get(payload.tenant) ?? { byBlock: new Map(), hashes: new Map(), last: 0 }
  tenants.set(payload.tenant, kept)
  const known = kept.hashes.get(payload.checkpoint)
  if (known === hash) return
  if (known !== undefined) {
    const detail = 'Two checkpoints of one number were kept outside: the history has forked.'
    findings.push(finding('checkpoint_replaced', detail, { checkpoint: payload.checkpoint, block: payload.block }))
  }
  kept.hashes.set(payload.checkpoint, hash)
  kept.byBlock.set(payload.block, [...(kept.byBlock.get(payload.block) ?? []), payload])
  kept.last = Math.max(kept.last, payload.checkpoint)
}

function outsideOf(kept: Kept | undefined): OutsideCheckpoints | null {
  if (kept === undefined) return null
  return {
    ofBlock: block => kept.byBlock.get(block) ?? [],
    beyond: block => [...kept.byBlock].flatMap(([number, checkpoints]) => (number > block ? checkpoints : [])),
    statementHashOf: checkpoint => kept.hashes.get(checkpoint),
    missing(last) {
      if (kept.last <= last) return []
      const detail = `Checkpoints up to ${kept.last} were kept outside; the log knows of ${last}.`
      return [finding('checkpoint_missing', detail, { checkpoint: last + 1 })]
    },
    size: kept.hashes.size,
  }
}
