// The only reader of the environment. Every problem is reported at once, and no secret is ever shown.
import { existsSync } from 'node:fs'
import { isIP } from 'node:net'
import { z } from 'zod'
import { isAddressOrRange, isLoopbackDatabase, isLoopbackUrl } from './config-addresses.ts'

/** A secret that prints as stars wherever it ends up; only `reveal()` gives the value. */
export class Secret {
  readonly #value: string
  constructor(value: string) {
    this.#value = value
  }
  reveal(): string {
    return this.#value
  }
  toString(): string {
    return '[secret]'
  }
  toJSON(): string {
    return '[secret]'
  }
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return '[secret]'
  }
}

export const EXIT_CONFIG = 78
export const STRIPE_API = 'https://api.stripe.com'
export const STRIPE_JS = 'https://js.stripe.com/clover/stripe.js'

const DEFAULT_PORT = 8443

const secret = (minimum = 1) =>
  z
    .string()
    .min(minimum)
    .transform(value => new Secret(value))
/** 0 takes any free port. */
const port = z.coerce.number().int().min(0).max(65_535)
const count = (low: number, high: number) => z.coerce.number().int().min(low).max(high)
const httpUrl = z.url({ protocol: /^https?$/ }).transform(value => value.replace(/\/+$/, ''))
const postgresUrl = z
  .string()
  .regex(/^postgres(ql)?:\/\//, 'must start with postgres://')
  .transform(value => new Secret(value))
const smtpUrl = z
  .string()
  .regex(/^smtps?:\/\/\S+$/, 'must be smtps://user:password@host:port, or smtp:// for STARTTLS')
  .refine(value => URL.canParse(value), 'is not a URL')
  .transform(value => new Secret(value))
/** An address, or `Name <address>`; nothing that could begin another header. */
const sender = z
  .string()
  .regex(/^([^<>"\r\n]{1,80} <[^\s<>@]+@[^\s<>@]+>|[^\s<>@]+@[^\s<>@]+)$/, 'must be an address or Name <address>')
const file = z.string().refine(path => existsSync(path), 'names a file that does not exist')
const TENANT_ID = /^[a-z0-9][a-z0-9-]{0,39}$/

const schema = z.object({
  DATABASE_URL: postgresUrl,
  DATABASE_MIGRATION_URL: postgresUrl.optional(),
  DATABASE_POOL_MAX: count(1, 100).default(6),
  DATABASE_CA_FILE: file.optional(),
  DEFAULT_TENANT: z.string().regex(TENANT_ID, 'must be lower-case letters, digits and dashes').default('default'),
  STRIPE_SECRET_KEY: secret(8).optional(),
  STRIPE_PUBLISHABLE_KEY: z
    .string()
    .regex(/^pk_(test|live)_/, 'must start with pk_test_ or pk_live_')
    .optional(),
  STRIPE_WEBHOOK_SECRET: secret(8).optional(),
  STRIPE_API_BASE: httpUrl.default(STRIPE_API),
  STRIPE_JS_URL: httpUrl.default(STRIPE_JS),
  STRIPE_REQUESTS_PER_SECOND: count(0, 10_000).default(20),
  STRIPE_TIMEOUT_MS: count(100, 80_000).default(20_000),
  AUTH_ISSUER: z.url({ protocol: /^https?$/ }),
  AUTH_JWKS_URL: httpUrl.optional(),
  AUTH_AUDIENCE: z.string().min(1),
  AUTH_TENANT_CLAIM: z.string().min(1).default('tenant'),
  AUTH_SCOPE_CLAIM: z.string().min(1).default('scope'),
  AUTH_ROLES_CLAIM: z.string().min(1).default('roles'),
  AUTH_CA_FILE: file.optional(),
  CONSOLE_CLIENT_ID: z.string().min(1).max(255).optional(),
  CONSOLE_CLIENT_SECRET: secret(16).optional(),
  TLS_MODE: z.enum(['process', 'proxy']).default('process'),
  TLS_CERT_FILE: file.optional(),
  TLS_KEY_FILE: file.optional(),
  TRUSTED_PROXIES: z
    .string()
    .transform(list =>
      list
        .split(',')
        .map(item => item.trim())
        .filter(Boolean),
    )
    .refine(list => list.every(isAddressOrRange), 'must be addresses or CIDR ranges, separated by commas')
    .optional(),
  KEYRING_FILE: file,
  /** Made with the first erasure. */
  ERASURE_LIST_FILE: z.string().min(1).optional(),
  REGION: z
    .string()
    .regex(/^[a-z0-9-]{2,40}$/, 'must be lower-case letters, digits and dashes')
    .default('local'),
  HOST: z
    .string()
    .refine(host => isIP(host) !== 0 || host === 'localhost', 'must be an address')
    .default('0.0.0.0'),
  PORT: port.default(DEFAULT_PORT),
  METRICS_HOST: z
    .string()
    .refine(host => isIP(host) !== 0, 'must be an address')
    .default('127.0.0.1'),
  METRICS_PORT: port.default(9464),
  PUBLIC_URL: httpUrl.optional(),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'silent']).default('info'),
  RATE_LIMIT_PER_SECOND: count(1, 100_000).default(500),
  CARD_TESTING_WINDOW_SECONDS: count(10, 86_400).default(3_600),
  CARD_TESTING_PER_SESSION: count(1, 100_000).default(5),
  CARD_TESTING_PER_PAYER: count(1, 100_000).default(10),
  CARD_TESTING_PER_ADDRESS: count(1, 1_000_000).default(30),
  CARD_TESTING_PER_FINGERPRINT: count(1, 100_000).default(10),
  OTEL_EXPORTER_OTLP_ENDPOINT: httpUrl.optional(),
  SMTP_URL: smtpUrl.optional(),
  SMTP_CA_FILE: file.optional(),
  MAIL_FROM: sender.optional(),
  PRIVACY_OFFICER_EMAIL: z.email('must be an e-mail address').optional(),
})

type Parsed = z.infer<typeof schema>
export type Config = Readonly<Parsed>
export type ConfigFault = { name: string; message: string }

export class ConfigError extends Error {
  readonly faults: ConfigFault[]
  constructor(faults: ConfigFault[]) {
    super(faults.map(fault => `${fault.name}: ${fault.message}`).join('\n'))
    this.name = 'ConfigError'
    this.faults = faults
  }
}

/** Which settings a command cannot do without, beyond the schema's own. */
export type ConfigUse = 'serve' | 'worker' | 'cli' | 'migrate'

/**
 * Reads and checks the settings.
 * @throws ConfigError with one fault for each wrong setting, none of them holding a secret
 */
export function loadConfig(environment: NodeJS.ProcessEnv = process.env, use: ConfigUse = 'serve'): Config {
  const present = Object.fromEntries(
    Object.entries(environment).filter(([, value]) => value !== undefined && value !== ''),
  )
  const parsed = schema.safeParse(present)
  const faults: ConfigFault[] = parsed.success
    ? []
    : parsed.error.issues.map(issue => ({ name: issue.path.join('.'), message: wordsOf(issue, present) }))
  faults.push(...crossChecks(present, use))
  if (faults.length > 0 || !parsed.success) throw new ConfigError(faults)
  return Object.freeze(parsed.data)
}

/** What `panless migrate` needs: the migrating role's connection, and the authority of its certificate. */
export type MigrationSettings = { url: Secret; caFile: string | undefined }

export function loadMigrationSettings(environment: NodeJS.ProcessEnv = process.env): MigrationSettings {
  const { DATABASE_MIGRATION_URL: url, DATABASE_CA_FILE: caFile } = environment
  if (!url) {
    throw new ConfigError([
      { name: 'DATABASE_MIGRATION_URL', message: 'is missing: the connection of the migrating role' },
    ])
  }
  const faults = [...verificationFaults(environment), ...databaseTlsFaults('DATABASE_MIGRATION_URL', url)]
  if (caFile && !existsSync(caFile))
    faults.push({ name: 'DATABASE_CA_FILE', message: 'names a file that does not exist' })
  if (faults.length > 0) throw new ConfigError(faults)
  return { url: new Secret(url), caFile: caFile || undefined }
}

/** Whether the environment speaks of a database at all; what does not is a shell without settings. */
export function isConfigured(environment: NodeJS.ProcessEnv = process.env): boolean {
  return Boolean(environment.DATABASE_URL)
}

/** Where `keys init` puts the keyring unless it is told. */
export function keyringPath(environment: NodeJS.ProcessEnv = process.env): string {
  return environment.KEYRING_FILE || 'keyring.json'
}

/** The value of a variable that an operator named as the source of a secret; null when it is not set. */
export function namedSecret(name: string, environment: NodeJS.ProcessEnv = process.env): Secret | null {
  const value = environment[name]
  return value ? new Secret(value) : null
}

/** What a probe of this machine's own process must know; nothing else of the settings is judged. */
export type ProbeTarget = { proxy: boolean; host: string; port: number }

export function probeTarget(environment: NodeJS.ProcessEnv = process.env): ProbeTarget {
  const { HOST: host = '' } = environment
  return {
    proxy: environment.TLS_MODE === 'proxy',
    host: host === '' || host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host,
    port: Number(environment.PORT || DEFAULT_PORT),
  }
}

function wordsOf(issue: z.core.$ZodIssue, present: Record<string, string | undefined>): string {
  const name = String(issue.path[0] ?? '')
  if (present[name] === undefined) return 'is missing'
  return issue.message
}

function crossChecks(env: Record<string, string | undefined>, use: ConfigUse): ConfigFault[] {
  const faults: ConfigFault[] = []
  const fault = (name: string, message: string) => faults.push({ name, message })
  faults.push(...verificationFaults(env))
  if (use === 'serve' && env.TLS_MODE !== 'proxy') {
    if (!env.TLS_CERT_FILE) fault('TLS_CERT_FILE', 'is missing: give a certificate, or set TLS_MODE=proxy')
    if (!env.TLS_KEY_FILE) fault('TLS_KEY_FILE', 'is missing: give the key of the certificate, or set TLS_MODE=proxy')
  }
  if (use === 'serve' && env.TLS_MODE === 'proxy' && !env.TRUSTED_PROXIES) {
    fault('TRUSTED_PROXIES', 'is missing: in proxy mode, name the addresses of the proxies')
  }
  const key = env.STRIPE_SECRET_KEY
  if (key && !/^[sr]k_(test|live)_/.test(key)) fault('STRIPE_SECRET_KEY', 'must start with sk_test_, sk_live_ or rk_')
  const live = key !== undefined && /^[sr]k_live_/.test(key)
  if (live && env.STRIPE_API_BASE && !isStripe(env.STRIPE_API_BASE)) {
    fault('STRIPE_API_BASE', "is not Stripe's address while STRIPE_SECRET_KEY is a live key")
  }
  if (live && env.STRIPE_JS_URL && new URL(STRIPE_JS).origin !== originOf(env.STRIPE_JS_URL)) {
    fault('STRIPE_JS_URL', "is not Stripe's address while STRIPE_SECRET_KEY is a live key")
  }
  for (const [name, beside] of BESIDE) if (env[beside] && !env[name]) fault(name, `is missing beside ${beside}`)
  if (key && env.STRIPE_PUBLISHABLE_KEY && modeOf(key) !== modeOf(env.STRIPE_PUBLISHABLE_KEY)) {
    fault('STRIPE_PUBLISHABLE_KEY', 'is of another mode than STRIPE_SECRET_KEY')
  }
  if (env.SMTP_URL && !env.MAIL_FROM) fault('MAIL_FROM', 'is missing beside SMTP_URL: the address that mails come from')
  for (const name of ['STRIPE_API_BASE', 'STRIPE_JS_URL', 'AUTH_ISSUER', 'AUTH_JWKS_URL', 'PUBLIC_URL']) {
    const url = env[name]
    if (url && !url.startsWith('https://') && !isLoopbackUrl(url)) fault(name, 'must be https off loopback')
  }
  for (const name of ['DATABASE_URL', 'DATABASE_MIGRATION_URL']) {
    const url = env[name]
    if (url) faults.push(...databaseTlsFaults(name, url))
  }
  return faults
}

const BESIDE = [
  ['STRIPE_PUBLISHABLE_KEY', 'STRIPE_SECRET_KEY'],
  ['CONSOLE_CLIENT_SECRET', 'CONSOLE_CLIENT_ID'],
  ['CONSOLE_CLIENT_ID', 'CONSOLE_CLIENT_SECRET'],
] as const

const verificationFaults = (env: Record<string, string | undefined>): ConfigFault[] =>
  env.NODE_TLS_REJECT_UNAUTHORIZED === '0'
    ? [{ name: 'NODE_TLS_REJECT_UNAUTHORIZED', message: 'must not be 0: certificates are always verified' }]
    : []

const isStripe = (base: string) => new RegExp(`^${STRIPE_API.replaceAll('.', '\\.')}/?$`).test(base)
const originOf = (url: string) => (URL.canParse(url) ? new URL(url).origin : null)
const modeOf = (key: string) => (/_live_/.test(key) ? 'live' : 'test')

/** Postgres off loopback must be reached with a verified certificate. */
function databaseTlsFaults(name: string, text: string): ConfigFault[] {
  try {
    if (isLoopbackDatabase(text)) return []
  } catch {
    return [{ name, message: 'is not a URL' }]
  }
  if (new URL(text).searchParams.get('sslmode') === 'verify-full') return []
  return [{ name, message: 'must carry sslmode=verify-full: Postgres off loopback is reached by verified TLS only' }]
}
