// The list of erasures that is kept apart from the database: a file to which lines are added and from which nothing is
// ever taken. One signed statement to a line.
import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { dirname } from 'node:path'

export interface ErasureList {
  /** Comes back once the line is on the disk. */
  append(statement: string): Promise<void>
  /** All lines, oldest first; none while there is no file. */
  read(): Promise<string[]>
}

const OWNER_ONLY = 0o600
const GROUP_AND_OTHERS = 0o077
const NEWLINE = 0x0a
/** About half a million erasures. */
const MAX_BYTES = 256 * 1024 * 1024

/** Opens nothing yet: the file is made with the first line. */
export function openErasureList(path: string): ErasureList {
  return {
    async append(statement) {
      const file = await open(path, constants.O_RDWR | constants.O_APPEND | constants.O_CREAT, OWNER_ONLY)
      try {
        const size = await judge(file)
        // A line that was cut off by a crash stays a line of its own.
        const broken = size > 0 && !(await endsWithNewline(file, size))
        await file.appendFile(`${broken ? '\n' : ''}${statement}\n`)
        await file.sync()
        if (size === 0) await syncFolder(dirname(path))
      } finally {
        await file.close()
      }
    },
    async read() {
      let file: FileHandle
      try {
        file = await open(path, constants.O_RDONLY)
      } catch (error) {
        if ((error as { code?: string }).code === 'ENOENT') return []
        throw error
      }
      try {
        await judge(file)
        return (await file.readFile('utf8')).split('\n').filter(line => line !== '')
      } finally {
        await file.close()
      }
    },
  }
}

/** The size of a file that is fit to be the list. */
async function judge(file: FileHandle): Promise<number> {
  const stat = await file.stat()
  if (!stat.isFile()) throw new Error('the list of erasures is not a regular file')
  if ((stat.mode & GROUP_AND_OTHERS) !== 0)
    throw new Error('the list of erasures is open to others; set its mode to 0600')
  if (stat.size > MAX_BYTES) throw new Error('the list of erasures is too large')
  return stat.size
}

async function endsWithNewline(file: FileHandle, size: number): Promise<boolean> {
  const { buffer } = await file.read(Buffer.alloc(1), 0, 1, size - 1)
  return buffer[0] === NEWLINE
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, constants.O_RDONLY)
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}
