// Hands over every line of a stream of bytes, gzipped or not, holding a chunk of it at a time.
import type { Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'

/** An entry is a few hundred bytes; nothing that panless writes comes near this. */
const LINE_BYTES_MAX = 4 * 1024 * 1024
const CHUNK_BYTES = 1024 * 1024
const NEWLINE = 0x0a

/** A line that is too long: the bytes are none of ours. */
export class LineTooLong extends Error {}

export async function eachLine(bytes: Readable, gzipped: boolean, take: (line: Buffer) => void): Promise<void> {
  const plain = gzipped ? bytes.pipe(createGunzip({ chunkSize: CHUNK_BYTES })) : bytes
  if (gzipped) bytes.on('error', error => plain.destroy(error))
  let rest: Buffer = Buffer.alloc(0)
  for await (const chunk of plain as AsyncIterable<Buffer>) {
    let from = 0
    for (let at = chunk.indexOf(NEWLINE); at >= 0; at = chunk.indexOf(NEWLINE, from)) {
      const line = chunk.subarray(from, at)
      take(from === 0 && rest.length > 0 ? Buffer.concat([rest, line]) : line)
      from = at + 1
    }
    rest = from === 0 ? Buffer.concat([rest, chunk]) : chunk.subarray(from)
    if (rest.length > LINE_BYTES_MAX) throw new LineTooLong()
  }
  if (rest.length > 0) take(rest)
}
