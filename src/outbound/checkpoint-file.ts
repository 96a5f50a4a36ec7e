// Checkpoints in a file that only grows: one signed statement a line, on the disk before it counts as kept.
import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { dirname } from 'node:path'
import { type CheckpointCopy, type CheckpointSink, SinkFailed } from './checkpoint-sink.ts'

const FLAGS = constants.O_APPEND | constants.O_CREAT | constants.O_RDWR | constants.O_NOFOLLOW
const MODE = 0o600

export function createCheckpointFile(path: string): CheckpointSink {
  return {
    name: 'file',
    async write({ statement }: CheckpointCopy) {
      let file: FileHandle | undefined
      try {
        file = await open(path, FLAGS, MODE)
        const { mode, size } = await file.stat()
        if ((mode & 0o077) !== 0) throw new SinkFailed('not_private')
        await file.appendFile(`${(await endsInLine(file, size)) ? '' : '\n'}${statement}\n`)
        await file.sync()
        if (size === 0) await syncFolder(dirname(path))
        return null
      } catch (error) {
        throw error instanceof SinkFailed ? error : new SinkFailed('unreachable', error)
      } finally {
        await file?.close()
      }
    },
  }
}

/** False after a crash in the middle of a line, which is then left as it is. */
async function endsInLine(file: FileHandle, size: number): Promise<boolean> {
  if (size === 0) return true
  const { buffer } = await file.read(Buffer.alloc(1), 0, 1, size - 1)
  return buffer[0] === 0x0a
}

/** A new file's name is on the disk only when its folder is. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, constants.O_RDONLY)
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}
