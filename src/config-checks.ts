// What settings mean to each other: pure judgements of the environment as it stands, for config.ts alone to ask. No message
// holds a value.
import { isLoopbackDatabase, isLoopbackUrl } from './config-addresses.ts'

export const STRIPE_API = 'https://api.stripe.com'
export const STRIPE_JS = 'https://js.stripe.com/clover/stripe.js'

type Environment = Record<string, string | undefined>

export type ConfigFault = { name: string; message: string }

/** Which settings a command cannot do without, beyond the schema's own. */
export type ConfigUse = 'serve' | 'worker' | 'cli' | 'migrate'

export function crossChecks(env: Environment, use: ConfigUse): ConfigFault[] {
  const faults: ConfigFault[] = []
  const fault = (name: string, message: string) => faults.push({ name, message })
  faults.push(...verificationFaults(env), ...keyringFaults(env))
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
  for (const name of HTTPS_OFF_LOOPBACK) {
    const url = env[name]
    if (url && !url.startsWith('https://') && !isLoopbackUrl(url)) fault(name, 'must be https off loopback')
  }
  for (const name of ['DATABASE_URL', 'DATABASE_MIGRATION_URL']) {
    const url = env[name]
    if (url) faults.push(...databaseTlsFaults(name, url))
  }
  return faults
}

const HTTPS_OFF_LOOPBACK = [
  'STRIPE_API_BASE',
  'STRIPE_JS_URL',
  'AUTH_ISSUER',
  'AUTH_JWKS_URL',
  'PUBLIC_URL',
  'AUDIT_S3_URL',
  'AUDIT_TSA_URL',
]

const BESIDE = [
  ['STRIPE_PUBLISHABLE_KEY', 'STRIPE_SECRET_KEY'],
  ['CONSOLE_CLIENT_SECRET', 'CONSOLE_CLIENT_ID'],
  ['CONSOLE_CLIENT_ID', 'CONSOLE_CLIENT_SECRET'],
  ['AUDIT_S3_ACCESS_KEY_ID', 'AUDIT_S3_URL'],
  ['AUDIT_S3_SECRET_ACCESS_KEY', 'AUDIT_S3_URL'],
] as const

export const verificationFaults = (env: Environment): ConfigFault[] =>
  env.NODE_TLS_REJECT_UNAUTHORIZED === '0'
    ? [{ name: 'NODE_TLS_REJECT_UNAUTHORIZED', message: 'must not be 0: certificates are always verified' }]
    : []

const isStripe = (base: string) => new RegExp(`^${STRIPE_API.replaceAll('.', '\\.')}/?$`).test(base)
const originOf = (url: string) => (URL.canParse(url) ? new URL(url).origin : null)
const modeOf = (key: string) => (/_live_/.test(key) ? 'live' : 'test')

/** Postgres off loopback must be reached with a verified certificate. */
export function databaseTlsFaults(name: string, text: string): ConfigFault[] {
  try {
    if (isLoopbackDatabase(text)) return []
  } catch {
    return [{ name, message: 'is not a URL' }]
  }
  if (new URL(text).searchParams.get('sslmode') === 'verify-full') return []
  return [{ name, message: 'must carry sslmode=verify-full: Postgres off loopback is reached by verified TLS only' }]
}

const KEY_SERVICES = ['aws-kms', 'gcp-kms', 'vault-transit']
const OF_KEY_SERVICES = ['KEYRING_KEY', 'KEYRING_ENDPOINT', 'KEYRING_TOKEN', 'KEYRING_MOUNT', 'KEYRING_NAMESPACE']
const KEY_NAMES: Record<string, { form: RegExp; words: string }> = {
  'aws-kms': {
    form: /^arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:(key|alias)\/[\w/-]+$/,
    words: 'the ARN of a key or of its alias',
  },
  'gcp-kms': {
    form: /^projects\/[^/]+\/locations\/[^/]+\/keyRings\/[^/]+\/cryptoKeys\/[^/]+$/,
    words: 'projects/…/locations/…/keyRings/…/cryptoKeys/…',
  },
  'vault-transit': { form: /^[\w.-]+$/, words: 'the name of a transit key' },
}

/** Whether the settings of the key service fit its kind. */
export function keyringFaults(env: Environment): ConfigFault[] {
  const { KEYRING: kind = 'file', KEYRING_KEY: key, KEYRING_ENDPOINT: endpoint } = env
  if (!KEY_SERVICES.includes(kind)) {
    const idle = [...OF_KEY_SERVICES, 'KEYRING_CA_FILE'].filter(name => env[name])
    return kind === 'file' ? idle.map(name => ({ name, message: 'says nothing while KEYRING is file' })) : []
  }
  const faults: ConfigFault[] = []
  const fault = (name: string, message: string) => faults.push({ name, message })
  const { form, words } = KEY_NAMES[kind] as { form: RegExp; words: string }
  if (!key) fault('KEYRING_KEY', `is missing: ${words}`)
  else if (!form.test(key)) fault('KEYRING_KEY', `must be ${words}`)
  if (endpoint && !endpoint.startsWith('https://') && !isLoopbackUrl(endpoint))
    fault('KEYRING_ENDPOINT', 'must be https off loopback')
  if (kind === 'vault-transit') {
    if (!endpoint) fault('KEYRING_ENDPOINT', "is missing: Vault's address")
    if (!env.KEYRING_TOKEN) fault('KEYRING_TOKEN', "is missing: Vault's token")
  } else {
    for (const name of ['KEYRING_TOKEN', 'KEYRING_MOUNT', 'KEYRING_NAMESPACE', 'KEYRING_CA_FILE'])
      if (env[name]) fault(name, 'is for vault-transit alone')
  }
  return faults
}
