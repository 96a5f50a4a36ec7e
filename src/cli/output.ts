// What commands print: tables for people, JSON for programs, bars while something takes long.
import progress from 'cli-progress'
import Table from 'cli-table3'

/**
 * A process goes on when what it says leads nowhere, where Node would end it with a stack trace: the reader of a log may
 * be started anew, a disk may be full, and work that has begun is finished.
 */
export function goOnUnheard(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    unread ||= error.code === 'EPIPE'
  })
  process.stderr.on('error', () => {})
}

let unread = false

/** Whether whoever read standard output has had enough, as `head` has. */
export const isUnread = (): boolean => unread

/** Writes a part of a large output; waits for a slow reader, and rejects when there is none. */
export function printPart(text: string): Promise<void> {
  return new Promise((done, fail) => {
    process.stdout.write(text, error => (error ? fail(error) : done()))
  })
}

/** One JSON value on standard output. */
export function printJson(value: unknown): void {
  console.log(JSON.stringify(value, null, 2))
}

/** Without frames and colours, so that a table can be cut and searched. */
export function printTable(head: readonly string[], rows: readonly (readonly (string | number)[])[]): void {
  const table = new Table({
    head: [...head],
    chars: FRAMELESS,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 2 },
  })
  table.push(...rows.map(row => row.map(cell => String(cell))))
  console.log(
    table
      .toString()
      .split('\n')
      .map(line => line.trimEnd())
      .join('\n'),
  )
}

const FRAMELESS = {
  top: '', 'top-mid': '', 'top-left': '', 'top-right': '', bottom: '', 'bottom-mid': '', 'bottom-left': '', 'bottom-right': '',
  left: '', 'left-mid': '', mid: '', 'mid-mid': '', right: '', 'right-mid': '', middle: '',
} // biome-ignore format: one frame, two lines

export type ProgressBar = { update(done: number, total: number): void; stop(): void }

/** A bar on standard error while it is a terminal; nothing otherwise. */
export function progressBar(what: string): ProgressBar {
  const bar = new progress.SingleBar({
    format: `${what} {bar} {percentage} % · {value}/{total} · {eta_formatted} left`,
    clearOnComplete: true,
    hideCursor: true,
    stream: process.stderr,
  })
  let started = false
  return {
    update(done, total) {
      if (!started) bar.start(total, done)
      started = true
      bar.setTotal(Math.max(total, done))
      bar.update(done)
    },
    stop: () => bar.stop(),
  }
}
