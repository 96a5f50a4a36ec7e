// The composition root: builds what the verbs need from the configuration, and closes it again.
import type { Config } from './config.ts'
import { openDatabase } from './db/client.ts'
import { migrationState } from './db/migrate.ts'
import type { Clock, Dependencies, Logger } from './domain/context.ts'
import { createEncryptionLeases } from './domain/keys/encryption-leases.ts'
import { enrolKeyring } from './domain/keys/enrol-keyring.ts'
import { openLiveSigners } from './domain/keys/live-signers.ts'
import { createRegionGuard } from './domain/region/region-guard.ts'
import { markRegion, regionFault } from './domain/region/region-marker.ts'
import { bindDefaultTenant } from './domain/tenants/bind-default-tenant.ts'
import { createTenantDirectory } from './domain/tenants/tenant-directory.ts'
import { createDataKeyCache } from './keyring/data-key-cache.ts'
import { addBacklogGauges } from './observability/gauges.ts'
import { createLog, errorFields } from './observability/log.ts'
import { createMetrics, type Metrics } from './observability/metrics.ts'
import { recordSpan, startTracing } from './observability/tracing.ts'
import { openCheckpointSinks } from './open-checkpoint-sinks.ts'
import { openKeyring } from './open-keyring.ts'
import { openArchiveFolder } from './outbound/archive-folder.ts'
import { openErasureList } from './outbound/erasure-list.ts'
import { createMailer, type Mailer } from './outbound/mail.ts'
import { openQueue } from './queue/queue.ts'
import { createStripeGateway } from './stripe/gateway.ts'
import { VaultError } from './vault-error.ts'

export const SYSTEM_CLOCK: Clock = { now: () => new Date(), wall: () => new Date() }

const LEASE_IDLE_SECONDS = 30

export type Vault = { config: Config; dependencies: Dependencies; metrics: Metrics; close(): Promise<void> }

export type VaultOptions = {
  config: Config
  process: 'serve' | 'worker' | 'cli'
  clock?: Clock
  log?: Logger
  /** Opens it also where deployment, database and tenants are not of one region, for the command that puts it right. */
  anyRegion?: boolean
  /** The public address, when it is not known from the configuration. */
  publicUrl?: string
}

/** @throws VaultError when the database, the role or the keys are not fit to run on */
export async function openVault(options: VaultOptions): Promise<Vault> {
  const { config, clock = SYSTEM_CLOCK } = options
  const log = options.log ?? createLog({ level: config.LOG_LEVEL, process: options.process })
  const metrics = createMetrics()
  // What was opened, in order; closed the other way round, also when the next part cannot be opened.
  const opened: (() => Promise<void> | void)[] = []
  const close = async () => {
    for (const closePart of opened.splice(0).reverse()) await closePart()
  }
  const keyring = await openKeyring(config, {
    watch: options.process !== 'cli',
    onTrouble: error => {
      metrics.meter.count('alerts', { name: 'keyring_not_taken' })
      log.error(errorFields(error), 'the keyring changed and could not be taken')
    },
    onChange: () => {
      log.info({ version: keyring.currentVersion }, 'the keyring changed')
      enrolKeyring({ db, keyring, clock }).catch(error =>
        log.error(errorFields(error), 'the keyring could not be made known to the database'),
      )
    },
  })
  opened.push(() => keyring.close())
  const url = config.DATABASE_URL.reveal()
  const db = openDatabase({
    url,
    poolMax: config.DATABASE_POOL_MAX,
    caFile: config.DATABASE_CA_FILE,
    applicationName: `panless-${options.process}`,
    onWait: seconds => metrics.meter.observe('pool_wait_seconds', seconds),
  })
  opened.push(() => db.close())
  // A connection of its own: encryptions are leased in the middle of transactions, which may hold all the others.
  const leases = openDatabase({
    url,
    poolMax: 1,
    idleSeconds: LEASE_IDLE_SECONDS,
    caFile: config.DATABASE_CA_FILE,
    applicationName: `panless-${options.process}-keys`,
  })
  opened.push(() => leases.close())
  try {
    opened.push(await startTracing(config.OTEL_EXPORTER_OTLP_ENDPOINT, `panless-${options.process}`))
    await refuseUnfitDatabase(db)
    await keyring.ready()
    await enrolKeyring({ db, keyring, clock })
    keyring.countBy(createEncryptionLeases({ db: leases, log, meter: metrics.meter }))
    const queue = await openQueue({
      url,
      caFile: config.DATABASE_CA_FILE,
      work: options.process === 'worker',
      onError: error => log.error(errorFields(error), 'the queue reports an error'),
    })
    opened.push(() => queue.close())
    const stripe = createStripeGateway({
      apiBase: config.STRIPE_API_BASE,
      timeoutMs: config.STRIPE_TIMEOUT_MS,
      requestsPerSecond: config.STRIPE_REQUESTS_PER_SECOND,
      observe: call => {
        metrics.meter.count('stripe_calls', { operation: call.operation, outcome: call.outcome })
        metrics.meter.observe('stripe_call_seconds', call.ms / 1000, { operation: call.operation })
        recordSpan(`Stripe ${call.operation}`, call.ms, { 'stripe.outcome': call.outcome })
      },
    })
    opened.push(() => stripe.close())
    const mailer = openMailer(config)
    if (mailer) opened.push(() => mailer.close())
    const settings = domainSettings(config, options.publicUrl)
    const signers = await openLiveSigners(db, keyring)
    const dependencies: Dependencies = {
      db,
      stripe,
      keyring,
      dataKeys: createDataKeyCache({ keyring }),
      ...signers,
      region: createRegionGuard({ db, statements: signers.statements, settings }),
      queue,
      mailer,
      erasureList: config.ERASURE_LIST_FILE ? openErasureList(config.ERASURE_LIST_FILE) : null,
      checkpointSinks: await openCheckpointSinks(config, clock),
      auditArchive: config.AUDIT_ARCHIVE_FOLDER ? openArchiveFolder(config.AUDIT_ARCHIVE_FOLDER) : null,
      tenants: createTenantDirectory(db, keyring),
      clock,
      log,
      meter: metrics.meter,
      settings,
    }
    if (!options.anyRegion) await refuseOtherRegion(dependencies)
    if (options.process === 'worker') addBacklogGauges(metrics, dependencies)
    await bindDefaultTenant(dependencies, {
      tenantId: config.DEFAULT_TENANT,
      secretKey: config.STRIPE_SECRET_KEY?.reveal() ?? null,
      publishableKey: config.STRIPE_PUBLISHABLE_KEY ?? null,
      webhookSecret: config.STRIPE_WEBHOOK_SECRET?.reveal() ?? null,
    })
    return { config, dependencies, metrics, close }
  } catch (error) {
    await close()
    throw error
  }
}

