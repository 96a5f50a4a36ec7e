// The lines of an export or an archive: JSON, one thing a line. A row's hash is of exactly the bytes of its `row`, a
// block's of those of its `block`, so that whoever reads the file needs to write nothing anew.
import { z } from 'zod'

export const EXPORT_FORMAT = 1

const ROW_HEAD = '{"kind":"row","hash":"'
const BLOCK_HEAD = '{"kind":"block","hash":"'
const HASH_LENGTH = 64

/** Whose log it is, where it is kept, and when it was written out. */
type Origin = { tenant: string; region: string; at: Date }

/** `after`: what has left for archives, null for nothing. */
export const headLine = (origin: Origin, after: ArchiveStart | null = null): string =>
  JSON.stringify({ kind: 'export', format: EXPORT_FORMAT, ...origin, after })

export const rowLine = (hash: string, text: string): string => `${ROW_HEAD}${hash}","row":${oneLine(text)}}`

export const blockLine = (hash: string, text: string): string => `${BLOCK_HEAD}${hash}","block":${oneLine(text)}}`

export const checkpointLine = (statement: string): string => JSON.stringify({ kind: 'checkpoint', statement })

/** The first line of an archive, which begins in the middle of the chain. */
export const archiveHeadLine = (origin: Origin, after: ArchiveStart): string =>
  JSON.stringify({ kind: 'archive', format: EXPORT_FORMAT, ...origin, after })

const hash = z.string().regex(/^[0-9a-f]{64}$/)

/** The block, and the checkpoint, that come before, and the signed statement of the archive that ends with that block. */
export const archiveStart = z.strictObject({
  number: z.int().min(0),
  hash,
  rowsThrough: z.int().min(0),
  checkpoint: z.strictObject({ number: z.int().min(1), hash }).nullable(),
  archive: z.string().nullable(),
})

export type ArchiveStart = z.infer<typeof archiveStart>

/** What follows is not sealed yet. */
export const UNSEALED_LINE = JSON.stringify({ kind: 'unsealed' })

export const endLine = (counts: { blocks: number; rows: number }): string => JSON.stringify({ kind: 'end', ...counts })

/** No text that panless wrote has a line break; one that somebody put there must not begin a line. */
const oneLine = (text: string): string => text.replace(/[\r\n]/g, ' ')

/** A row or block as it stands in its line; null when the line is something else. */
export type HashedLine = { kind: 'row' | 'block'; hash: string; text: Buffer }

export function readHashedLine(line: Buffer): HashedLine | null {
  const kind = line[9] === 0x72 ? 'row' : 'block'
  const head = kind === 'row' ? ROW_HEAD : BLOCK_HEAD
  const tail = `","${kind}":`
  const from = head.length + HASH_LENGTH
  const begin = from + tail.length
  // One text for all that stands before the bytes that are hashed, which is quicker than one for each part.
  const before = line.toString('latin1', 0, begin)
  if (line.length < begin + 2 || !before.startsWith(head) || !before.endsWith(tail)) return null
  if (line[line.length - 1] !== 0x7d) return null
  return { kind, hash: before.slice(head.length, from), text: line.subarray(begin, -1) }
}
