// The child processes of the embedded environment: started, watched, ended together, and found again after a kill.
import { type ChildProcess, fork } from 'node:child_process'
import { open, readFile, rename, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { commandLine, type EndStep, endProcess, startTicks } from './os-processes.ts'
import { readPrivateJson, writePrivateFile } from './private-files.ts'

export interface ChildOptions {
  /** Names the log file `logs/<name>.log`. */
  name: string
  entry: string
  /** Sent to the child as the first message: secrets have no place on a command line. */
  given?: object
  /** The whole environment of the child; nothing of ours is passed on. */
  env?: Record<string, string>
}

export interface ProcessGroup {
  /** Starts a child and resolves with what it reported once ready; rejects when it ends before. */
  start(options: ChildOptions): Promise<unknown>
  /** Runs a child to its end; rejects when that is not a success. */
  run(options: ChildOptions): Promise<void>
  /** Rejects when a child ends that nobody asked to end. */
  failed: Promise<never>
  /** Ends all children, the last started first; resolves when none is left. */
  stop(): Promise<void>
}

/** What `processes.json` keeps of a process; with its start it names one process for good. */
interface ProcessRecord {
  name: string
  pid: number
  startTicks: string
  commandLine: string[]
}

/** A graceful stop of the service takes at most 30 s. */
const STOP_STEPS: EndStep[] = [
  { signal: 'SIGTERM', waitMs: 32_000 },
  { signal: 'SIGKILL', waitMs: 5_000 },
]
/** Nothing waits for what an earlier run left behind. */
const LEFTOVER_STEPS: EndStep[] = [
  { signal: 'SIGTERM', waitMs: 3_000 },
  { signal: 'SIGKILL', waitMs: 5_000 },
]
const READY_TIMEOUT_MS = 60_000
/** A longer log is put aside as `.old` at the next start. */
const LOG_MAX_BYTES = 20 * 1024 * 1024
/** How much of a log is shown when its process failed. */
const LOG_TAIL_CHARACTERS = 2_000

/** A group whose logs and records are kept in this folder, which holds a folder `logs`. */
export function openProcessGroup(folder: string, stopSteps: EndStep[] = STOP_STEPS): ProcessGroup {
  const children: { child: ChildProcess; exited: Promise<void> }[] = []
  const records: ProcessRecord[] = []
  let recorded = Promise.resolve()
  let stopping = false
  let fail: (cause: Error) => void
  const failed = new Promise<never>((_, reject) => {
    fail = reject
  })
  failed.catch(() => {})

  const launch = async (options: ChildOptions) => {
    if (stopping) throw new Error(`${options.name} is not started: everything is being stopped.`)
    const logFile = join(folder, 'logs', `${options.name}.log`)
    const child = await forkChild(options, logFile)
    const exited = new Promise<void>(done => child.once('exit', () => done()))
    children.push({ child, exited })
    const ended = exited.then(async () => {
      const how = child.signalCode ?? `exit code ${child.exitCode}`
      return new Error(`${options.name} ended (${how}).\n${await logTail(logFile)}Its log: ${logFile}`)
    })
    const ready = untilReady(child, options.name, logFile)
    ready.catch(() => {})
    const record = await recordOf(options.name, child.pid as number)
    if (record !== null) records.push(record)
    // One after the other: of two at once the one with fewer records could be the last.
    recorded = recorded.then(() => writePrivateFile(recordFile(folder), JSON.stringify(records, null, 2)))
    await recorded
    return { child, ended, ready }
  }

  const start = async (options: ChildOptions): Promise<unknown> => {
    const { ended, ready } = await launch(options)
    const report = await Promise.race([ready, ended.then(cause => Promise.reject(cause))])
    ended.then(cause => stopping || fail(cause))
    return report
  }

  const run = async (options: ChildOptions): Promise<void> => {
    const { child, ended } = await launch(options)
    const cause = await ended
    if (child.exitCode !== 0) throw cause
  }

  const stop = async () => {
    stopping = true
    for (const { child, exited } of children.toReversed()) {
      if (child.pid !== undefined && child.exitCode === null && child.signalCode === null) {
        await endProcess(child.pid, stopSteps)
        await exited
      }
    }
    await writePrivateFile(recordFile(folder), '[]')
  }

  return { start, run, failed, stop }
}

/**
 * Ends what a killed run left, only when process, start time and command line are those that were written down; one that
 * is ending already has no command line any more, and is waited for.
 */
export async function endLeftovers(folder: string): Promise<void> {
  const records = (await readPrivateJson<ProcessRecord[]>(recordFile(folder))) ?? []
  await Promise.all(
    records.map(async record => {
      const [ticks, args] = await Promise.all([startTicks(record.pid), commandLine(record.pid)])
      const ours = ticks === record.startTicks && (args === null || isDeepStrictEqual(args, record.commandLine))
      if (!ours) return
      if (!(await endProcess(record.pid, LEFTOVER_STEPS))) {
        throw new Error(`${record.name} of an earlier start (process ${record.pid}) does not end. End it by hand.`)
      }
    }),
  )
}

const recordFile = (folder: string) => join(folder, 'processes.json')

async function recordOf(name: string, pid: number): Promise<ProcessRecord | null> {
  const [ticks, args] = await Promise.all([startTicks(pid), commandLine(pid)])
  return ticks === null || args === null ? null : { name, pid, startTicks: ticks, commandLine: args }
}

async function forkChild(options: ChildOptions, logFile: string): Promise<ChildProcess> {
  const size = await stat(logFile).then(
    info => info.size,
    () => 0,
  )
  if (size > LOG_MAX_BYTES) await rename(logFile, `${logFile}.old`)
  const log = await open(logFile, 'a', 0o600)
  try {
    const child = fork(options.entry, [], {
      env: options.env ?? {},
      execArgv: [],
      // The child sees the end of its input, and of the channel, when this process is gone, however it went.
      stdio: ['pipe', log.fd, log.fd, 'ipc'],
      // A session of its own: Ctrl-C in the terminal is ours to pass on, in order.
      detached: true,
    })
    // A child that ends at once closes the channel before it has read; its exit says what there is to say.
    if (options.given !== undefined) child.send(options.given, () => {})
    return child
  } finally {
    await log.close()
  }
}

function untilReady(child: ChildProcess, name: string, logFile: string): Promise<unknown> {
  return new Promise((done, fail) => {
    const late = () => fail(new Error(`${name} was not ready after ${READY_TIMEOUT_MS / 1000} s. Its log: ${logFile}`))
    const timer = setTimeout(late, READY_TIMEOUT_MS)
    child.once('error', fail)
    child.once('exit', () => clearTimeout(timer))
    child.on('message', (message: { ready?: unknown }) => {
      if (message?.ready === undefined) return
      clearTimeout(timer)
      done(message.ready)
    })
  })
}

async function logTail(logFile: string): Promise<string> {
  const text = await readFile(logFile, 'utf8').catch(() => '')
  const tail = text.slice(-LOG_TAIL_CHARACTERS).trim()
  return tail === '' ? '' : `${tail}\n`
}
