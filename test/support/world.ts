// A whole panless for one suite: a database of its own, a Stripe simulator and an issuer over HTTP, the service over TLS.
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadConfig } from '../../src/config.ts'
import { type CertificateFiles, ensureCertificates } from '../../src/dev/certificates.ts'
import { type CaughtMail, type Mailbox, startMailbox } from '../../src/dev/mailbox.ts'
import { anyFreePort } from '../../src/dev/ports.ts'
import { startStripeSimulator } from '../../src/dev/stripe-simulator/start.ts'
import type { Clock, Dependencies } from '../../src/domain/context.ts'
import type { Role } from '../../src/domain/permissions.ts'
import { addTenant } from '../../src/domain/tenants/add-tenant.ts'
import { operatorContext } from '../../src/domain/tenants/operator-context.ts'
import { setTenantStripe } from '../../src/domain/tenants/set-tenant-stripe.ts'
import { startServer } from '../../src/http/server.ts'
import { runDueWork } from '../../src/jobs/worker.ts'
import { createKeyringFile } from '../../src/keyring/file-keyring.ts'
import { createLog } from '../../src/observability/log.ts'
import { openVault } from '../../src/vault.ts'
import {
  type ApiAnswer,
  type ApiClient,
  accessToken,
  closeConnections,
  createClient,
  scopesOf,
  type TokenClaims,
} from './api-client.ts'
import { startConsoleIssuer } from './console-issuer.ts'
import { createSuiteDatabase, type SuiteDatabase } from './database.ts'
import { createOpenapiCheck, type OpenapiDocument } from './openapi-check.ts'
import { type IssuerKey, makeKey, startTestIssuer } from './test-issuer.ts'

export type TenantName = 'demo' | 'other'

export const AUDIENCE = 'https://panless.test/api'
export const WEBHOOK_SECRETS: Record<TenantName, string> = {
  demo: 'whsec_demo_test_secret',
  other: 'whsec_other_test_secret',
}

export type World = {
  url: string
  /** What Prometheus reads. */
  metricsUrl: string
  ca: string
  tls: CertificateFiles
  database: SuiteDatabase
  dependencies: Dependencies
  /** The settings of the service, for commands that are run beside it. */
  environment: Record<string, string>
  /** What the service logged, line by line. */
  logs: string[]
  issuer: { url: string; key: IssuerKey }
  stripe: {
    url: string
    controlUrl: string
    secretKeys: Record<TenantName, string>
    publishableKeys: Record<TenantName, string>
  }
  /** A client with a role's scopes (or the given ones) in a tenant. */
  as(role: Role, tenant?: TenantName, claims?: TokenClaims): ApiClient
  withToken(token: string | null): ApiClient
  token(role: Role, tenant?: TenantName, claims?: TokenClaims): string
  /** Calls the simulator's control side; throws unless it answers 2xx. */
  control(method: string, path: string, body?: unknown): Promise<unknown>
  /** Calls Stripe's API at the simulator with a tenant's secret key. */
  stripeApi(method: string, path: string, params?: Record<string, string>, tenant?: TenantName): Promise<ApiAnswer>
  /** Moves business time forward, at the simulator and here. */
  advance(seconds: number): Promise<void>
  /** Every mail that has been sent so far, the oldest first. */
  mails(): readonly CaughtMail[]
  /** Moves wall time forward: what sessions, leases and tokens are judged by. */
  advanceWall(seconds: number): void
  /** Does all background work that is due, once. */
  work(): Promise<void>
  close(): Promise<void>
}

export type WorldOptions = {
  /** With the console, and the embedded identity provider as the issuer of people and programs. */
  console?: boolean
  /** Whether the simulator sends webhooks to the service (default), or leaves that to the test. */
  webhooks?: boolean
  /** In place of a clone of the template: one that the test made itself. */
  database?: SuiteDatabase
  environment?: Record<string, string>
  simulator?: Record<string, unknown>
  /** Answers an SMTP refusal for a mail to these recipients. */
  refuseMail?: (recipients: string[]) => { code: number; text: string } | null
}

