// Where the Postgres of a test run lies: in memory where there is room. Every suite makes and drops some 700 files, and a
// disk may take longer for that than the suite's tests do.
import { statfs } from 'node:fs/promises'
import { tmpdir } from 'node:os'

/** Linux's file system in memory. */
const MEMORY = '/dev/shm'
/** A run has a few databases of some 12 MB at once, and about twice MAX_WAL. */
const ROOM_BYTES = 2 * 1024 ** 3

/** So that the log of writes stays small enough for memory. */
export const MAX_WAL = '256MB'

export async function scratchParent(): Promise<string> {
  const memory = await statfs(MEMORY).catch(() => null)
  const room = memory === null ? 0 : Math.min(memory.bavail * memory.bsize, process.availableMemory())
  return room >= ROOM_BYTES ? MEMORY : tmpdir()
}
