// The configuration: every fault named at once and none of its values shown, in the library and in the real process.
import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { ConfigError, loadConfig, loadMigrationSettings, Secret } from '../src/config.ts'
import type { ConfigUse } from '../src/config-checks.ts'

let folder: string
let good: Record<string, string>
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'panless-config-'))
  for (const name of ['keyring.json', 'tls.crt', 'tls.key']) await writeFile(join(folder, name), 'x', { mode: 0o600 })
  good = {
    DATABASE_URL: 'postgres://app:db-canary@127.0.0.1:5432/panless',
    STRIPE_SECRET_KEY: 'sk_test_canary0000000000',
    STRIPE_PUBLISHABLE_KEY: 'pk_test_0000000000',
    STRIPE_WEBHOOK_SECRET: 'whsec_canary00000000',
    AUTH_ISSUER: 'https://issuer.example',
    AUTH_AUDIENCE: 'https://panless.example',
    TLS_CERT_FILE: join(folder, 'tls.crt'),
    TLS_KEY_FILE: join(folder, 'tls.key'),
    KEYRING_FILE: join(folder, 'keyring.json'),
  }
})
afterAll(() => rm(folder, { recursive: true }))

/** What is wrong with the good settings once these are changed: the names of the settings, in order. */
function faultsOf(changes: Record<string, string | undefined>, use?: ConfigUse): string[] {
  try {
    loadConfig({ ...good, ...changes }, use)
    return []
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    expect(error.message).not.toContain('canary')
    return error.faults.map(({ name }) => name).sort()
  }
}

describe('settings', () => {
  test('that are good are taken, with defaults, and frozen', () => {
    const config = loadConfig(good)
    expect(config).toMatchObject({
      DEFAULT_TENANT: 'default',
      STRIPE_API_BASE: 'https://api.stripe.com',
      AUTH_TENANT_CLAIM: 'tenant',
      AUTH_SCOPE_CLAIM: 'scope',
      TLS_MODE: 'process',
      LOG_LEVEL: 'info',
      METRICS_HOST: '127.0.0.1',
    })
    expect(Object.isFrozen(config)).toBe(true)
  })

  test('that are empty count as missing', () => {
    expect(faultsOf({ AUTH_AUDIENCE: '' })).toEqual(['AUTH_AUDIENCE'])
    expect(faultsOf({ LOG_LEVEL: '' })).toEqual([])
  })

  test('that are wrong are all named at once', () => {
    const wrong = {
      DATABASE_URL: 'mysql://canary@host/db',
      STRIPE_SECRET_KEY: 'canary-not-a-key',
      STRIPE_PUBLISHABLE_KEY: 'canary',
      AUTH_ISSUER: 'canary',
      AUTH_AUDIENCE: undefined,
      KEYRING_FILE: '/canary/no-such-file',
      PORT: 'canary',
      TLS_MODE: 'canary',
      REGION: 'Canary!',
      TRUSTED_PROXIES: '10.0.0.0/33',
      DEFAULT_TENANT: 'Canary_1',
      LOG_LEVEL: 'canary',
      TLS_CERT_FILE: undefined,
      NODE_TLS_REJECT_UNAUTHORIZED: '0',
    }
    expect([...new Set(faultsOf(wrong))]).toEqual(Object.keys(wrong).sort())
  })

  test.each(['serve', 'worker', 'cli'] as const)('that nothing can start without are asked for by %s', use => {
    const faults = faultsOf(Object.fromEntries(Object.keys(good).map(name => [name, undefined])), use)
    expect(faults).toEqual([
      'AUTH_AUDIENCE',
      'AUTH_ISSUER',
      'DATABASE_URL',
      'KEYRING_FILE',
      ...(use === 'serve' ? ['TLS_CERT_FILE', 'TLS_KEY_FILE'] : []),
    ])
  })

  test('for serving ask for a certificate, or for the proxies that end TLS', () => {
    expect(faultsOf({ TLS_KEY_FILE: undefined })).toEqual(['TLS_KEY_FILE'])
    const proxy = { TLS_MODE: 'proxy', TLS_CERT_FILE: undefined, TLS_KEY_FILE: undefined }
    expect(faultsOf(proxy)).toEqual(['TRUSTED_PROXIES'])
    expect(faultsOf({ ...proxy, TRUSTED_PROXIES: '10.0.0.0/8, 2001:db8::/32, 192.0.2.7' })).toEqual([])
    for (const list of ['proxy.example', '10.0.0.0/8/9', '10.0.0.0/-1', '10.0.0.0/', '300.0.0.1']) {
      expect(faultsOf({ ...proxy, TRUSTED_PROXIES: list }), list).toEqual(['TRUSTED_PROXIES'])
    }
  })
})

