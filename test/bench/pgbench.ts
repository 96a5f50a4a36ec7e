// The ceiling: the same SQL from 8 prepared connections, by pgbench where it is on the PATH, else by postgres.js.
import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import postgres from 'postgres'
import { connectionTarget } from '../../src/db/client.ts'

const run = promisify(execFile)
const CLIENTS = 8
const SECONDS = 5

export type Ceiling = { perSecond: number; by: string }

/** `script` is one statement of pgbench, whose rows differ by what SQL itself draws. */
export async function ceiling(url: string, script: string): Promise<Ceiling> {
  const hasPgbench = await run('pgbench', ['--version']).then(
    () => true,
    () => false,
  )
  return hasPgbench ? byPgbench(url, script) : byConnections(url, script)
}

async function byPgbench(url: string, script: string): Promise<Ceiling> {
  const folder = await mkdtemp(join(tmpdir(), 'panless-pgbench-'))
  try {
    const file = join(folder, 'script.sql')
    await writeFile(file, `${script.replaceAll('\n', ' ')};\n`)
    const target = connectionTarget({ url })
    const parsed = new URL(target.url)
    const environment = {
      ...process.env,
      PGHOST: target.host ?? parsed.hostname,
      PGPORT: String(target.port ?? parsed.port),
      PGUSER: parsed.username,
      PGPASSWORD: decodeURIComponent(parsed.password),
      PGDATABASE: parsed.pathname.slice(1),
    }
    const args = ['-n', '-M', 'prepared', '-c', String(CLIENTS), '-j', '2', '-T', String(SECONDS), '-f', file]
    const { stdout } = await run('pgbench', args, { env: environment })
    const tps = /tps = ([\d.]+) \(without initial connection time\)/.exec(stdout)?.[1]
    if (!tps) throw new Error('pgbench printed no rate')
    return { perSecond: Number(tps), by: 'pgbench, 8 clients, prepared' }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function byConnections(url: string, script: string): Promise<Ceiling> {
  const { url: bare, ...target } = connectionTarget({ url })
  const sql = postgres(bare, { ...target, max: CLIENTS, onnotice: () => {} })
  const until = performance.now() + SECONDS * 1000
  let done = 0
  const lane = async () => {
    while (performance.now() < until) {
      await sql.unsafe(script, [], { prepare: true })
      done++
    }
  }
  await Promise.all(Array.from({ length: CLIENTS }, lane))
  await sql.end()
  return { perSecond: done / SECONDS, by: '8 prepared connections' }
}
