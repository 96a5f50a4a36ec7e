// The list of erasures that is kept apart from the database: a file to which lines are added and from which nothing is
// ever taken. One signed statement to a line.
import { constants, type Stats } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { appendLine } from './append-line.ts'

export interface ErasureList {
  /** Comes back once the line is on the disk. */
  append(statement: string): Promise<void>
  /** All lines, oldest first; none while there is no file. */
  read(): Promise<string[]>
}

const GROUP_AND_OTHERS = 0o077
/** About half a million erasures. */
const MAX_BYTES = 256 * 1024 * 1024

/** Opens nothing yet: the file is made with the first line. */
export function openErasureList(path: string): ErasureList {
  return {
    async append(statement) {
      await appendLine(path, statement, refuseUnfit)
    },
    async read() {
      let file: FileHandle
      try {
        file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW)
      } catch (error) {
        const { code } = error as { code?: string }
        if (code === 'ENOENT') return []
        // Nothing could be added to it either.
        if (code === 'ELOOP') throw new Error('the list of erasures is a link; name the file that it leads to')
        throw error
      }
      try {
        refuseUnfit(await file.stat())
        return (await file.readFile('utf8')).split('\n').filter(line => line !== '')
      } finally {
        await file.close()
      }
    },
  }
}

function refuseUnfit(stats: Stats): void {
  if (!stats.isFile()) throw new Error('the list of erasures is not a regular file')
  if ((stats.mode & GROUP_AND_OTHERS) !== 0)
    throw new Error('the list of erasures is open to others; set its mode to 0600')
  if (stats.size > MAX_BYTES) throw new Error('the list of erasures is too large')
}
