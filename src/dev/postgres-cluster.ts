// One Postgres cluster on this machine: made by initdb, started on a unix socket and loopback, stopped, recovered.
import { type ChildProcess, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chown, lstat, mkdir, open, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { commandLine, type EndStep, endProcess } from './os-processes.ts'
import { type PostgresBinaries, type RunAs, serverUser, spawnAs } from './postgres-binaries.ts'

export interface ClusterOptions {
  dataDir: string
  binaries: PostgresBinaries
  port: number
  superuserPassword: string
  logFile: string
  /** Settings of postgresql.conf, over {@link QUIET_SETTINGS}. */
  settings?: Record<string, string>
  /** The folder of a throwaway cluster, removed when the cluster stops or the process that started it is gone. */
  scratchFolder?: string
}

export interface Cluster {
  pid: number
  port: number
  socketDir: string
  /** Resolves when the server has ended, whoever ended it. */
  exited: Promise<void>
  stop(): Promise<void>
}

/** sun_path holds 107 bytes; the socket's own name takes 17 (`/.s.PGSQL.65535` and the lock file's suffix aside). */
const SOCKET_DIR_MAX_BYTES = 107 - '/.s.PGSQL.65535.lock'.length

/** A fresh cluster is ready in 0.2 s; crash recovery of a large one may take long. */
const READY_TIMEOUT_MS = 60_000
const POLL_MS = 20

/** Fast shutdown first (open transactions are rolled back), then immediate: the next start replays the log. */
const STOP_STEPS: EndStep[] = [
  { signal: 'SIGINT', waitMs: 10_000 },
  { signal: 'SIGQUIT', waitMs: 5_000 },
]

/** What callers send stays out of the server's log: no statements, no parameters, no failing rows, no error texts. */
const QUIET_SETTINGS: Record<string, string> = {
  log_min_messages: 'log',
  log_min_error_statement: 'panic',
  log_error_verbosity: 'terse',
  log_parameter_max_length: '0',
  log_parameter_max_length_on_error: '0',
  log_statement: 'none',
  log_checkpoints: 'off',
  log_timezone: 'UTC',
  timezone: 'UTC',
  password_encryption: 'scram-sha-256',
}

/** Makes the cluster if it is not there, ends a server that an earlier run of ours left, and starts it. */
export async function startCluster(options: ClusterOptions): Promise<Cluster> {
  const { dataDir, binaries } = options
  const runAs = await serverUser(binaries.postgres, dirname(dataDir))
  const socketDir = socketDirectory(dataDir)
  if (!(await isInitialized(dataDir))) await initialize(options, runAs)
  await endLeftoverPostgres(dataDir)
  await makePrivateFolder(socketDir, runAs)
  const settings: Record<string, string> = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: socketDir,
    unix_socket_permissions: '0700',
    ...QUIET_SETTINGS,
    ...options.settings,
  }
  const args = ['-D', dataDir, '-p', String(options.port)]
  for (const [name, value] of Object.entries(settings)) args.push('-c', `${name}=${value}`)
  const child = await spawnServer(runAs, binaries.postgres, args, options.logFile)
  const pid = child.pid as number
  const exited = new Promise<void>(done => child.once('exit', () => done()))
  const guard = startGuard(pid, dataDir, socketDir, options.scratchFolder)
  const stop = async () => {
    await endProcess(pid, STOP_STEPS)
    await exited
    guard.kill('SIGKILL')
    guard.stdin?.destroy()
    await rm(socketDir, { recursive: true, force: true })
    if (options.scratchFolder !== undefined) await rm(options.scratchFolder, { recursive: true, force: true })
  }
  try {
    await waitUntilReady(child, options)
  } catch (cause) {
    await stop()
    throw cause
  }
  return { pid, port: options.port, socketDir, exited, stop }
}

/** Beside the data when the path is short enough for a socket, else in the system's temporary folder. */
function socketDirectory(dataDir: string): string {
  const near = join(dirname(dataDir), 'socket')
  if (Buffer.byteLength(near) <= SOCKET_DIR_MAX_BYTES) return near
  const name = createHash('sha256').update(dataDir).digest('hex').slice(0, 16)
  return join(tmpdir(), `panless-${process.getuid?.() ?? 0}-${name}`)
}

async function isInitialized(dataDir: string): Promise<boolean> {
  return lstat(join(dataDir, 'PG_VERSION')).then(
    () => true,
    () => false,
  )
}

