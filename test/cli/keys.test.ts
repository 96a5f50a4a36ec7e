// The keyring as an operator handles it: made once, rotated, retired, wrapped by a key service, and never mixed up.
import { cp, mkdir, readFile, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import postgres from 'postgres'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { seal } from '../../src/crypto/envelope.ts'
import { systemReplyRow } from '../../src/domain/idempotency/keys.ts'
import { openFileKeyring } from '../../src/keyring/file-keyring.ts'
import { type KeyServiceDouble, startKeyServiceDouble, VAULT_KEY, VAULT_TOKEN } from '../support/key-service-double.ts'
import { type OperatorSite, openOperatorSite } from '../support/operator-site.ts'

/** Each story starts up to ten processes, one after the other. */
vi.setConfig({ testTimeout: 120_000 })

let site: OperatorSite
let service: KeyServiceDouble

beforeAll(async () => {
  ;[site, service] = await Promise.all([openOperatorSite(), startKeyServiceDouble()])
  const { stripe } = site
  const added = await site.run(
    ['tenants', 'add', 'acme', '--stripe-secret-key', '-', '--stripe-publishable-key', stripe.publishableKey],
    { input: `${stripe.secretKey}\n` },
  )
  expect(added.code, added.output).toBe(0)
})

afterAll(async () => {
  await service?.close()
  await site?.close()
})

async function inDatabase<Value>(work: (sql: postgres.Sql) => Promise<Value>): Promise<Value> {
  const sql = postgres(site.database.superuserUrl, { max: 1, onnotice: () => {} })
  try {
    return await work(sql)
  } finally {
    await sql.end()
  }
}

/** As if the time had passed in which a command may still seal with what it reserved: a rotation waits for that. */
const timePasses = () => inDatabase(sql => sql`update key_usage set leased_until = now() - interval '1 minute'`)

/** A reply about no payer, sealed as the service does it. */
async function insertReply(keyHash: Buffer): Promise<void> {
  const keyring = await openFileKeyring(site.env.KEYRING_FILE as string)
  const { key, version } = await keyring.sealingKey('idempotency-replies')
  const place = { tenantId: 'acme', table: 'idempotency_keys', column: 'reply_sealed', row: systemReplyRow(keyHash) }
  const sealed = seal(key, { ...place, keyVersion: version }, '["text/plain",""]')
  await inDatabase(
    sql => sql`
      insert into idempotency_keys (tenant_id, key_hash, request_hash, status, moves_money, reply_sealed, reply_status, lease_until, created_at)
      values ('acme', ${keyHash}, '\\x02', 'done', false, ${sealed}, 200, now(), now())`,
  )
}

const versions = async () => {
  const { code, stdout, stderr } = await site.run(['keys', 'status', '--json'])
  expect(code, stderr).toBe(0)
  return JSON.parse(stdout).tenants.find(({ tenant }: { tenant: string }) => tenant === 'acme').versions
}

describe('panless keys init', () => {
  test('makes a file of mode 0600, says where, and shows no key', async () => {
    const file = join(site.folder, 'new.json')
    const { code, output } = await site.run(['keys', 'init', file])
    expect(code).toBe(0)
    expect(output).toContain(file)
    expect((await stat(file)).mode & 0o777).toBe(0o600)
    const { wrapping_keys, hash_key } = JSON.parse(await readFile(file, 'utf8'))
    for (const { key } of [...wrapping_keys, hash_key]) expect(output).not.toContain(key)
  })

  test('without a name takes KEYRING_FILE, and leaves an existing file as it is', async () => {
    const before = await readFile(site.env.KEYRING_FILE as string)
    const { code, stderr } = await site.run(['keys', 'init'])
    expect(code).toBe(78)
    expect(stderr).toContain('exists already')
    expect(await readFile(site.env.KEYRING_FILE as string)).toEqual(before)
  })
})

describe('a key service', () => {
  const env = () => ({
    KEYRING: 'vault-transit',
    KEYRING_KEY: VAULT_KEY,
    KEYRING_TOKEN: VAULT_TOKEN,
    KEYRING_ENDPOINT: service.url,
  })
  const init = (file: string, more: Record<string, string | undefined> = {}) =>
    site.run(['keys', 'init', file, '--json'], { env: { ...env(), ...more } })

  test('wraps the keys of a file that is made, and opens it for the doctor', async () => {
    const file = join(site.folder, 'wrapped.json')
    const made = await init(file)
    expect(made.code, made.stderr).toBe(0)
    expect(JSON.parse(made.stdout)).toMatchObject({ keyring: 'vault-transit', mode: '0600' })
    expect(JSON.parse(await readFile(file, 'utf8')).wrapping_keys[0]).not.toHaveProperty('key')
    const doctor = await site.run(['doctor', '--json'], { env: { ...env(), KEYRING_FILE: file } })
    const findings = JSON.parse(doctor.stdout) as { check: string; state: string; says: string }[]
    expect(findings.find(({ check }) => check === 'keyring')).toMatchObject({ state: 'ok' })
    expect(doctor.output + made.output).not.toContain('keyservicecanary')
  })

  test('that is away ends with 69, one that denies or settings that lack something with 78', async () => {
    const file = join(site.folder, 'wrapped.json')
    const commands = [['serve'], ['worker'], ['keys', 'list'], ['tenants', 'list']]
    const runAll = () => Promise.all(commands.map(args => site.run(args, { env: { ...env(), KEYRING_FILE: file } })))
    service.fail('away')
    for (const { code, stderr } of await runAll()) {
      expect({ code, stderr }).toEqual({ code: 69, stderr: expect.stringContaining('does not answer') })
    }
    service.fail('denied')
    expect((await runAll()).map(({ code }) => code)).toEqual(commands.map(() => 78))
    service.fail(null)
    const without = await init(join(site.folder, 'none.json'), { KEYRING_TOKEN: undefined })
    expect(without.code).toBe(78)
    expect(without.stderr).toContain('KEYRING_TOKEN')
    const plain = await site.run(['keys', 'list'], { env: { KEYRING_FILE: file } })
    expect(plain.code).toBe(78)
    expect(plain.stderr).toContain('vault-transit')
  })
})

describe('another keyring than the database was sealed with', () => {
  test('is refused at start by every process and by the doctor, and nothing is written', async () => {
    const file = join(site.folder, 'another.json')
    await site.run(['keys', 'init', file])
    const commands = [['serve'], ['worker'], ['keys', 'rotate'], ['tenants', 'list']]
    for (const { code, stderr } of await Promise.all(
      commands.map(args => site.run(args, { env: { KEYRING_FILE: file } })),
    )) {
      expect({ code, stderr }).toEqual({ code: 78, stderr: expect.stringContaining('sealed with another keyring') })
    }
    const doctor = await site.run(['doctor', '--json'], { env: { KEYRING_FILE: file } })
    expect(
      JSON.parse(doctor.stdout).find(({ check }: { check: string }) => check === 'keyring of this database'),
    ).toMatchObject({
      state: 'failed',
    })
    expect((await versions()).map(({ version }: { version: number }) => version)).toEqual([1])
  })

  test('is refused too where the database does not know its own yet, as one of an older release', async () => {
    await inDatabase(sql =>
      sql.begin(async tx => {
        await tx`set local session_replication_role = replica`
        await tx`delete from key_versions`
        await tx`delete from signing_keys`
      }),
    )
    const { code, stderr } = await site.run(['tenants', 'list'], {
      env: { KEYRING_FILE: join(site.folder, 'another.json') },
    })
    expect({ code, stderr }).toEqual({ code: 78, stderr: expect.stringContaining('sealed with another keyring') })
    expect((await versions()).map(({ version }: { version: number }) => version)).toEqual([1])
  })
})

describe('rotation', () => {
  test('puts what is sealed under a new version, lists it, and lets the old one be retired', async () => {
    const older = join(site.folder, 'older.json')
    await cp(site.env.KEYRING_FILE as string, older)
    expect(await versions()).toMatchObject([{ version: 1, state: 'current', rows: [{ rows: 1 }] }])
    const tooEarly = await site.run(['keys', 'retire', '1'])
    expect(tooEarly.code).toBe(1)
    expect(tooEarly.stderr).toContain('Rotate first')

    await timePasses()
    const rotated = await site.run(['keys', 'rotate', '--json'])
    expect(rotated.code, rotated.stderr).toBe(0)
    expect(JSON.parse(rotated.stdout)).toMatchObject({ version: 2, resumed: false, tenants: [{ rows: 1, damaged: 0 }] })
    expect(await versions()).toMatchObject([
      { version: 1, state: 'active', rows: [] },
      { version: 2, state: 'current', rows: [{ place: 'tenants.stripe_secrets_sealed', rows: 1 }] },
    ])

    // A copy from before the rotation is no keyring of this database any more.
    const old = await site.run(['tenants', 'list'], { env: { KEYRING_FILE: older } })
    expect(old.code).toBe(78)
    expect(old.stderr).toContain('older copy')

    const before = JSON.parse(await readFile(site.env.KEYRING_FILE as string, 'utf8'))
    const retired = await site.run(['keys', 'retire', '1', '--json'])
    expect(retired.code, retired.stderr).toBe(0)
    const after = await readFile(site.env.KEYRING_FILE as string, 'utf8')
    expect(after).not.toContain(before.wrapping_keys[0].key)
    expect((await stat(site.env.KEYRING_FILE as string)).mode & 0o777).toBe(0o600)
    expect(await versions()).toMatchObject([
      { version: 1, state: 'retired' },
      { version: 2, state: 'current' },
    ])
    expect((await site.run(['keys', 'retire', '7'])).code).toBe(1)
  })

  test('leaves its steps in the audit log, and its public keys for ever', async () => {
    const [actions, kids] = await inDatabase(async sql => [
      (await sql`select action from audit_log where tenant_id = 'acme' and action like 'keys.%' order by sequence`).map(
        row => row.action,
      ),
      (await sql`select kid from signing_keys order by kid`).map(row => row.kid),
    ])
    expect(actions).toEqual(['keys.rotation-begin', 'keys.rotation-finish', 'keys.retire'])
    expect(kids).toEqual(['session-1', 'session-2', 'statement-1', 'statement-2'])
  })

  test('of a version that was prepared begins with that one, and a database from before it takes an older file', async () => {
    const older = join(site.folder, 'before-preparing.json')
    await cp(site.env.KEYRING_FILE as string, older)
    const prepared = await site.run(['keys', 'rotate', '--prepare', '--json'])
    expect(JSON.parse(prepared.stdout)).toEqual({ version: 3, state: 'pending' })
    expect((await site.run(['keys', 'rotate', '--prepare'])).code).toBe(78)
    expect((await versions()).map(({ state }: { state: string }) => state)).toEqual(['retired', 'current', 'pending'])
    expect((await site.run(['tenants', 'list'], { env: { KEYRING_FILE: older } })).code).toBe(0)
    await timePasses()
    expect(JSON.parse((await site.run(['keys', 'rotate', '--json'])).stdout)).toMatchObject({ version: 3 })
  })

  test('is not followed by a retirement while a transaction is open that then stores something under the version', async () => {
    await timePasses()
    const service = postgres(site.database.appUrl, { max: 1 })
    const retiring = await service.begin(async tx => {
      await tx`select set_config('app.tenant', 'acme', true)`
      const done = site.run(['keys', 'retire', '2', '--json'])
      await vi.waitUntil(
        () => inDatabase(sql => sql`select 1 from key_versions where retiring_at is not null`.then(rows => rows[0])),
        { timeout: 20_000, interval: 50 },
      )
      // It counts at once where it does not wait.
      await new Promise(resolve => setTimeout(resolve, 500))
      await tx`
        insert into idempotency_keys (tenant_id, key_hash, request_hash, status, moves_money, reply_sealed, reply_status, lease_until, created_at)
        values ('acme', '\\x02', '\\x02', 'done', false, '\\x0100000002', 200, now(), now())`
      return { done }
    })
    await service.end()
    const refused = await retiring.done
    expect(refused.code, refused.output).toBe(1)
    expect(JSON.parse(refused.stdout).in_use).toMatchObject([{ place: 'idempotency_keys.reply_sealed', rows: 1 }])
    const stillRetiring = await inDatabase(
      sql => sql`select 1 from key_versions where retiring_at is not null and version = 2`,
    )
    expect(stillRetiring).toHaveLength(0)
    await inDatabase(sql => sql`delete from idempotency_keys`)
  })

  test('passes by what is damaged, names it, and refuses to retire what it stands under', async () => {
    // More than a batch, of versions that are there, gone, and never were; after them one that opens.
    await inDatabase(
      sql =>
        sql`insert into idempotency_keys (tenant_id, key_hash, request_hash, status, moves_money, reply_sealed, reply_status, lease_until, created_at)
          select 'acme', int4send(i), '\\x02', 'done', false, '\\x01'::bytea || int4send(v), 200, now(), now()
            from generate_series(1, 300) i, lateral (select i % 4) as m(v)`,
    )
    await insertReply(Buffer.from('ff', 'hex'))
    const refused = await site.run(['keys', 'retire', '2', '--json'])
    expect(refused.code).toBe(1)
    expect(JSON.parse(refused.stdout)).toEqual({
      version: 2,
      retired: false,
      in_use: [{ tenant: 'acme', place: 'idempotency_keys.reply_sealed', rows: 75 }],
    })
    await timePasses()
    const rotated = await site.run(['keys', 'rotate', '--json'])
    expect(rotated.code).toBe(1)
    expect(JSON.parse(rotated.stdout).tenants).toMatchObject([{ tenant: 'acme', rows: 2, damaged: 300 }])
    await timePasses()
    const again = await site.run(['keys', 'rotate', '--json'])
    expect(again.code).toBe(1)
    expect(JSON.parse(again.stdout)).toMatchObject({ version: 5, resumed: false, tenants: [{ rows: 2, damaged: 300 }] })
    await inDatabase(sql => sql`delete from idempotency_keys`)
  })

  test('that cannot write the file changes nothing', async () => {
    const before = await versions()
    await mkdir(`${site.env.KEYRING_FILE}.new`)
    const { code, stderr } = await site.run(['keys', 'rotate'])
    await rm(`${site.env.KEYRING_FILE}.new`, { recursive: true })
    expect(code).toBe(78)
    expect(stderr).toContain('cannot be replaced')
    expect(await versions()).toEqual(before)
  })
})

describe('the doctor', () => {
  const usage = async () => {
    const { stdout } = await site.run(['doctor', '--json'])
    return JSON.parse(stdout).find(({ check }: { check: string }) => check === 'encryptions of each key')
  }

  test('warns before a key has encrypted as much as it may, and fails when it has', async () => {
    for (const [reserved, state] of [
      [2 ** 27, 'warning'],
      [2 ** 28, 'failed'],
    ] as const) {
      await inDatabase(
        sql => sql`insert into key_usage (version, use, reserved, leased_until) values (9, 'wrap', ${reserved}, now())
                   on conflict (version, use) do update set reserved = excluded.reserved`,
      )
      expect(await usage()).toMatchObject({ state })
    }
    await inDatabase(sql => sql`delete from key_usage where version = 9`)
    expect(await usage()).toMatchObject({ state: 'ok' })
  })
})
