// Searches a stream of bytes (a log, a backup, standard input) for card numbers, in bounded memory, compressed or not.
import { pipeline, type Readable } from 'node:stream'
import { createGunzip, createZstdDecompress } from 'node:zlib'
import { scanForCardNumbers } from '../../crypto/pan-scan-text.ts'

const LINES_LISTED_MAX = 20
/** One line can hold many; this is enough to find the source. */
const FINDINGS_MAX = 1_000
const MAGIC_BYTES = 6

/** Where card numbers are in a stream: line numbers from 1 (the first few), and how many places. */
export type BytesScan = { places: number; lines: number[]; bytes: number; unreadable: string | null }

const COMPRESSED: [magic: number[], name: string, open: (() => NodeJS.ReadWriteStream) | null][] = [
  [[0x1f, 0x8b], 'gzip', createGunzip],
  [[0x28, 0xb5, 0x2f, 0xfd], 'zstd', createZstdDecompress],
  [[0xfd, 0x37, 0x7a, 0x58, 0x5a], 'xz', null],
  [[0x42, 0x5a, 0x68], 'bzip2', null],
  [[0x50, 0x4b, 0x03, 0x04], 'zip', null],
  [[0x50, 0x47, 0x44, 0x4d, 0x50], 'pg_dump --format=custom', null],
]

/** Opens gzip and zstd by their first bytes; other compressed forms are told as `unreadable`, never passed over. */
export async function scanBytes(stream: Readable, onBytes: (count: number) => void = () => {}): Promise<BytesScan> {
  const scan: BytesScan = { places: 0, lines: [], bytes: 0, unreadable: null }
  const chunks = stream[Symbol.asyncIterator]()
  let head = Buffer.alloc(0)
  while (head.length < MAGIC_BYTES) {
    const { done, value } = await chunks.next()
    if (done) break
    head = Buffer.concat([head, Buffer.from(value)])
  }
  async function* counted(): AsyncGenerator<Buffer> {
    for (let chunk: Buffer | null = head; chunk !== null; ) {
      scan.bytes += chunk.length
      onBytes(chunk.length)
      yield chunk
      const { done, value }: IteratorResult<unknown> = await chunks.next()
      chunk = done ? null : Buffer.from(value as Buffer)
    }
  }
  const form = COMPRESSED.find(([magic]) => magic.every((byte, index) => head[index] === byte))
  if (form !== undefined && form[2] === null) {
    scan.unreadable = `compressed as ${form[1]}`
    stream.destroy()
    return scan
  }
  try {
    const report = await scanForCardNumbers(form?.[2] ? decompressed(counted(), form[2]()) : counted(), FINDINGS_MAX)
    scan.places = report.count
    scan.lines = [...new Set(report.findings.map(finding => finding.line))].slice(0, LINES_LISTED_MAX)
  } catch (error) {
    if (form === undefined) throw error
    scan.unreadable = `broken ${form[1]}`
  }
  return scan
}

function decompressed(source: AsyncGenerator<Buffer>, through: NodeJS.ReadWriteStream): AsyncIterable<Buffer> {
  // A fault reaches whoever reads: the pipeline destroys the stream with it.
  pipeline(source, through, () => {})
  return through as unknown as AsyncIterable<Buffer>
}