describe('what is never accepted', () => {
  test('is a process that does not verify certificates', () => {
    expect(faultsOf({ NODE_TLS_REJECT_UNAUTHORIZED: '0' })).toEqual(['NODE_TLS_REJECT_UNAUTHORIZED'])
    expect(faultsOf({ NODE_TLS_REJECT_UNAUTHORIZED: '1' })).toEqual([])
    const migration = { DATABASE_MIGRATION_URL: 'postgres://o@localhost/p', NODE_TLS_REJECT_UNAUTHORIZED: '0' }
    expect(() => loadMigrationSettings(migration)).toThrow(/NODE_TLS_REJECT_UNAUTHORIZED/)
  })

  test("is a live key beside another address than Stripe's, or of another mode than its twin", () => {
    const live = { STRIPE_SECRET_KEY: 'sk_live_canary000000', STRIPE_PUBLISHABLE_KEY: 'pk_live_000000' }
    expect(faultsOf(live)).toEqual([])
    expect(faultsOf({ ...live, STRIPE_API_BASE: 'https://api.stripe.com/' })).toEqual([])
    for (const base of [
      'http://127.0.0.1:12111',
      'https://localhost:12111',
      'https://api.stripe.com.evil.example',
      'https://api.stripe.com@evil.example',
      'https://api-stripe.com',
    ]) {
      expect(faultsOf({ ...live, STRIPE_API_BASE: base }), base).toContain('STRIPE_API_BASE')
    }
    expect(
      faultsOf({ ...live, STRIPE_SECRET_KEY: 'rk_live_canary000000', STRIPE_API_BASE: 'http://127.0.0.1:1' }),
    ).toContain('STRIPE_API_BASE')
    expect(faultsOf({ ...live, STRIPE_JS_URL: 'http://127.0.0.1:12111/v3.js' })).toContain('STRIPE_JS_URL')
    expect(faultsOf({ STRIPE_PUBLISHABLE_KEY: 'pk_live_000000' })).toEqual(['STRIPE_PUBLISHABLE_KEY'])
    expect(faultsOf({ STRIPE_PUBLISHABLE_KEY: undefined })).toEqual(['STRIPE_PUBLISHABLE_KEY'])
  })

  test.each([
    ['postgres://app:canary@db.example/panless', false],
    ['postgres://app:canary@db.example/panless?sslmode=require', false],
    ['postgres://app:canary@db.example/panless?sslmode=disable', false],
    ['postgres://app:canary@db.example/panless?sslmode=verify-full', true],
    ['postgres://app:canary@10.0.0.5/panless', false],
    ['postgres://app:canary@127.0.0.1.evil.example/panless', false],
    ['postgres://app:canary@localhost.evil.example/panless', false],
    ['postgres://app:canary@db.example/panless?host=127.0.0.1', false],
    ['postgres://app:canary@localhost,db.example/panless', false],
    ['postgres://app:canary@%zz/panless', false],
    ['postgres://app:canary@[::1]/panless', true],
    ['postgresql://app:canary@localhost/panless', true],
    ['postgres://app:canary@localhost/panless?host=/var/run/postgresql', true],
  ])('is Postgres off loopback without verified TLS: %s', (url, accepted) => {
    expect(faultsOf({ DATABASE_URL: url })).toEqual(accepted ? [] : ['DATABASE_URL'])
    const migrate = () => loadMigrationSettings({ DATABASE_MIGRATION_URL: url })
    if (accepted) expect(migrate().url.reveal()).toBe(url)
    else expect(migrate).toThrow(ConfigError)
  })

  test.each(['STRIPE_API_BASE', 'STRIPE_JS_URL', 'AUTH_ISSUER', 'AUTH_JWKS_URL', 'PUBLIC_URL'])(
    'is plain http off loopback in %s',
    name => {
      expect(faultsOf({ [name]: 'http://elsewhere.example' })).toEqual([name])
      expect(faultsOf({ [name]: 'http://127.0.0.1.elsewhere.example' })).toEqual([name])
      expect(faultsOf({ [name]: 'ftp://127.0.0.1' })).toContain(name)
      expect(faultsOf({ [name]: 'http://127.0.0.1:8080' })).toEqual([])
    },
  )
})

describe('a secret', () => {
  test('prints as stars however it is printed', () => {
    const secret = new Secret('canary')
    const config = loadConfig(good)
    for (const text of [
      `${secret}`,
      JSON.stringify({ secret }),
      inspect(secret),
      inspect({ deep: { secret } }, { showHidden: true, depth: 9 }),
      inspect(config, { showHidden: true }),
      JSON.stringify(config),
      Object.values(secret).join(),
    ]) {
      expect(text).not.toContain('canary')
    }
    expect(secret.reveal()).toBe('canary')
  })
})

