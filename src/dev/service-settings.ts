// The environment variables of `migrate`, `serve` and `worker`: the same as in production, with addresses of this machine.
import { dirname, join } from 'node:path'
import type { CertificateFiles } from './certificates.ts'
import type { MailAccount } from './embedded-parts.ts'
import { AUDIENCE, DEFAULT_EMBEDDED_TENANT, type EmbeddedAddresses, type KeptEnvironment } from './environment.ts'
import type { ClientCredentials } from './identity-provider.ts'
import type { EmbeddedPorts } from './ports.ts'
import type { PostgresUrls } from './postgres.ts'

export interface ServiceSettingsOptions {
  environment: KeptEnvironment
  ports: EmbeddedPorts
  addresses: EmbeddedAddresses
  certificates: CertificateFiles
  postgres: PostgresUrls
  keyringFile: string
  mail: MailAccount
  consoleClient: ClientCredentials
}

/** Tests of limits and of card testing from one address need more room than a shop's checkout gives one. */
const ROOM_FOR_TESTS = {
  RATE_LIMIT_PER_SECOND: '5000',
  CARD_TESTING_PER_SESSION: '5',
  CARD_TESTING_PER_PAYER: '1000',
  CARD_TESTING_PER_ADDRESS: '100000',
  CARD_TESTING_PER_FINGERPRINT: '10000',
}

/** The settings as lines that a shell reads (`set -a; . .panless/env; set +a`), and `node --env-file` too. */
export function shellSettings(settings: Record<string, string>): string {
  return Object.entries(settings)
    .map(([name, value]) => `${name}='${value}'\n`)
    .join('')
}

export function serviceSettings(options: ServiceSettingsOptions): Record<string, string> {
  const { ports, addresses, certificates, postgres } = options
  const stripe = options.environment.stripe[DEFAULT_EMBEDDED_TENANT]
  return {
    DATABASE_URL: postgres.appSocketUrl,
    DEFAULT_TENANT: DEFAULT_EMBEDDED_TENANT,
    STRIPE_SECRET_KEY: stripe.secretKey,
    STRIPE_PUBLISHABLE_KEY: stripe.publishableKey,
    STRIPE_WEBHOOK_SECRET: stripe.webhookSecret,
    STRIPE_API_BASE: addresses.stripe,
    STRIPE_JS_URL: addresses.stripeJs,
    // The simulator has no rate limit of its own.
    STRIPE_REQUESTS_PER_SECOND: '0',
    AUTH_ISSUER: addresses.issuer,
    AUTH_AUDIENCE: AUDIENCE,
    AUTH_CA_FILE: certificates.caFile,
    CONSOLE_CLIENT_ID: options.consoleClient.client_id,
    CONSOLE_CLIENT_SECRET: options.consoleClient.client_secret,
    TLS_CERT_FILE: certificates.certFile,
    TLS_KEY_FILE: certificates.keyFile,
    KEYRING_FILE: options.keyringFile,
    ERASURE_LIST_FILE: join(dirname(options.keyringFile), 'erasures.list'),
    AUDIT_CHECKPOINT_FILE: join(dirname(options.keyringFile), 'checkpoints'),
    HOST: '127.0.0.1',
    PORT: String(ports.service),
    METRICS_PORT: String(ports.metrics),
    PUBLIC_URL: addresses.service,
    SMTP_URL: `smtps://${options.mail.user}:${options.mail.password}@localhost:${ports.smtp}`,
    SMTP_CA_FILE: certificates.caFile,
    MAIL_FROM: 'panless <no-reply@panless.example>',
    PRIVACY_OFFICER_EMAIL: 'privacy@panless.example',
    ...ROOM_FOR_TESTS,
  }
}