/** initdb into a folder beside, renamed when complete: an interrupted start leaves no half-made cluster. */
async function initialize(options: ClusterOptions, runAs: RunAs): Promise<void> {
  const making = `${options.dataDir}.making`
  const passwordFile = `${options.dataDir}.password`
  await rm(making, { recursive: true, force: true })
  await makePrivateFolder(making, runAs)
  await writeFile(passwordFile, `${options.superuserPassword}\n`, { mode: 0o600 })
  if (runAs.uid !== undefined) await chown(passwordFile, runAs.uid, runAs.gid as number)
  try {
    const { program, args, user } = spawnAs(runAs, options.binaries.initdb, [
      `--pgdata=${making}`,
      '--username=postgres',
      `--pwfile=${passwordFile}`,
      '--auth=scram-sha-256',
      '--encoding=UTF8',
      '--no-locale',
      ...(options.scratchFolder === undefined ? [] : ['--no-sync']),
    ])
    const child = spawn(program, args, { ...user, env: serverEnvironment, stdio: ['ignore', 'ignore', 'pipe'] })
    let complaint = ''
    child.stderr?.on('data', chunk => {
      complaint = (complaint + String(chunk)).slice(-2000)
    })
    const code = await new Promise((done, fail) => child.once('close', done).once('error', fail))
    if (code !== 0) throw new Error(`initdb failed (exit code ${code}): ${complaint.trim()}`)
  } finally {
    await rm(passwordFile, { force: true })
  }
  await rename(making, options.dataDir)
}

/** Nothing of our own environment reaches Postgres. */
const serverEnvironment = { LC_ALL: 'C', TZ: 'UTC', PATH: '/usr/bin:/bin' }

async function spawnServer(runAs: RunAs, postgres: string, serverArgs: string[], logFile: string) {
  const { program, args, user } = spawnAs(runAs, postgres, serverArgs)
  const log = await open(logFile, 'a', 0o600)
  try {
    // A session of its own: Ctrl-C in the terminal must not stop it before those who use it.
    return spawn(program, args, {
      ...user,
      env: serverEnvironment,
      stdio: ['ignore', log.fd, log.fd],
      detached: true,
      cwd: '/',
    })
  } finally {
    await log.close()
  }
}

/** A shell that waits for our end of a pipe to close, however we end, and then stops the server if it still runs. */
function startGuard(pid: number, dataDir: string, socketDir: string, scratchFolder?: string): ChildProcess {
  const extra = scratchFolder === undefined ? [] : [scratchFolder]
  const script = `cat >/dev/null
    if tr '\\0' '\\n' <"/proc/$1/cmdline" 2>/dev/null | grep -qxF -- "$2"; then
      kill -INT "$1"
      while kill -0 "$1" 2>/dev/null && [ -e "$2/postmaster.pid" ]; do sleep 0.1; done
    fi
    rm -rf -- "$3" "\${4:-$3}"`
  const guard = spawn('/bin/sh', ['-c', script, 'panless-postgres-guard', String(pid), dataDir, socketDir, ...extra], {
    stdio: ['pipe', 'ignore', 'ignore'],
    env: serverEnvironment,
    detached: true,
    cwd: '/',
  })
  guard.unref()
  if (guard.stdin instanceof Socket) guard.stdin.unref()
  return guard
}

/** The server writes its state into line 8 of its pid file. */
async function waitUntilReady(child: ChildProcess, options: ClusterOptions): Promise<void> {
  const until = performance.now() + READY_TIMEOUT_MS
  while (performance.now() < until) {
    if (child.exitCode !== null || child.signalCode !== null) {
      throw new Error(`Postgres ended while starting. Its log: ${options.logFile}`)
    }
    const lines = await postmasterFile(options.dataDir)
    if (Number(lines[0]) === child.pid && lines[7]?.trim() === 'ready') return
    await delay(POLL_MS)
  }
  throw new Error(`Postgres was not ready after ${READY_TIMEOUT_MS / 1000} s. Its log: ${options.logFile}`)
}

async function postmasterFile(dataDir: string): Promise<string[]> {
  const text = await readFile(join(dataDir, 'postmaster.pid'), 'utf8').catch(() => '')
  return text.split('\n')
}

/**
 * Ends a server that a killed run left, only when its pid file is in our data directory and its command line names that
 * directory; a pid file whose process is gone or is somebody else's is stale and removed.
 */
export async function endLeftoverPostgres(dataDir: string): Promise<void> {
  const pid = Number((await postmasterFile(dataDir))[0])
  if (!Number.isInteger(pid) || pid <= 1) return
  const args = await commandLine(pid)
  const ours = args?.some((arg, at) => arg === '-D' && args[at + 1] === dataDir)
  if (ours && !(await endProcess(pid, STOP_STEPS))) {
    throw new Error(`The Postgres of an earlier start (process ${pid}) does not end. End it by hand and start again.`)
  }
  await rm(join(dataDir, 'postmaster.pid'), { force: true })
}

/** A folder that its owner alone enters; one that somebody else prepared under our name is refused. */
async function makePrivateFolder(path: string, runAs: RunAs): Promise<void> {
  await mkdir(path, { recursive: true, mode: 0o700 })
  const info = await lstat(path)
  const allowed = [process.getuid?.() ?? 0, runAs.uid ?? -1]
  if (!info.isDirectory() || !allowed.includes(info.uid) || (info.mode & 0o077) !== 0) {
    throw new Error(`${path} exists and is not a private folder of ours. Remove it and start again.`)
  }
  if (runAs.uid !== undefined) await chown(path, runAs.uid, runAs.gid as number)
}
