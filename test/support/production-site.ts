// panless as it runs in production: processes of the bundle in an empty directory, with nothing but
// environment variables, the app's and the migrating role apart, certificate files, and an issuer of the test's own.
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { inject } from 'vitest'
import { ensureCertificates } from '../../src/dev/certificates.ts'
import { anyFreePort } from '../../src/dev/ports.ts'
import { startStripeSimulator } from '../../src/dev/stripe-simulator/start.ts'
import type { Role } from '../../src/domain/permissions.ts'
import { createKeyringFile } from '../../src/keyring/file-keyring.ts'
import { type ApiClient, accessToken, closeConnections, createClient, scopesOf } from './api-client.ts'
import type { StripeIntent } from './charge-storm.ts'
import { createSuiteDatabase, type SuiteDatabase } from './database.ts'
import { asSuperuser } from './database-contents.ts'
import { makeKey, startTestIssuer } from './test-issuer.ts'

const run = promisify(execFile)
const AUDIENCE = 'https://vault.production.test'
export const SECRET_KEY = 'sk_test_production'
const WEBHOOK_SECRET = 'whsec_production_secret'

export type Service = { url: string; child: ChildProcess; kill(): Promise<void>; stop(): Promise<number | null> }

export type ProductionSite = {
  database: SuiteDatabase
  folder: string
  /** What every process of it is started with. */
  environment: Readonly<Record<string, string>>
  serve(extra?: Record<string, string>): Promise<Service>
  work(): Promise<ChildProcess>
  keyringFile: string
  /** A command that is left to run, or to be killed. */
  begin(args: string[], extra?: Record<string, string>): ChildProcess
  /** A command of panless with the environment; resolves with what it printed. */
  command(args: string[], extra?: Record<string, string>): Promise<{ code: number; stdout: string; stderr: string }>
  /** As if the time had passed in which a process may still seal with an older version: a rotation waits for that. */
  leasesEnd(): Promise<void>
  /** As `clientId`, or as the client that is named for its role. */
  client(service: Service, role: Role, clientId?: string): ApiClient
  withToken(service: Service, token: string): ApiClient
  control(method: string, path: string, body?: unknown): Promise<unknown>
  intents(query: Record<string, string>): Promise<{ data: StripeIntent[]; has_more: boolean }>
  /** Sends Stripe's webhooks to this service from now on. */
  webhooksTo(service: Service): Promise<void>
  close(): Promise<void>
}

