// What Linux says about a process that an earlier run left behind: whose it is, and how to end it.
import { readdir, readFile } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'

/** How often a process that was told to end is looked at. */
const POLL_MS = 20

/** The arguments of a running process, or null when there is none of that id, or it is ending and has none any more. */
export async function commandLine(pid: number): Promise<string[] | null> {
  const raw = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
  return raw === '' ? null : raw.replace(/\0$/, '').split('\0')
}

/**
 * When a process started, in clock ticks since boot (proc(5), field 22): with the id it names one process for good. Null
 * when it has ended, and that it has not while a thread of it is left: its first one may be a zombie before the others,
 * who hold its ports, have got a processor to end on.
 */
export async function startTicks(pid: number): Promise<string | null> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
  if (stat === '') return null
  const afterName = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  if (afterName[0] === 'Z' && (await threads(pid)) <= 1) return null
  return afterName[19] ?? null
}

const threads = (pid: number): Promise<number> =>
  readdir(`/proc/${pid}/task`).then(
    names => names.length,
    () => 0,
  )

export interface EndStep {
  signal: NodeJS.Signals
  waitMs: number
}

/** Sends the signals in turn until the process has ended; true when it has. The caller has checked that it is ours. */
export async function endProcess(pid: number, steps: EndStep[]): Promise<boolean> {
  const started = await startTicks(pid)
  if (started === null) return true
  for (const step of steps) {
    try {
      process.kill(pid, step.signal)
    } catch {
      // Ended between the look and the signal; the wait below sees it.
    }
    const until = performance.now() + step.waitMs
    while (performance.now() < until) {
      if ((await startTicks(pid)) !== started) return true
      await delay(POLL_MS)
    }
  }
  return (await startTicks(pid)) !== started
}
