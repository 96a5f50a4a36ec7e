// The bundle as it is shipped: time from start to the first 200, and memory under load.
import { execFile, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { get } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { anyFreePort } from '../../src/dev/ports.ts'
import { drive } from './load.ts'
import type { Measured } from './run.ts'
import { openBenchSite } from './site.ts'

const root = new URL('../../', import.meta.url).pathname
const STARTS = 5

export async function benchBundle(): Promise<Measured[]> {
  await promisify(execFile)(process.execPath, ['src/dev/bundle.ts'], { cwd: root })
  const cache = await mkdtemp(join(tmpdir(), 'panless-bench-cache-'))
  const site = await openBenchSite()
  try {
    const stripe = await site.stripe(0)
    const environment = { STRIPE_API_BASE: stripe, NODE_COMPILE_CACHE: cache }
    const [entry, ...args] = await startLine()
    // Compiled before as in the image: by the same command.
    await promisify(execFile)(process.execPath, [`${root}dist/panless.mjs`, '--version'], { env: environment })
    const first = await site.serve(entry, args, environment)
    await first.stop()
    const starts: number[] = []
    for (let i = 0; i < STARTS; i++)
      starts.push(await startTime([entry, ...args], { ...site.environment, ...environment }, site.ca))
    starts.sort((a, b) => a - b)
    const server = await site.serve(entry, args, environment)
    const headers = { authorization: `Bearer ${site.token('payers:write')}`, 'content-type': 'application/json' }
    let peak = 0
    const sampling = setInterval(
      () => void residentMiB(server.process.pid as number).then(now => (peak = Math.max(peak, now))),
      200,
    )
    await drive({
      inFlight: 50,
      seconds: 8,
      warmUp: 1,
      url: server.url,
      ca: site.ca,
      make: index => ({
        method: 'POST',
        path: '/v1/payers',
        headers: { ...headers, 'idempotency-key': randomUUID() },
        body: JSON.stringify({ short_name: `Bench ${index}` }),
      }),
    })
    clearInterval(sampling)
    return [
      {
        what: 'Bundle, start to first 200',
        value: (starts[Math.floor(STARTS / 2)] as number) / 1000,
        target: 0.6,
        better: 'at most',
        unit: 's',
        figures: `median of ${STARTS}; slowest ${((starts.at(-1) as number) / 1000).toFixed(2)} s`,
      },
      {
        what: 'Bundle, resident memory under load',
        value: peak,
        target: 160,
        better: 'at most',
        unit: 'MiB',
        figures: '50 requests in flight that write',
      },
    ]
  } finally {
    await site.close()
    await rm(cache, { recursive: true, force: true })
  }
}

/** What the image starts, flags of Node and all, with the bundle where it is here. */
async function startLine(): Promise<[string, ...string[]]> {
  const dockerfile = await readFile(`${root}Dockerfile`, 'utf8')
  const [program, ...line] = JSON.parse(/^CMD (\[.*\])$/m.exec(dockerfile)?.[1] ?? '[]') as string[]
  if (program !== 'node') throw new Error('the Dockerfile starts something else than node')
  return line.map(word => (word === 'panless.mjs' ? `${root}dist/panless.mjs` : word)) as [string, ...string[]]
}

async function startTime(line: string[], environment: Record<string, string>, ca: string): Promise<number> {
  const [port, metrics] = [await anyFreePort(), await anyFreePort()]
  const began = performance.now()
  const child = spawn(process.execPath, line, {
    env: { PATH: process.env.PATH, ...environment, PORT: String(port), METRICS_PORT: String(metrics) },
    stdio: 'ignore',
  })
  try {
    while (performance.now() - began < 10_000) {
      if (await answers(`https://localhost:${port}/healthz`, ca)) return performance.now() - began
      await new Promise(resolve => setTimeout(resolve, 5))
    }
    throw new Error('the bundle did not answer within 10 s')
  } finally {
    const ended = new Promise(resolve => child.once('exit', resolve))
    child.kill('SIGTERM')
    await ended
  }
}

const answers = (url: string, ca: string) =>
  new Promise<boolean>(resolve => {
    get(url, { ca, agent: false }, response => {
      response.resume()
      resolve(response.statusCode === 200)
    }).on('error', () => resolve(false))
  })

async function residentMiB(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '')
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? 0) / 1024
}
