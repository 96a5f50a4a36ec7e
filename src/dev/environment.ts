// What the embedded environment is made of: its folder, its addresses, and the made-up Stripe accounts of its tenants.
import { randomBytes } from 'node:crypto'
import { join, resolve } from 'node:path'
import type { EmbeddedPorts } from './ports.ts'

/** The first one is the default tenant. */
export const EMBEDDED_TENANTS = ['demo', 'other'] as const
export type EmbeddedTenant = (typeof EMBEDDED_TENANTS)[number]
export const DEFAULT_EMBEDDED_TENANT: EmbeddedTenant = 'demo'

/** Who the access tokens are for. */
export const AUDIENCE = 'https://panless.local/api'

/** `.panless` in the folder that the command is called in; `npm start` calls it at the top of the checkout. */
export function dataFolder(): string {
  return resolve('.panless')
}

export interface StripeKeys {
  secretKey: string
  publishableKey: string
  webhookSecret: string
}

/** Kept in `environment.json`: a restart finds the same ports and the same Stripe accounts. */
export interface KeptEnvironment {
  firstPort: number
  stripe: Record<EmbeddedTenant, StripeKeys>
  /** The first start came to its end; what an interrupted one left is made anew. */
  complete: boolean
}

export function newEnvironment(firstPort: number): KeptEnvironment {
  const stripe = EMBEDDED_TENANTS.map(tenant => [tenant, newStripeKeys(tenant)])
  return { firstPort, stripe: Object.fromEntries(stripe) as KeptEnvironment['stripe'], complete: false }
}

/** Keys as Stripe's look; hexadecimal letters only, so that no run of digits passes for a card number. */
function newStripeKeys(tenant: string): StripeKeys {
  const letters = () =>
    randomBytes(16)
      .toString('hex')
      .replace(/\d/g, digit => 'ghjkmnpqrs'[Number(digit)] as string)
  const key = `${tenant}${letters()}`
  return { secretKey: `sk_test_${key}`, publishableKey: `pk_test_${key}`, webhookSecret: `whsec_${letters()}` }
}

export interface EmbeddedFiles {
  folder: string
  environment: string
  devJson: string
  /** The settings of `serve`, for other commands in a shell. */
  env: string
  keyring: string
  identityProvider: string
  postgresData: string
  postgresLog: string
  logs: string
  tls: string
  simulatorJournal: string
  /** What Node keeps of modules that it has compiled: the next process starts sooner. */
  compileCache: string
}

export function embeddedFiles(folder: string): EmbeddedFiles {
  return {
    folder,
    environment: join(folder, 'environment.json'),
    devJson: join(folder, 'dev.json'),
    env: join(folder, 'env'),
    keyring: join(folder, 'keyring.json'),
    identityProvider: join(folder, 'identity-provider.json'),
    postgresData: join(folder, 'postgres'),
    postgresLog: join(folder, 'logs', 'postgres.log'),
    logs: join(folder, 'logs'),
    tls: join(folder, 'tls'),
    simulatorJournal: join(folder, 'stripe-simulator.jsonl'),
    compileCache: join(folder, 'compile-cache'),
  }
}

export interface EmbeddedAddresses {
  service: string
  console: string
  metrics: string
  issuer: string
  /** Plain HTTP on loopback by number: a browser that saw the service's HSTS for `localhost` leaves it alone. */
  stripe: string
  stripeControl: string
  /** The script that a checkout page includes in place of js.stripe.com's. */
  stripeJs: string
  shop: string
  /** Plain HTTP on loopback by number, as the simulator. */
  mailbox: string
}

export function embeddedAddresses(ports: EmbeddedPorts): EmbeddedAddresses {
  const stripe = `http://127.0.0.1:${ports.stripe}`
  return {
    service: `https://localhost:${ports.service}`,
    console: `https://localhost:${ports.service}/console`,
    metrics: `http://127.0.0.1:${ports.metrics}/metrics`,
    issuer: `https://localhost:${ports.issuer}`,
    stripe,
    stripeControl: `${stripe}/_simulator`,
    stripeJs: `${stripe}/v3/stripe.js`,
    shop: `https://localhost:${ports.shop}`,
    mailbox: `http://127.0.0.1:${ports.mailbox}`,
  }
}
