// panless doctor: examines everything that panless stands on, each thing for itself, and says what to do.
import { Command, Option } from 'commander'
import { type Config, ConfigError } from '../config.ts'
import { isLoopbackDatabase } from '../config-addresses.ts'
import { openDatabase } from '../db/client.ts'
import { examineAudit } from '../domain/doctor/examine-audit.ts'
import { databaseSkewMs, examineSkew, headerSkewMs } from '../domain/doctor/examine-clocks.ts'
import { examineDatabase } from '../domain/doctor/examine-database.ts'
import { examineKeys } from '../domain/doctor/examine-keys.ts'
import { examineMail } from '../domain/doctor/examine-mail.ts'
import { examineRegion } from '../domain/doctor/examine-region.ts'
import { examineTenants } from '../domain/doctor/examine-tenants.ts'
import { examine, type Finding, failed, ok } from '../domain/doctor/finding.ts'
import { openLiveSigners } from '../domain/keys/live-signers.ts'
import { createTenantDirectory, type Tenant } from '../domain/tenants/tenant-directory.ts'
import { examineCertificate, examineIssuer } from '../http/examine-edge.ts'
import type { Keyring } from '../keyring/keyring.ts'
import { openKeyring } from '../open-keyring.ts'
import { createFetchJson } from '../outbound/fetch-json.ts'
import { readDateHeader } from '../outbound/read-date.ts'
import { createStripeGateway } from '../stripe/gateway.ts'
import { openMailer } from '../vault.ts'
import { EXIT } from './exit-codes.ts'
import { printJson, printTable } from './output.ts'
import { commandSettings } from './settings.ts'

type Use = 'serve' | 'worker'
type Database = ReturnType<typeof openDatabase>

const wallNow = () => new Date()

export function doctorCommand(): Command {
  return new Command('doctor')
    .description('Examine what panless stands on, and say what to do. Changes nothing and shows no secret.')
    .addOption(new Option('--for <command>', 'whose settings are judged').choices(['serve', 'worker']).default('serve'))
    .option('--json', 'as JSON')
    .addHelpText(
      'after',
      `
Examined: settings; Postgres (reach, TLS, version, durability, schema, role, row security); keyring, and whether it is this
database's; how much its keys have encrypted; each tenant's
region and account at Stripe; the audit log; the issuer's keys; the mail server; the certificate; clocks.

Examples:
  panless doctor
  panless doctor --for worker --json

Exit codes: 0 well (warnings may be shown), 1 something failed, 2 wrong usage, 78 wrong configuration.`,
    )
    .action(async (options: { for: Use; json?: boolean }) => {
      process.exitCode = await diagnose(options.for, options.json ?? false)
    })
}

async function diagnose(use: Use, json: boolean): Promise<number> {
  const { findings, configured } = await examineSite(use)
  if (json) printJson(findings)
  else printFindings(findings)
  if (!configured) return EXIT.config
  return findings.some(finding => finding.state === 'failed') ? EXIT.failed : EXIT.ok
}

async function examineSite(use: Use): Promise<{ findings: Finding[]; configured: boolean }> {
  try {
    const { config, close } = await commandSettings(use)
    const findings = [ok('settings', 'complete'), ...(await examineAll(config, use))]
    close()
    return { findings, configured: true }
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    const remedy = 'See the table of settings in README.md.'
    const findings = error.faults.map(fault => failed(`setting ${fault.name}`, fault.message, remedy))
    return { findings, configured: false }
  }
}

async function examineAll(config: Config, use: Use): Promise<Finding[]> {
  const db = openDatabase({
    url: config.DATABASE_URL.reveal(),
    poolMax: 1,
    caFile: config.DATABASE_CA_FILE,
    applicationName: 'panless-doctor',
  })
  try {
    const [databaseFindings, keyring] = await Promise.all([
      examine('database', 'See whether DATABASE_URL is right and this machine reaches it.', () =>
        examineDatabase(db.sql, isLoopbackDatabase(config.DATABASE_URL.reveal())),
      ),
      examineKeyring(config),
    ])
    return [
      ...databaseFindings,
      ...(Array.isArray(keyring)
        ? keyring
        : [ok('keyring', `opens, ${keyring.versions().length} usable key versions`)]),
      ...(Array.isArray(keyring)
        ? []
        : await examine('keyring of this database', 'Repair the database first.', () => examineKeys(db.sql, keyring))),
      ...(Array.isArray(keyring)
        ? []
        : await examine('region of the database', 'Repair the database first.', async () =>
            examineRegion({ db, ...(await openLiveSigners(db, keyring)) }, config.REGION),
          )),
      ...(Array.isArray(keyring) ? [] : await examineTenantsOf(config, db, keyring)),
      ...(await examine('audit log', 'Repair the database first.', () => examineAuditOf(config, db))),
      ...(await examineIssuer({
        issuer: config.AUTH_ISSUER,
        jwksUrl: config.AUTH_JWKS_URL,
        fetchJson: createFetchJson({ caFile: config.AUTH_CA_FILE }),
      })),
      await examineOwnMail(config),
      ...(use === 'serve' && config.TLS_MODE === 'process' ? await examineOwnCertificate(config) : []),
      ...(await examineClocks(config, db)),
    ]
  } finally {
    await db.close()
  }
}

