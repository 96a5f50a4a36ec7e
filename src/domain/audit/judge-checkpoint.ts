// Holds one signed checkpoint against the chain that is there now.
import type { CheckpointPayload } from './checkpoint.ts'
import { type AuditFinding, finding } from './finding.ts'

export type SealedBlock = { hash: string; rowsThrough: number }

/** `there`: the block that the checkpoint names, if it is there; `last`: the number of the last block. */
export function judgeCheckpoint(
  checkpoint: CheckpointPayload,
  there: SealedBlock | undefined,
  last: { number: number; rowsThrough: number },
): AuditFinding[] {
  const about = { block: checkpoint.block, checkpoint: checkpoint.checkpoint }
  const said = `The checkpoint of ${checkpoint.at}`
  if (checkpoint.block > last.number) {
    const detail =
      `${said} says ${checkpoint.block} blocks and ${checkpoint.rows} entries; ` +
      `the chain ends at block ${last.number} with ${last.rowsThrough} entries.`
    return [finding('tail_cut', detail, about)]
  }
  // A block that is missing before the last one is named where the chain is walked.
  if (!there) return []
  if (there.hash !== checkpoint.head || there.rowsThrough !== checkpoint.rows) {
    const detail = `${said} signed another block ${checkpoint.block} than the one that is there: what was sealed up to it was rewritten.`
    return [finding('history_rewritten', detail, about)]
  }
  return []
}

/** Checkpoints are chained: each names the one before by its hash. */
export const predecessorMissing = (checkpoint: number): AuditFinding =>
  finding(
    'checkpoint_missing',
    `Checkpoint ${checkpoint - 1} is not the one that checkpoint ${checkpoint} follows, or it is gone.`,
    { checkpoint: checkpoint - 1 },
  )

/** In an export: it is held against no block, so a log that was rewritten would pass. */
export const misplaced = ({ checkpoint, block }: CheckpointPayload): AuditFinding =>
  finding('export_damaged', 'A checkpoint stands after another block than its own.', { checkpoint, block })
