/** Keeps the state in a file: one JSON line for each changed record, written every 100 ms, compacted at start. */
import {
  appendFileSync,
  closeSync,
  createReadStream,
  existsSync,
  fsyncSync,
  openSync,
  renameSync,
  writeSync,
} from 'node:fs'
import { appendFile } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import type { Identified } from './collection.ts'

/** At most this much is lost when the simulator itself is killed. */
const FLUSH_EVERY_MS = 100

/** Account (or '*' for the simulator itself), collection, id, record; null means removed. */
export type JournalLine = [scope: string, collection: string, id: string, record: Identified | null]

export class Journal {
  #file: string
  #changed = new Map<string, JournalLine>()
  #timer: NodeJS.Timeout | null = null
  #writing: Promise<void> = Promise.resolve()
  #closed = false

  constructor(file: string) {
    this.#file = file
  }

  /** Calls `take` for each line of the file. A last line that a crash cut off is left out. */
  async read(take: (line: JournalLine) => void): Promise<void> {
    if (!existsSync(this.#file)) return
    for await (const text of createInterface({ input: createReadStream(this.#file, 'utf8'), crlfDelay: Infinity })) {
      const line = parseLine(text)
      if (line) take(line)
    }
  }

  /** Replaces the file with `lines`, atomically. */
  rewrite(lines: Iterable<JournalLine>): void {
    const fresh = `${this.#file}.new`
    const handle = openSync(fresh, 'w', 0o600)
    for (const line of lines) writeSync(handle, `${JSON.stringify(line)}\n`)
    fsyncSync(handle)
    closeSync(handle)
    renameSync(fresh, this.#file)
  }

  /** Notes that a record changed; the newest state of it is what will be written. */
  note(scope: string, collection: string, id: string, record: Identified | null): void {
    if (this.#closed) return
    this.#changed.set(`${scope} ${collection} ${id}`, [scope, collection, id, record])
    this.#timer ??= setTimeout(() => this.#flush(), FLUSH_EVERY_MS)
  }

  #flush(): void {
    this.#timer = null
    const text = this.#takeText()
    this.#writing = this.#writing.then(() => appendFile(this.#file, text, { mode: 0o600 }))
  }

  #takeText(): string {
    let text = ''
    for (const line of this.#changed.values()) text += `${JSON.stringify(line)}\n`
    this.#changed.clear()
    return text
  }

  async close(): Promise<void> {
    this.#closed = true
    if (this.#timer) clearTimeout(this.#timer)
    await this.#writing
    appendFileSync(this.#file, this.#takeText(), { mode: 0o600 })
  }
}

function parseLine(text: string): JournalLine | null {
  try {
    const line: unknown = JSON.parse(text)
    return Array.isArray(line) && line.length === 4 ? (line as JournalLine) : null
  } catch {
    return null
  }
}
