// The parts of the embedded environment, each started with what it needs to know of the others.
import { join } from 'node:path'
import type { CertificateFiles } from './certificates.ts'
import type { ShopArguments } from './demo-shop/shop.ts'
import type { DevJson } from './dev-json.ts'
import {
  AUDIENCE,
  DEFAULT_EMBEDDED_TENANT,
  EMBEDDED_TENANTS,
  type EmbeddedAddresses,
  type EmbeddedFiles,
  type EmbeddedTenant,
  type KeptEnvironment,
} from './environment.ts'
import type { ClientCredentials, ClientRole } from './identity-provider.ts'
import type { IdentityProviderArguments } from './identity-provider-process.ts'
import type { MailboxArguments } from './mailbox-process.ts'
import type { EmbeddedPorts } from './ports.ts'
import type { PostgresUrls } from './postgres.ts'
import type { PrepareArguments } from './prepare-process.ts'
import type { ProcessGroup } from './process-group.ts'
import type { ServiceArguments } from './service-process.ts'
import type { SimulatorControl } from './simulator-control.ts'

/** What all parts of one run share. */
export interface EmbeddedSite {
  group: ProcessGroup
  files: EmbeddedFiles
  ports: EmbeddedPorts
  addresses: EmbeddedAddresses
  environment: KeptEnvironment
  certificates: CertificateFiles
  mail: MailAccount
}

/** How the service signs in at the mailbox: made anew at each start. */
export interface MailAccount {
  user: string
  password: string
}

/** One child: a file of this folder, what it is given, and the settings that it reads from its environment. */
function child(site: EmbeddedSite, name: string, file: string, given: object, settings: Record<string, string> = {}) {
  const env = { ...settings, NODE_COMPILE_CACHE: site.files.compileCache }
  return { name, entry: join(import.meta.dirname, file), given, env }
}

export async function startIdentityProvider(site: EmbeddedSite): Promise<void> {
  const given: IdentityProviderArguments = {
    issuer: site.addresses.issuer,
    audience: AUDIENCE,
    tenants: [...EMBEDDED_TENANTS],
    consoleUrl: site.addresses.console,
    keysFile: site.files.identityProvider,
    certFile: site.certificates.certFile,
    keyFile: site.certificates.keyFile,
    port: site.ports.issuer,
  }
  await site.group.start(child(site, 'identity-provider', 'identity-provider-process.ts', given))
}

export async function startMailboxPart(site: EmbeddedSite): Promise<void> {
  const given: MailboxArguments = {
    smtpPort: site.ports.smtp,
    pagePort: site.ports.mailbox,
    certFile: site.certificates.certFile,
    keyFile: site.certificates.keyFile,
    ...site.mail,
  }
  await site.group.start(child(site, 'mailbox', 'mailbox-process.ts', given))
}

/** The simulator with an account for each tenant; `clockStart` counts at the first start, later ones go on. */
export async function startSimulator(site: EmbeddedSite, clockStart: Date): Promise<void> {
  const given = {
    port: site.ports.stripe,
    seed: site.environment.stripe[DEFAULT_EMBEDDED_TENANT].publishableKey,
    accounts: EMBEDDED_TENANTS.map(tenant => {
      const { secretKey, publishableKey } = site.environment.stripe[tenant]
      return { secretKey, publishableKey }
    }),
    dataFile: site.files.simulatorJournal,
    clockStart: clockStart.toISOString(),
  }
  await site.group.start(child(site, 'stripe-simulator', 'stripe-simulator/process.ts', given))
}

/** The demo shop: a merchant with an origin of its own, whose back end is the checkout client. */
export async function startShop(site: EmbeddedSite, client: ClientCredentials, stripeJsUrl: string): Promise<void> {
  const given: ShopArguments = {
    port: site.ports.shop,
    ...site.certificates,
    serviceUrl: site.addresses.service,
    tokenEndpoint: tokenEndpoint(site.addresses),
    client,
    tenant: DEFAULT_EMBEDDED_TENANT,
    stripeJsUrl,
  }
  await site.group.start(child(site, 'shop', 'demo-shop/shop-process.ts', given))
}

/** Migrations, the keyring, the tenants: what an operator does before `serve`. */
export async function prepare(
  site: EmbeddedSite,
  postgres: PostgresUrls,
  settings: Record<string, string>,
): Promise<void> {
  const given: PrepareArguments = {
    ownerUrl: postgres.ownerUrl,
    keyringFile: site.files.keyring,
    tenants: EMBEDDED_TENANTS.map(id => ({ id, keys: site.environment.stripe[id] })),
    shopOrigin: site.addresses.shop,
  }
  await site.group.run(child(site, 'prepare', 'prepare-process.ts', given, settings))
}

/** `serve` and `worker`, each a process of its own as in production. */
export async function startServices(site: EmbeddedSite, settings: Record<string, string>): Promise<void> {
  const start = (command: 'serve' | 'worker', port: number, env: Record<string, string>) => {
    const given: ServiceArguments = { command, simulatorControlUrl: site.addresses.stripeControl, port }
    return site.group.start(child(site, command, 'service-process.ts', given, env))
  }
  const workerPort = { METRICS_PORT: String(site.ports.workerMetrics) }
  await Promise.all([
    start('serve', site.ports.service, settings),
    start('worker', site.ports.workerMetrics, { ...settings, ...workerPort }),
  ])
}

/** Each tenant's account at the simulator reports to the tenant's own address. */
export async function registerWebhooks(site: EmbeddedSite, simulator: SimulatorControl): Promise<void> {
  for (const tenant of EMBEDDED_TENANTS) {
    const path = tenant === DEFAULT_EMBEDDED_TENANT ? '' : `/${tenant}`
    const url = `${site.addresses.service}/webhooks/stripe${path}`
    await simulator.setWebhookEndpoint(site.environment.stripe[tenant], url, site.certificates.caFile)
  }
}

export function devJsonOf(
  site: EmbeddedSite,
  postgres: PostgresUrls,
  clients: Record<ClientRole, ClientCredentials>,
): DevJson {
  const { addresses, environment, certificates } = site
  const secretKeys = EMBEDDED_TENANTS.map(tenant => [tenant, environment.stripe[tenant].secretKey])
  return {
    url: addresses.service,
    console_url: addresses.console,
    checkout_url: addresses.shop,
    docs_url: `${addresses.service}/docs`,
    metrics_url: addresses.metrics,
    ca_file: certificates.caFile,
    database_url: postgres.appUrl,
    issuer: addresses.issuer,
    token_endpoint: tokenEndpoint(addresses),
    mailbox_url: addresses.mailbox,
    stripe_api_base: addresses.stripe,
    stripe_control_url: addresses.stripeControl,
    stripe_webhook_secret: environment.stripe[DEFAULT_EMBEDDED_TENANT].webhookSecret,
    stripe_secret_keys: Object.fromEntries(secretKeys) as Record<EmbeddedTenant, string>,
    audience: AUDIENCE,
    clients,
    tenants: EMBEDDED_TENANTS,
  }
}

export function tokenEndpoint(addresses: EmbeddedAddresses): string {
  return `${addresses.issuer}/token`
}