const MAIL_ACCOUNT = { user: 'panless', password: 'mail-test-secret' }
/** The issuer that a world sees: its address, the key that signs its tokens, and what the service is told of it. */
export type WorldIssuer = { url: string; key: IssuerKey; settings: Record<string, string>; stop(): Promise<void> }

async function startPlainIssuer(): Promise<WorldIssuer> {
  const key = makeKey('test-key', 'EdDSA')
  const { url, stop } = await startTestIssuer([key])
  return { url, key, settings: {}, stop }
}

let worlds = 0
/** Every world of a worker describes itself alike, and compiling what it says takes longer than most suites. */
let complaintsOf: ReturnType<typeof createOpenapiCheck> | null = null

export async function startWorld(options: WorldOptions = {}): Promise<World> {
  const folder = await mkdtemp(join(tmpdir(), 'panless-world-'))
  const suffix = `${process.pid}x${++worlds}`
  const secretKeys = { demo: `sk_test_demo${suffix}`, other: `sk_test_other${suffix}` }
  const publishableKeys = { demo: `pk_test_demo${suffix}`, other: `pk_test_other${suffix}` }
  const [database, certificates, simulator] = await Promise.all([
    options.database ?? createSuiteDatabase(),
    ensureCertificates(join(folder, 'tls')),
    startStripeSimulator({
      port: 0,
      accounts: (['demo', 'other'] as const).map(name => ({
        secretKey: secretKeys[name],
        publishableKey: publishableKeys[name],
      })),
      ...options.simulator,
    }),
  ])
  const mailbox = await openMailbox(certificates, options.refuseMail)
  const servicePort = options.console ? await anyFreePort() : 0
  const issuer = options.console
    ? await startConsoleIssuer({ folder, certificates, audience: AUDIENCE, servicePort })
    : await startPlainIssuer()
  const { key } = issuer
  const keyringFile = join(folder, 'keyring.json')
  await createKeyringFile(keyringFile)
  const environment: Record<string, string> = {
    DATABASE_URL: database.appUrl,
    DATABASE_POOL_MAX: '4',
    DEFAULT_TENANT: 'demo',
    STRIPE_API_BASE: simulator.url,
    STRIPE_REQUESTS_PER_SECOND: '0',
    STRIPE_TIMEOUT_MS: '5000',
    STRIPE_JS_URL: `${simulator.url}/v3/stripe.js`,
    AUTH_ISSUER: issuer.url,
    AUTH_AUDIENCE: AUDIENCE,
    TLS_CERT_FILE: certificates.certFile,
    TLS_KEY_FILE: certificates.keyFile,
    KEYRING_FILE: keyringFile,
    ERASURE_LIST_FILE: join(folder, 'erasures.list'),
    REGION: 'test-region',
    HOST: '127.0.0.1',
    PORT: String(servicePort),
    ...issuer.settings,
    METRICS_PORT: '0',
    RATE_LIMIT_PER_SECOND: '5000',
    SMTP_URL: `smtps://${MAIL_ACCOUNT.user}:${MAIL_ACCOUNT.password}@localhost:${mailbox.smtpPort}`,
    SMTP_CA_FILE: certificates.caFile,
    MAIL_FROM: 'panless <no-reply@panless.test>',
    CARD_TESTING_PER_PAYER: '1000',
    CARD_TESTING_PER_ADDRESS: '10000',
    CARD_TESTING_PER_FINGERPRINT: '10000',
    ...options.environment,
  }
  const config = loadConfig(environment)
  const logs: string[] = []
  let offsetMs = 0
  let wallOffsetMs = 0
  const clock: Clock = {
    now: () => new Date(Date.now() + offsetMs),
    wall: () => new Date(Date.now() + wallOffsetMs),
  }
  const vault = await openVault({
    config,
    process: 'serve',
    clock,
    log: createLog({ level: 'debug', process: 'test', write: line => void logs.push(line) }),
  })
  const { dependencies } = vault
  for (const name of ['demo', 'other'] as const) {
    const ctx = operatorContext(dependencies, name, 'test')
    await addTenant(ctx, { id: name, name })
    await setTenantStripe(ctx, {
      secretKey: secretKeys[name],
      publishableKey: publishableKeys[name],
      webhookSecrets: [WEBHOOK_SECRETS[name]],
    })
  }
  const server = await startServer(vault)
  const url = `https://localhost:${server.port}`
  const ca = await readFile(certificates.caFile, 'utf8')

  const bare = createClient({ url, ca, token: null, check: () => {} })
  complaintsOf ??= createOpenapiCheck((await bare.get('/openapi.json')).json as OpenapiDocument)
  const complaints = complaintsOf
  const check = (method: string, path: string, answer: ApiAnswer) => {
    const faults = complaints(method, path, answer)
    if (faults.length > 0)
      throw new Error(`The answer is not as documented:\n${faults.join('\n')}\n${answer.text.slice(0, 500)}`)
  }
  const token = (role: Role, tenant: TenantName = 'demo', claims: TokenClaims = {}) =>
    accessToken(key, issuer.url, AUDIENCE, {
      tenant,
      scope: scopesOf(role),
      client_id: role,
      sub: `${role}-subject`,
      ...claims,
    })
  const withToken = (value: string | null) => createClient({ url, ca, token: value, check })

  async function control(method: string, path: string, body?: unknown): Promise<unknown> {
    const answer = await fetch(`${simulator.controlUrl}${path}`, {
      method,
      ...(body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    })
    const text = await answer.text()
    if (!answer.ok) throw new Error(`${method} ${path} answered ${answer.status}: ${text}`)
    return text ? JSON.parse(text) : null
  }
  if (options.webhooks !== false) {
    for (const name of ['demo', 'other'] as const) {
      await control('POST', '/webhook_endpoints', {
        account_key: secretKeys[name],
        url: `${url}/webhooks/stripe/${name}`,
        secret: WEBHOOK_SECRETS[name],
        ca_file: certificates.caFile,
      })
    }
  }

  return {
    url,
    metricsUrl: `http://127.0.0.1:${server.metricsPort}/metrics`,
    ca,
    tls: certificates,
    database,
    dependencies,
    environment,
    logs,
    issuer: { url: issuer.url, key },
    stripe: { url: simulator.url, controlUrl: simulator.controlUrl, secretKeys, publishableKeys },
    as: (role, tenant, claims) => withToken(token(role, tenant, claims)),
    withToken,
    token,
    control,
    async stripeApi(method, path, params = {}, tenant = 'demo') {
      const form = new URLSearchParams(params).toString()
      const get = method === 'GET'
      const answer = await fetch(`${simulator.url}${path}${get && form ? `?${form}` : ''}`, {
        method,
        headers: {
          authorization: `Bearer ${secretKeys[tenant]}`,
          ...(get ? {} : { 'content-type': 'application/x-www-form-urlencoded' }),
        },
        ...(get ? {} : { body: form }),
      })
      const text = await answer.text()
      return { status: answer.status, headers: Object.fromEntries(answer.headers), text, json: JSON.parse(text) }
    },
    async advance(seconds) {
      await control('POST', '/clock', { advance_seconds: seconds })
      offsetMs += seconds * 1000
    },
    mails: () => mailbox.messages(),
    advanceWall(seconds) {
      wallOffsetMs += seconds * 1000
    },
    work: () => runDueWork(dependencies),
    async close() {
      closeConnections(url)
      await server.close(1_000)
      await vault.close()
      await Promise.all([simulator.close(), issuer.stop(), mailbox.close()])
      await database.drop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** A mailbox of the world's own, behind the world's own certificate. */
async function openMailbox(certificates: CertificateFiles, refuse: WorldOptions['refuseMail']): Promise<Mailbox> {
  const [cert, key] = await Promise.all(
    [certificates.certFile, certificates.keyFile].map(file => readFile(file, 'utf8')),
  )
  return startMailbox({
    smtpPort: 0,
    pagePort: null,
    cert: cert as string,
    key: key as string,
    ...MAIL_ACCOUNT,
    ...(refuse ? { refuse } : {}),
  })
}