/** `program` is what node runs, unless it is the bundle of this run. */
export async function openProductionSite(program = inject('program').file): Promise<ProductionSite> {
  const folder = await mkdtemp(join(tmpdir(), 'panless-production-'))
  const key = makeKey('production', 'RS256')
  const [database, tls, issuer, simulator] = await Promise.all([
    createSuiteDatabase(),
    ensureCertificates(join(folder, 'tls')),
    startTestIssuer([key]),
    startStripeSimulator({ port: 0, accounts: [{ secretKey: SECRET_KEY, publishableKey: 'pk_test_production' }] }),
  ])
  const keyring = join(folder, 'keyring.json')
  await createKeyringFile(keyring)
  const ca = await readFile(tls.caFile, 'utf8')
  await chmod(folder, 0o755)
  const environment: Record<string, string> = {
    PATH: process.env.PATH ?? '',
    NODE_COMPILE_CACHE: inject('program').compileCache,
    DATABASE_URL: database.appUrl,
    DEFAULT_TENANT: 'school',
    STRIPE_SECRET_KEY: SECRET_KEY,
    STRIPE_PUBLISHABLE_KEY: 'pk_test_production',
    STRIPE_WEBHOOK_SECRET: WEBHOOK_SECRET,
    STRIPE_API_BASE: simulator.url,
    STRIPE_REQUESTS_PER_SECOND: '0',
    STRIPE_TIMEOUT_MS: '4000',
    AUTH_ISSUER: issuer.url,
    AUTH_AUDIENCE: AUDIENCE,
    TLS_CERT_FILE: tls.certFile,
    TLS_KEY_FILE: tls.keyFile,
    KEYRING_FILE: keyring,
    ERASURE_LIST_FILE: join(folder, 'erasures.list'),
    REGION: 'test-region',
    HOST: '127.0.0.1',
    LOG_LEVEL: 'warn',
    RATE_LIMIT_PER_SECOND: '5000',
  }
  const children = new Set<ChildProcess>()

  function start(args: string[], extra: Record<string, string>): ChildProcess {
    const child = spawn(process.execPath, [program, ...args], {
      cwd: folder,
      env: { ...environment, ...extra },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    child.stdout.resume()
    children.add(child)
    child.once('exit', () => children.delete(child))
    return child
  }

  return {
    database,
    folder,
    environment,
    keyringFile: keyring,
    begin: (args, extra = {}) => start(args, extra),
    async serve(extra = {}) {
      const [port, metrics] = [await anyFreePort(), await anyFreePort()]
      const child = start(['serve'], { PORT: String(port), METRICS_PORT: String(metrics), ...extra })
      const url = `https://localhost:${port}`
      const client = createClient({ url, ca, token: null, check: () => {} })
      await until(async () => {
        if (child.exitCode !== null) throw new Error(`serve ended with ${child.exitCode}`)
        return (await client.get('/healthz').catch(() => null))?.status === 200
      })
      const kill = async () => {
        closeConnections(url)
        await ended(child, 'SIGKILL')
      }
      const stop = async () => {
        closeConnections(url)
        await ended(child, 'SIGTERM')
        return child.exitCode
      }
      return { url, child, kill, stop }
    },
    async work() {
      const metrics = await anyFreePort()
      const child = start(['worker'], { METRICS_PORT: String(metrics) })
      await until(async () => {
        if (child.exitCode !== null) throw new Error(`worker ended with ${child.exitCode}`)
        return fetch(`http://127.0.0.1:${metrics}/metrics`).then(
          answer => answer.ok,
          () => false,
        )
      })
      return child
    },
    async command(args, extra = {}) {
      try {
        const { stdout, stderr } = await run(process.execPath, [program, ...args], {
          cwd: folder,
          env: { ...environment, ...extra },
        })
        return { code: 0, stdout, stderr }
      } catch (error) {
        const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string }
        return { code, stdout, stderr }
      }
    },
    client(service, role, clientId = role) {
      const token = accessToken(key, issuer.url, AUDIENCE, {
        tenant: 'school',
        scope: scopesOf(role),
        client_id: clientId,
        sub: clientId,
      })
      return createClient({ url: service.url, ca, token, check: () => {} })
    },
    async leasesEnd() {
      await asSuperuser(
        database,
        sql => sql`
          update key_usage set leased_until = now() - interval '1 minute'
           where version < (select max(version) from key_versions)`,
      )
    },
    withToken: (service, token) => createClient({ url: service.url, ca, token, check: () => {} }),
    control: controlOf(simulator.controlUrl),
    async intents(query) {
      const answer = await fetch(`${simulator.url}/v1/payment_intents?${new URLSearchParams(query)}`, {
        headers: { authorization: `Bearer ${SECRET_KEY}` },
      })
      return (await answer.json()) as { data: StripeIntent[]; has_more: boolean }
    },
    async webhooksTo(service) {
      await controlOf(simulator.controlUrl)('POST', '/webhook_endpoints', {
        account_key: SECRET_KEY,
        url: `${service.url}/webhooks/stripe`,
        secret: WEBHOOK_SECRET,
        ca_file: tls.caFile,
      })
    },
    async close() {
      await Promise.all([...children].map(child => ended(child, 'SIGKILL')))
      await Promise.all([simulator.close(), issuer.stop()])
      await database.drop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** Calls to the simulator's control side; they throw unless it answers 2xx. */
const controlOf =
  (base: string) =>
  async (method: string, path: string, body?: unknown): Promise<unknown> => {
    const answer = await fetch(`${base}${path}`, {
      method,
      ...(body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    })
    const text = await answer.text()
    if (!answer.ok) throw new Error(`${path} answered ${answer.status}: ${text}`)
    return text ? JSON.parse(text) : null
  }

export async function ended(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = new Promise(resolve => child.once('exit', resolve))
  child.kill(signal)
  await gone
}

const UNTIL_MS = 60_000

/** Asks every 25 ms until the answer is yes. */
export async function until(question: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + UNTIL_MS
  while (!(await question())) {
    if (performance.now() > deadline) throw new Error('it did not happen within a minute')
    await new Promise(resolve => setTimeout(resolve, 25))
  }
}
