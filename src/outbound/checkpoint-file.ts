// Checkpoints in a file that only grows: one signed statement a line, on the disk before it counts as kept.
import { appendLine } from './append-line.ts'
import { type CheckpointCopy, type CheckpointSink, SinkFailed } from './checkpoint-sink.ts'

const GROUP_AND_OTHERS = 0o077

export function createCheckpointFile(path: string): CheckpointSink {
  return {
    name: 'file',
    async write({ statement }: CheckpointCopy) {
      try {
        await appendLine(path, statement, ({ mode }) => {
          if ((mode & GROUP_AND_OTHERS) !== 0) throw new SinkFailed('not_private')
        })
        return null
      } catch (error) {
        throw error instanceof SinkFailed ? error : new SinkFailed('unreachable', error)
      }
    },
  }
}
