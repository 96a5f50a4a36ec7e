// What an operator at a machine has: a migrated database, a keyring, an issuer, a Stripe, and the command line, bundled
// as in an image.
import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { inject } from 'vitest'
import { ensureCertificates } from '../../src/dev/certificates.ts'
import { startStripeSimulator } from '../../src/dev/stripe-simulator/start.ts'
import { createKeyringFile } from '../../src/keyring/file-keyring.ts'
import { createSuiteDatabase, type SuiteDatabase } from './database.ts'
import { type IssuerKey, makeKey, startTestIssuer } from './test-issuer.ts'

export type CommandResult = { code: number | null; stdout: string; stderr: string; output: string }
export type CommandOptions = {
  /** Set besides the site's own variables; undefined takes one away. */
  env?: Record<string, string | undefined>
  input?: string
}

export type OperatorSite = {
  folder: string
  /** The authority of the service's certificate. */
  ca: string
  issuer: { url: string; key: IssuerKey }
  env: Record<string, string>
  database: SuiteDatabase
  stripe: { url: string; secretKey: string; publishableKey: string }
  /** Runs `panless …args` and waits for its end. */
  run(args: string[], options?: CommandOptions): Promise<CommandResult>
  start(args: string[], options?: CommandOptions): ReturnType<typeof spawn>
  close(): Promise<void>
}

/** Secrets that no output may ever hold. */
export const SITE_SECRETS = { webhook: 'whsec_operatorcanary', keyCanary: 'operatorkeycanary' }

let sites = 0

export async function openOperatorSite(): Promise<OperatorSite> {
  const folder = await mkdtemp(join(tmpdir(), 'panless-operator-'))
  const suffix = `${SITE_SECRETS.keyCanary}${process.pid}x${++sites}`
  const stripe = { secretKey: `sk_test_${suffix}`, publishableKey: `pk_test_shop${process.pid}x${sites}` }
  const key = makeKey('test-key', 'EdDSA')
  const program = inject('program')
  const [database, certificates, issuer, simulator] = await Promise.all([
    createSuiteDatabase(),
    ensureCertificates(join(folder, 'tls')),
    startTestIssuer([key]),
    startStripeSimulator({
      port: 0,
      accounts: [{ secretKey: stripe.secretKey, publishableKey: stripe.publishableKey }],
    }),
  ])
  const keyringFile = join(folder, 'keyring.json')
  await createKeyringFile(keyringFile)
  const env: Record<string, string> = {
    DATABASE_URL: database.appUrl,
    DATABASE_POOL_MAX: '2',
    STRIPE_API_BASE: simulator.url,
    STRIPE_REQUESTS_PER_SECOND: '0',
    AUTH_ISSUER: issuer.url,
    AUTH_AUDIENCE: 'https://panless.test/api',
    TLS_CERT_FILE: certificates.certFile,
    TLS_KEY_FILE: certificates.keyFile,
    KEYRING_FILE: keyringFile,
    ERASURE_LIST_FILE: join(folder, 'erasures.list'),
    REGION: 'test-region',
    HOST: '127.0.0.1',
    PORT: '0',
    METRICS_PORT: '0',
  }

  function start(args: string[], { env: more = {} }: CommandOptions = {}) {
    return spawn(process.execPath, [program.file, ...args], {
      cwd: folder,
      env: { PATH: process.env.PATH, NODE_COMPILE_CACHE: program.compileCache, ...env, ...more } as NodeJS.ProcessEnv,
      stdio: ['pipe', 'pipe', 'pipe'],
    })
  }

  return {
    folder,
    ca: await readFile(certificates.caFile, 'utf8'),
    issuer: { url: issuer.url, key },
    env,
    database,
    stripe: { url: simulator.url, ...stripe },
    start,
    async run(args, options = {}) {
      const child = start(args, options)
      child.stdin.on('error', () => {})
      child.stdin.end(options.input ?? '')
      const ended = new Promise<number | null>(resolve => child.once('close', resolve))
      const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)])
      return { code: await ended, stdout, stderr, output: stdout + stderr }
    },
    async close() {
      await Promise.all([simulator.close(), issuer.stop()])
      await database.drop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
