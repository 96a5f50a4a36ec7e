// The only reader of the environment. Every problem is reported at once, and no secret is ever shown.
import { existsSync } from 'node:fs'
import { isIP } from 'node:net'
import { z } from 'zod'
import { isAddressOrRange } from './config-addresses.ts'
import {
  type ConfigFault,
  type ConfigUse,
  crossChecks,
  databaseTlsFaults,
  keyringFaults,
  STRIPE_API,
  STRIPE_JS,
  verificationFaults,
} from './config-checks.ts'

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

/** Who wraps the keys of KEYRING_FILE; `keys init` asks for these alone. */
const keyService = {
  KEYRING: z.enum(['file', 'aws-kms', 'gcp-kms', 'vault-transit']).default('file'),
  KEYRING_KEY: z.string().max(512).optional(),
  KEYRING_ENDPOINT: httpUrl.optional(),
  KEYRING_TOKEN: secret().optional(),
  KEYRING_MOUNT: z
    .string()
    .regex(/^[\w.-]+(\/[\w.-]+)*$/, 'must be the path of a mount')
    .default('transit'),
  KEYRING_NAMESPACE: z
    .string()
    .regex(/^[\w./-]+$/, 'must be a path')
    .optional(),
  KEYRING_CA_FILE: file.optional(),
}

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
  ...keyService,
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
  AUDIT_CHECKPOINT_SECONDS: count(1, 86_400).default(60),
  AUDIT_CHECKPOINT_FILE: z.string().regex(/^\//, 'must be a path from the root').optional(),
  AUDIT_S3_URL: httpUrl.optional(),
  AUDIT_S3_REGION: z.string().min(1).default('us-east-1'),
  AUDIT_S3_ACCESS_KEY_ID: z.string().min(1).optional(),
  AUDIT_S3_SECRET_ACCESS_KEY: secret().optional(),
  AUDIT_S3_RETAIN_DAYS: count(365, 36_500).default(400),
  AUDIT_TSA_URL: httpUrl.optional(),
  AUDIT_TSA_CA_FILE: file.optional(),
  AUDIT_CA_FILE: file.optional(),
  AUDIT_ARCHIVE_FOLDER: file.optional(),
  AUDIT_AT_HAND_DAYS: count(90, 36_500).default(92),
})

type Parsed = z.infer<typeof schema>
export type Config = Readonly<Parsed>
export class ConfigError extends Error {
  readonly faults: ConfigFault[]
  constructor(faults: ConfigFault[]) {
    super(faults.map(fault => `${fault.name}: ${fault.message}`).join('\n'))
    this.name = 'ConfigError'
    this.faults = faults
  }
}

/**
 * Reads and checks the settings.
 * @throws ConfigError with one fault for each wrong setting, none of them holding a secret
 */
export function loadConfig(environment: NodeJS.ProcessEnv = process.env, use: ConfigUse = 'serve'): Config {
  const present = Object.fromEntries(
    Object.entries(environment).filter(([, value]) => value !== undefined && value !== ''),
  )
  const parsed = schema.safeParse(present)
  const faults = [...faultsOf(parsed, present), ...crossChecks(present, use)]
  if (faults.length > 0 || !parsed.success) throw new ConfigError(faults)
  return Object.freeze(parsed.data)
}

const faultsOf = (parsed: z.ZodSafeParseResult<unknown>, present: Record<string, string | undefined>): ConfigFault[] =>
  (parsed.error?.issues ?? []).map(issue => ({ name: issue.path.join('.'), message: wordsOf(issue, present) }))

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

/** Whether this process is the script `start` of npm, which tells its scripts their names. */
export const isNpmStart = (environment: NodeJS.ProcessEnv = process.env): boolean =>
  environment.npm_lifecycle_event === 'start'

/** Whether the environment speaks of a database at all; what does not is a shell without settings. */
export function isConfigured(environment: NodeJS.ProcessEnv = process.env): boolean {
  return Boolean(environment.DATABASE_URL)
}

/** What `keys init` needs: where the file goes unless it is told, and who wraps its keys. @throws ConfigError */
export function loadKeyringSettings(environment: NodeJS.ProcessEnv = process.env) {
  const present = Object.fromEntries(Object.entries(environment).filter(([, value]) => value))
  const parsed = z.object(keyService).safeParse(present)
  const faults = [...faultsOf(parsed, present), ...verificationFaults(present), ...keyringFaults(present)]
  if (faults.length > 0 || !parsed.success) throw new ConfigError(faults)
  return { ...parsed.data, path: environment.KEYRING_FILE || 'keyring.json' }
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
