// Adds a line to a file that only grows; it comes back once the line is on the disk.
import { constants, type Stats } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { dirname } from 'node:path'
import { syncFolder } from './sync-folder.ts'

// A link would lead what is kept to a place that nobody chose.
const FLAGS = constants.O_APPEND | constants.O_CREAT | constants.O_RDWR | constants.O_NOFOLLOW
const OWNER_ONLY = 0o600
const NEWLINE = 0x0a

/** `refuse` throws for a file that is not fit to take the line. The file is made with the first line. */
export async function appendLine(path: string, line: string, refuse: (stats: Stats) => void): Promise<void> {
  const file = await open(path, FLAGS, OWNER_ONLY)
  try {
    const stats = await file.stat()
    refuse(stats)
    await file.appendFile(`${(await endsInLine(file, stats.size)) ? '' : '\n'}${line}\n`)
    await file.sync()
    if (stats.size === 0) await syncFolder(dirname(path))
  } finally {
    await file.close()
  }
}

/** False after a crash in the middle of a line, which then stays a line of its own. */
async function endsInLine(file: FileHandle, size: number): Promise<boolean> {
  if (size === 0) return true
  const { buffer } = await file.read(Buffer.alloc(1), 0, 1, size - 1)
  return buffer[0] === NEWLINE
}
