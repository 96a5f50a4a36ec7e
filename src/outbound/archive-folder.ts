// A folder of archive files: written under another name, on the disk, and only then called by their own.
import { createHash } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { open, readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable, Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import { eachLine } from './each-line.ts'
import { withLineEnds } from './line-ends.ts'
import { syncFolder } from './sync-folder.ts'

export type ArchiveFolder = {
  /** Writes lines as a gzipped file; gives its SHA-256. A file of that name is replaced. */
  write(file: string, lines: AsyncIterable<string>): Promise<Buffer>
  /** Hands over the lines and gives the file's SHA-256; null when there is no such file. */
  read(file: string, take: (line: Buffer) => void): Promise<Buffer | null>
  /** Whether there was such a file. */
  remove(file: string): Promise<boolean>
  list(): Promise<string[]>
}

export function openArchiveFolder(folder: string): ArchiveFolder {
  return {
    async write(file, lines) {
      const path = join(folder, file)
      const digest = createHash('sha256')
      const into = createWriteStream(`${path}.part`, { mode: 0o600, flush: true })
      await pipeline(Readable.from(withLineEnds(lines)), createGzip(), hashing(digest), into)
      await rename(`${path}.part`, path)
      await syncFolder(folder)
      return digest.digest()
    },
    async read(file, take) {
      const handle = await open(join(folder, file)).catch(error => {
        if (error.code === 'ENOENT') return null
        throw error
      })
      if (handle === null) return null
      const digest = createHash('sha256')
      const bytes = handle.createReadStream()
      const hashed = hashing(digest)
      bytes.on('error', error => hashed.destroy(error))
      try {
        await eachLine(bytes.pipe(hashed), true, take)
      } finally {
        await handle.close()
      }
      return digest.digest()
    },
    async remove(file) {
      const there = (await readdir(folder)).includes(file)
      await rm(join(folder, file), { force: true })
      await syncFolder(folder)
      return there
    },
    list: () => readdir(folder),
  }
}

const hashing = (digest: ReturnType<typeof createHash>): Transform =>
  new Transform({
    transform(chunk: Buffer, _, done) {
      digest.update(chunk)
      done(null, chunk)
    },
  })
