// What every verb gets: who asks, for which tenant, and the dependencies it may use. There are no globals.

import type { SessionTokenSigner } from '../crypto/session-token.ts'
import type { StatementSigner } from '../crypto/signed-statement.ts'
import type { Database, Tx } from '../db/client.ts'
import type { DataKeyCache } from '../keyring/data-key-cache.ts'
import type { Keyring } from '../keyring/keyring.ts'
import type { ArchiveFolder } from '../outbound/archive-folder.ts'
import type { CheckpointSink } from '../outbound/checkpoint-sink.ts'
import type { ErasureList } from '../outbound/erasure-list.ts'
import type { Mailer } from '../outbound/mail.ts'
import type { Queue } from '../queue/queue.ts'
import type { StripeGateway } from '../stripe/gateway.ts'
import type { AlertName } from './alert-names.ts'
import type { IdempotencyInput } from './idempotency/request.ts'
import type { Scope } from './permissions.ts'
import type { RegionGuard } from './region/region-guard.ts'
import type { TenantDirectory } from './tenants/tenant-directory.ts'

export type Actor =
  | { kind: 'service'; subject: string; clientId: string; scopes: ReadonlySet<Scope | string> }
  | { kind: 'session'; sessionId: string; origin: string | null }
  /** A person of the company, signed in at the console with a browser. */
  | { kind: 'staff'; subject: string; sessionId: string; scopes: ReadonlySet<Scope | string> }
  | { kind: 'operator'; name: string }
  | { kind: 'payer'; chargeId: string }
  /** Somebody who has not signed in: at a public form, or with a code that was sent to a contact on file. */
  | { kind: 'person'; reference: string }
  | { kind: 'stripe' }
  | { kind: 'worker' }

/** Business time may follow a simulator; wall time is what signatures, leases and tokens are judged by. */
export type Clock = { now(): Date; wall(): Date }

export type Logger = {
  info(fields: Record<string, unknown>, message: string): void
  warn(fields: Record<string, unknown>, message: string): void
  error(fields: Record<string, unknown>, message: string): void
  debug(fields: Record<string, unknown>, message: string): void
}

/** Numbers that the domain reports; the metrics endpoint turns them into Prometheus series. */
export type Meter = {
  count(name: 'alerts', labels: { name: AlertName }, by?: number): void
  count(name: Exclude<MeterName, 'alerts'>, labels?: Record<string, string>, by?: number): void
  observe(name: MeterName, seconds: number, labels?: Record<string, string>): void
}

export type MeterName =
  | 'http_requests'
  | 'http_request_seconds'
  | 'stripe_calls'
  | 'stripe_call_seconds'
  | 'firewall_hits'
  | 'masked_stripe_values'
  | 'charges'
  | 'refunds'
  | 'tokens'
  | 'tokenize_failures'
  | 'unknown_outcomes'
  | 'stripe_events'
  | 'quarantined_events'
  | 'inquiries'
  | 'alerts'
  | 'audit_checkpoint_copies'
  | 'pool_wait_seconds'
  | 'mails'

/** Everything a verb may reach, built once by `vault.ts`. */
export type Dependencies = {
  db: Database
  stripe: StripeGateway
  keyring: Keyring
  dataKeys: DataKeyCache
  sessionTokens: SessionTokenSigner
  statements: StatementSigner
  region: RegionGuard
  queue: Queue
  /** Null where no mail server is set: mails wait in the outbox. */
  mailer: Mailer | null
  /** Where erasures are kept apart from the database; null while no file is set. */
  erasureList: ErasureList | null
  /** Places outside the database that keep the audit log's checkpoints. */
  checkpointSinks: readonly CheckpointSink[]
  /** Where old entries of the audit log go; null while no folder is set, and then they stay. */
  auditArchive: ArchiveFolder | null
  tenants: TenantDirectory
  clock: Clock
  log: Logger
  meter: Meter
  settings: DomainSettings
}

export type DomainSettings = {
  checkpointEveryMs: number
  auditAtHandDays: number
  region: string
  defaultTenant: string
  publicUrl: string
  /** Where the company's privacy officer is reminded of deadlines. */
  privacyOfficerEmail: string | null
  /** Failures that soft-block tokenizing, counted over `windowSeconds` (card testing). */
  cardTesting: {
    windowSeconds: number
    perSession: number
    perPayer: number
    perAddress: number
    perFingerprint: number
  }
}

export type Ctx = Dependencies & {
  actor: Actor
  tenantId: string
  requestId: string
  /** Keyed hash of the caller's address, never the address itself. */
  addressHash: Buffer | null
  /** The caller's address and user agent, only for consent evidence, which is sealed. */
  client: { address: string | null; userAgent: string | null }
  idempotency: IdempotencyInput
}

export type { Database, Tx }