/** Null when no mail server is set. */
export function openMailer({ SMTP_URL, SMTP_CA_FILE, MAIL_FROM }: Config): Mailer | null {
  if (SMTP_URL === undefined || MAIL_FROM === undefined) return null
  return createMailer({ url: SMTP_URL.reveal(), from: MAIL_FROM, caFile: SMTP_CA_FILE })
}

function domainSettings(config: Config, publicUrl?: string): Dependencies['settings'] {
  return {
    checkpointEveryMs: config.AUDIT_CHECKPOINT_SECONDS * 1_000,
    auditAtHandDays: config.AUDIT_AT_HAND_DAYS,
    region: config.REGION,
    defaultTenant: config.DEFAULT_TENANT,
    publicUrl: config.PUBLIC_URL ?? publicUrl ?? `https://localhost:${config.PORT}`,
    privacyOfficerEmail: config.PRIVACY_OFFICER_EMAIL ?? null,
    cardTesting: {
      windowSeconds: config.CARD_TESTING_WINDOW_SECONDS,
      perSession: config.CARD_TESTING_PER_SESSION,
      perPayer: config.CARD_TESTING_PER_PAYER,
      perAddress: config.CARD_TESTING_PER_ADDRESS,
      perFingerprint: config.CARD_TESTING_PER_FINGERPRINT,
    },
  }
}

/** A database without a marker is marked by whichever process comes first. */
async function refuseOtherRegion(dependencies: Dependencies): Promise<void> {
  if (await markRegion(dependencies))
    dependencies.log.info({ region: dependencies.settings.region }, 'the database was marked with the region')
  const fault = await regionFault(dependencies)
  if (fault !== null) throw new VaultError(fault)
}

async function refuseUnfitDatabase(db: ReturnType<typeof openDatabase>): Promise<void> {
  const { state, applied, known } = await migrationState(db.sql)
  if (state === 'behind')
    throw new VaultError(`The database is behind: ${applied} of ${known} migrations. Run: panless migrate`)
  if (state === 'ahead') throw new VaultError('The database is ahead of this version. Run a newer panless.')
  const [role] = await db.sql`
    select r.rolsuper as superuser, r.rolbypassrls as bypass,
           exists (select 1 from pg_class c where c.relname = 'charges' and pg_has_role(r.rolname, c.relowner, 'member')) as owner
      from pg_roles r where r.rolname = current_user`
  if (role?.superuser)
    throw new VaultError('DATABASE_URL is a superuser: row security would not hold. Use the app role.')
  if (role?.bypass) throw new VaultError('DATABASE_URL has BYPASSRLS: row security would not hold. Use the app role.')
  if (role?.owner) throw new VaultError('DATABASE_URL owns the tables: row security would not hold. Use the app role.')
}