async function examineKeyring(config: Config): Promise<Keyring | Finding[]> {
  try {
    const keyring = await openKeyring(config)
    await keyring.ready()
    // What it needed the key service for is done.
    keyring.close()
    return keyring
  } catch (error) {
    return [
      failed(
        'keyring',
        (error as Error).message,
        'Restore KEYRING_FILE from its copy, owned by this user with mode 0600; see KEYRING where a key service wraps it.',
      ),
    ]
  }
}

async function examineAuditOf(config: Config, db: Database): Promise<Finding[]> {
  const tenants = await db.sql<{ id: string }[]>`select id from tenants order by id`
  const places = [config.AUDIT_CHECKPOINT_FILE, config.AUDIT_S3_URL, config.AUDIT_TSA_URL].filter(Boolean)
  return examineAudit(
    db,
    tenants.map(({ id }) => id),
    places.length,
  )
}

function examineTenantsOf(config: Config, db: Database, keyring: Keyring): Promise<Finding[]> {
  return examine('tenants', 'Repair the database first.', async () => {
    const directory = createTenantDirectory(db, keyring)
    const rows = await db.sql<{ id: string }[]>`select id from tenants order by id`
    const tenants: Tenant[] = []
    const sealed: Finding[] = []
    for (const { id } of rows) {
      try {
        tenants.push((await directory.find(id)) as Tenant)
      } catch {
        sealed.push(
          failed(
            `secrets of ${id}`,
            'do not open with this keyring',
            'Set KEYRING_FILE to the keyring that this database was used with.',
          ),
        )
      }
    }
    const stripe = createStripeGateway({
      apiBase: config.STRIPE_API_BASE,
      timeoutMs: config.STRIPE_TIMEOUT_MS,
      requestsPerSecond: config.STRIPE_REQUESTS_PER_SECOND,
    })
    try {
      return [
        ...sealed,
        ...(sealed.length > 0 && tenants.length === 0 ? [] : await examineTenants({ stripe }, tenants, config.REGION)),
      ]
    } finally {
      stripe.close()
    }
  })
}

async function examineOwnMail(config: Config): Promise<Finding> {
  const mailer = openMailer(config)
  try {
    return await examineMail(mailer)
  } finally {
    mailer?.close()
  }
}

function examineOwnCertificate(config: Config): Promise<Finding[]> {
  const files = { certFile: config.TLS_CERT_FILE as string, keyFile: config.TLS_KEY_FILE as string }
  const host = config.PUBLIC_URL === undefined ? null : new URL(config.PUBLIC_URL).hostname
  return examineCertificate(files, host, wallNow())
}

async function examineClocks(config: Config, db: Database): Promise<Finding[]> {
  const [ofDatabase, ofStripe] = await Promise.all([
    databaseSkewMs(db.sql, wallNow).catch(() => null),
    readDateHeader(`${config.STRIPE_API_BASE}/v1/account`),
  ])
  return [examineSkew('the database', ofDatabase), examineSkew('Stripe', headerSkewMs(ofStripe, wallNow()))]
}

const MARKS = { ok: 'ok', warning: 'WARNING', failed: 'FAILED' } as const

function printFindings(findings: Finding[]): void {
  printTable(
    ['', 'what', 'found'],
    findings.map(finding => [MARKS[finding.state], finding.check, finding.says]),
  )
  const troubles = findings.filter(finding => finding.remedy !== null)
  if (troubles.length === 0) {
    console.log('\nEverything is well.')
    return
  }
  console.log('\nWhat to do:')
  for (const { check, remedy } of troubles) console.log(`  ${check}: ${remedy}`)
}