describe('the process', () => {
  const program = inject('program')
  const run = (command: string, env: Record<string, string>) =>
    new Promise<{ code: number; text: string }>(resolve => {
      const child = execFile(
        process.execPath,
        [program.file, command],
        { env: { PATH: process.env.PATH ?? '', NODE_COMPILE_CACHE: program.compileCache, ...env }, timeout: 20_000 },
        (_, stdout, stderr) => resolve({ code: child.exitCode ?? -1, text: stdout + stderr }),
      )
    })

  test.each(['serve', 'worker'])('of panless %s ends with 78 and one line for each fault', async command => {
    const { code, text } = await run(command, {
      ...good,
      DATABASE_URL: 'postgres://app:canary-password@db.example/panless',
      STRIPE_SECRET_KEY: 'sk_live_canary_secret',
      STRIPE_API_BASE: 'http://127.0.0.1:12111',
      AUTH_AUDIENCE: '',
      NODE_TLS_REJECT_UNAUTHORIZED: '0',
    })
    expect(code).toBe(78)
    const named = text.match(/^(?:DATABASE_URL|STRIPE_\w+|AUTH_\w+|NODE_TLS_REJECT_UNAUTHORIZED) .+$/gm) ?? []
    expect(named.map(line => line.split(' ')[0]).sort()).toEqual([
      'AUTH_AUDIENCE',
      'DATABASE_URL',
      'NODE_TLS_REJECT_UNAUTHORIZED',
      'STRIPE_API_BASE',
      'STRIPE_PUBLISHABLE_KEY',
    ])
    expect(text).not.toContain('canary')
  })

  test('of panless migrate ends with 78 without its connection', async () => {
    const { code, text } = await run('migrate', {})
    expect(code).toBe(78)
    expect(text).toContain('DATABASE_MIGRATION_URL')
  })

  test('ends with 78 for a keyring that is none, and shows nothing of it', async () => {
    const file = join(folder, 'keyring.json')
    await writeFile(file, '{"canary":"keyring-canary"}')
    const { code, text } = await run('worker', good)
    expect(code).toBe(78)
    expect(text).not.toContain('canary')
  })
})

describe('a key service', () => {
  const aws = { KEYRING: 'aws-kms', KEYRING_KEY: 'arn:aws:kms:eu-central-1:111122223333:alias/panless' }
  const gcp = { KEYRING: 'gcp-kms', KEYRING_KEY: 'projects/p/locations/l/keyRings/r/cryptoKeys/k' }
  const vault = {
    KEYRING: 'vault-transit',
    KEYRING_KEY: 'panless',
    KEYRING_ENDPOINT: 'https://vault.example:8200',
    KEYRING_TOKEN: 'hvs.canary',
  }

  test('is taken with what its kind needs', () => {
    for (const settings of [
      aws,
      gcp,
      vault,
      { ...vault, KEYRING_MOUNT: 'kv/transit', KEYRING_NAMESPACE: 'admin/panless' },
    ])
      expect(faultsOf(settings)).toEqual([])
    expect(loadConfig({ ...good, ...vault }).KEYRING_TOKEN).toBeInstanceOf(Secret)
  })

  test('lacks nothing in silence, and gets nothing that it does not use', () => {
    expect(faultsOf({ KEYRING: 'canary' })).toEqual(['KEYRING'])
    for (const KEYRING of ['aws-kms', 'gcp-kms']) expect(faultsOf({ KEYRING })).toEqual(['KEYRING_KEY'])
    expect(faultsOf({ KEYRING: 'vault-transit' })).toEqual(['KEYRING_ENDPOINT', 'KEYRING_KEY', 'KEYRING_TOKEN'])
    expect(faultsOf({ ...aws, KEYRING_KEY: gcp.KEYRING_KEY })).toEqual(['KEYRING_KEY'])
    expect(faultsOf({ ...gcp, KEYRING_KEY: aws.KEYRING_KEY })).toEqual(['KEYRING_KEY'])
    expect(faultsOf({ ...vault, KEYRING_KEY: '../sys/canary' })).toEqual(['KEYRING_KEY'])
    expect(faultsOf({ ...aws, KEYRING_TOKEN: 'canary', KEYRING_MOUNT: 'm' })).toEqual([
      'KEYRING_MOUNT',
      'KEYRING_TOKEN',
    ])
    expect(faultsOf({ KEYRING_KEY: 'canary', KEYRING_TOKEN: 'canary' })).toEqual(['KEYRING_KEY', 'KEYRING_TOKEN'])
  })

  test('is reached by https off loopback', () => {
    expect(faultsOf({ ...vault, KEYRING_ENDPOINT: 'http://vault.example:8200' })).toEqual(['KEYRING_ENDPOINT'])
    expect(faultsOf({ ...vault, KEYRING_ENDPOINT: 'http://127.0.0.1:8200' })).toEqual([])
    expect(faultsOf({ ...aws, KEYRING_ENDPOINT: 'http://169.254.169.254' })).toEqual(['KEYRING_ENDPOINT'])
  })
})
