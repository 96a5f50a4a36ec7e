// The doctor examines each thing for itself, says what to do, and shows no secret.
import { chmod, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import postgres from 'postgres'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startMailbox } from '../../src/dev/mailbox.ts'
import type { Finding } from '../../src/domain/doctor/finding.ts'
import { createKeyringFile } from '../../src/keyring/file-keyring.ts'
import { type OperatorSite, openOperatorSite, SITE_SECRETS } from '../support/operator-site.ts'
import { makeCertificate } from '../support/test-certificates.ts'

let site: OperatorSite
const said: string[] = []

beforeAll(async () => {
  site = await openOperatorSite()
  const { stripe } = site
  await site.run(
    [
      'tenants',
      'add',
      'acme',
      '--stripe-secret-key',
      '-',
      '--webhook-secret',
      '-',
      '--stripe-publishable-key',
      stripe.publishableKey,
    ],
    { input: `${stripe.secretKey}\n${SITE_SECRETS.webhook}\n` },
  )
})

afterAll(async () => {
  await site?.close()
})

async function examine(env: Record<string, string | undefined> = {}) {
  const { code, stdout, output } = await site.run(['doctor', '--json'], { env })
  said.push(output)
  const findings = JSON.parse(stdout) as Finding[]
  const of = (check: string) => findings.find(finding => finding.check === check)
  return {
    code,
    findings,
    of,
    troubles: findings.filter(finding => finding.state !== 'ok').map(finding => finding.check),
  }
}

test('of a sound site only the Postgres that flushes nothing, checkpoints kept nowhere and mail that is not set are complained of, and each part was looked at', async () => {
  const { code, findings, troubles } = await examine()
  expect({ code, troubles }).toEqual({ code: 1, troubles: ['database durability', 'audit log of acme', 'mail'] })
  expect(findings.map(finding => finding.check)).toEqual([
    'settings',
    'database version',
    'database TLS',
    'database durability',
    'database schema',
    'database role',
    'row security',
    'job queue',
    'keyring',
    'keyring of this database',
    'encryptions of each key',
    'region of the database',
    'region of acme',
    'Stripe for acme',
    'audit log of acme',
    'issuer',
    'mail',
    'certificate',
    'clock against the database',
    'clock against Stripe',
  ])
})

test('people get a table and, where it is needed, what to do', async () => {
  const { code, stdout } = await site.run(['doctor'], { env: { REGION: 'mars' } })
  expect(code).toBe(1)
  expect(stdout).toMatch(/^FAILED +region of acme +the tenant is of test-region, this deployment of mars/m)
  expect(stdout).toMatch(/^What to do:\n[\s\S]*^ {2}region of acme: Correct REGION/m)
})

test('wrong settings end it with 78, each with what is wrong with it', async () => {
  const { code, findings } = await examine({ AUTH_ISSUER: 'ftp://issuer', TLS_CERT_FILE: undefined })
  expect(code).toBe(78)
  expect(findings.map(finding => finding.check)).toEqual(
    expect.arrayContaining(['setting AUTH_ISSUER', 'setting TLS_CERT_FILE']),
  )
})

test('an owner, a table without row security and a schema that is behind are told apart', async () => {
  const owner = postgres(site.database.ownerUrl, { max: 1, onnotice: () => {} })
  const [last] = await owner`
    delete from drizzle.__drizzle_migrations where id = (select max(id) from drizzle.__drizzle_migrations) returning id, hash, created_at`
  await owner`alter table payers no force row level security`
  const { code, of } = await examine({ DATABASE_URL: site.database.ownerUrl })
  await owner`insert into drizzle.__drizzle_migrations ${owner(last as Record<string, string>, 'id', 'hash', 'created_at')}`
  await owner`alter table payers force row level security`
  await owner.end()
  expect(code).toBe(1)
  expect(of('database role')?.says).toContain('owns the tables')
  expect(of('row security')?.says).toBe('not forced on payers')
  expect(of('database schema')).toMatchObject({ state: 'failed', remedy: 'Run: panless migrate' })
})

test('what cannot be reached fails alone: the rest is examined all the same', async () => {
  const { code, of } = await examine({
    DATABASE_URL: 'postgres://panless_service:databasecanary@127.0.0.1:1/panless',
    AUTH_ISSUER: 'http://127.0.0.1:1',
    STRIPE_API_BASE: 'http://127.0.0.1:1',
  })
  expect(code).toBe(1)
  expect(of('database')).toMatchObject({ state: 'failed', says: 'cannot be examined (ECONNREFUSED)' })
  expect(of('issuer')).toMatchObject({ state: 'failed', says: 'its metadata cannot be read' })
  expect(of('clock against Stripe')).toMatchObject({ state: 'warning' })
  expect(of('keyring')).toMatchObject({ state: 'ok' })
  expect(of('certificate')).toMatchObject({ state: 'ok' })
})

test('an expired certificate, a key that others may read, another keyring and a silent Stripe are seen', async () => {
  const keyring = join(site.folder, 'another-keyring.json')
  await createKeyringFile(keyring)
  const { cert, key } = await makeCertificate({ expiredAt: new Date(Date.now() - 1_000) })
  const files = { TLS_CERT_FILE: join(site.folder, 'old.crt'), TLS_KEY_FILE: join(site.folder, 'old.key') }
  await writeFile(files.TLS_CERT_FILE, cert)
  await writeFile(files.TLS_KEY_FILE, key)
  await chmod(files.TLS_KEY_FILE, 0o644)
  const [certificate, stripe] = await Promise.all([
    examine({ ...files, KEYRING_FILE: keyring }),
    examine({ STRIPE_API_BASE: 'http://127.0.0.1:1' }),
  ])
  expect(certificate.of('certificate')).toMatchObject({ state: 'failed', says: 'The certificate has expired' })
  expect(certificate.of('certificate key')).toMatchObject({ state: 'warning' })
  expect(certificate.of('secrets of acme')).toMatchObject({ state: 'failed' })
  expect(certificate.of('keyring of this database')).toMatchObject({ state: 'failed' })
  expect(stripe.of('Stripe for acme')).toMatchObject({ state: 'failed' })
})

test('nothing that was said holds a secret', () => {
  for (const text of said) expect(text).not.toMatch(/operatorkeycanary|whsec_|databasecanary|postgres:\/\//)
})

test('a mail server that is not reached is said so, and one that is lets us in', async () => {
  const [cert, key] = await Promise.all(
    [site.env.TLS_CERT_FILE, site.env.TLS_KEY_FILE].map(file => readFile(file as string, 'utf8')),
  )
  const account = { user: 'panless', password: 'mailcanary' }
  const mailbox = await startMailbox({
    smtpPort: 0,
    pagePort: null,
    cert: cert as string,
    key: key as string,
    ...account,
  })
  const env = (password: string) => ({
    SMTP_URL: `smtps://panless:${password}@localhost:${mailbox.smtpPort}`,
    SMTP_CA_FILE: join(site.folder, 'tls', 'ca.crt'),
    MAIL_FROM: 'a@panless.test',
  })
  expect((await examine(env('mailcanary'))).of('mail')).toMatchObject({ state: 'ok' })
  expect((await examine(env('wrongcanary'))).of('mail')).toMatchObject({
    state: 'failed',
    says: expect.stringContaining('smtp_535'),
  })
  await mailbox.close()
  expect((await examine(env('mailcanary'))).of('mail')).toMatchObject({ state: 'failed' })
})
