// What all benches share: a Postgres that syncs to disk, a Stripe stub, an issuer, and servers in processes of their own.
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import postgres from 'postgres'
import { migrateDatabase } from '../../src/cli/migrate.ts'
import { ensureCertificates } from '../../src/dev/certificates.ts'
import { anyFreePort } from '../../src/dev/ports.ts'
import { admitService, type RunningPostgres, startScratchPostgres } from '../../src/dev/postgres.ts'
import { createKeyringFile } from '../../src/keyring/file-keyring.ts'
import { accessToken } from '../support/api-client.ts'
import { type IssuerKey, makeKey, startTestIssuer, type TestIssuer } from '../support/test-issuer.ts'

export type BenchSite = {
  postgres: RunningPostgres
  ca: string
  environment: Record<string, string>
  token: (scope: string) => string
  /** Starts a TypeScript file (or panless itself) with the environment; resolves when it answers on its port. */
  serve(entry: string, args?: string[], environment?: Record<string, string>): Promise<RunningServerProcess>
  stripe(delayMs: number): Promise<string>
  /** What autovacuum does within a minute: statistics for tables that have just been filled, so that plans fit them. */
  analyze(): Promise<void>
  close(): Promise<void>
}

export type RunningServerProcess = { url: string; process: ChildProcess; stop(): Promise<void> }

const AUDIENCE = 'https://panless.bench/api'

export async function openBenchSite(): Promise<BenchSite> {
  const folder = await mkdtemp(join(tmpdir(), 'panless-bench-'))
  const children: ChildProcess[] = []
  const key: IssuerKey = makeKey('bench', 'EdDSA')
  const [server, certificates, issuer]: [RunningPostgres, Awaited<ReturnType<typeof ensureCertificates>>, TestIssuer] =
    await Promise.all([
      startScratchPostgres({ settings: { fsync: 'on', synchronous_commit: 'on', full_page_writes: 'on' } }),
      ensureCertificates(join(folder, 'tls')),
      startTestIssuer([key]),
    ])
  await migrateDatabase(server.ownerUrl)
  await admitService(server.ownerUrl)
  const keyringFile = join(folder, 'keyring.json')
  await createKeyringFile(keyringFile)
  const environment = {
    DATABASE_URL: server.appSocketUrl,
    DATABASE_POOL_MAX: '4',
    DEFAULT_TENANT: 'bench',
    STRIPE_SECRET_KEY: 'sk_test_bench',
    STRIPE_PUBLISHABLE_KEY: 'pk_test_bench',
    STRIPE_WEBHOOK_SECRET: 'whsec_bench_secret',
    STRIPE_REQUESTS_PER_SECOND: '0',
    AUTH_ISSUER: issuer.url,
    AUTH_AUDIENCE: AUDIENCE,
    TLS_CERT_FILE: certificates.certFile,
    TLS_KEY_FILE: certificates.keyFile,
    KEYRING_FILE: keyringFile,
    HOST: '127.0.0.1',
    LOG_LEVEL: 'warn',
    RATE_LIMIT_PER_SECOND: '100000',
    CARD_TESTING_PER_PAYER: '100000',
    CARD_TESTING_PER_ADDRESS: '1000000',
  }
  const ca = await readFile(certificates.caFile, 'utf8')

  function start(entry: string, args: string[], env: Record<string, string>): ChildProcess {
    const child = spawn(process.execPath, [entry, ...args], {
      env: { PATH: process.env.PATH, ...env },
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    children.push(child)
    return child
  }

  return {
    postgres: server,
    ca,
    environment,
    token: scope =>
      accessToken(key, issuer.url, AUDIENCE, {
        tenant: 'bench',
        scope,
        client_id: 'bench',
        exp: Math.floor(Date.now() / 1000) + 3000,
      }),
    async serve(entry, args = [], extra = {}) {
      const [port, metricsPort] = [await anyFreePort(), await anyFreePort()]
      const child = start(entry, args, {
        ...environment,
        PORT: String(port),
        METRICS_PORT: String(metricsPort),
        ...extra,
      })
      child.stdout?.resume()
      const url = `https://localhost:${port}`
      await untilAnswers(url, ca, child)
      return { url, process: child, stop: () => end(child) }
    },
    async stripe(delayMs) {
      const child = start(new URL('./stripe-stub.ts', import.meta.url).pathname, [JSON.stringify({ delayMs })], {})
      const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream })
      for await (const line of lines) return line
      throw new Error('the Stripe stub did not start')
    },
    async analyze() {
      const sql = postgres(server.superuserUrl, { max: 1, onnotice: () => {} })
      await sql`analyze`
      await sql.end()
    },
    async close() {
      await Promise.all(children.map(end))
      await issuer.stop()
      await server.stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

async function untilAnswers(url: string, ca: string, child: ChildProcess): Promise<void> {
  const { get } = await import('node:https')
  for (let tries = 0; tries < 400; tries++) {
    if (child.exitCode !== null) throw new Error(`a server ended with ${child.exitCode} before it answered`)
    const status = await new Promise<number>(resolve => {
      get(`${url}/healthz`, { ca, agent: false }, response => {
        response.resume()
        resolve(response.statusCode ?? 0)
      }).on('error', () => resolve(0))
    })
    if (status === 200) return
    await new Promise(resolve => setTimeout(resolve, 25))
  }
  throw new Error('a server did not answer')
}

function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve()
  return new Promise(resolve => {
    child.once('exit', () => resolve())
    child.kill('SIGTERM')
    setTimeout(() => child.kill('SIGKILL'), 5_000).unref()
  })
}
