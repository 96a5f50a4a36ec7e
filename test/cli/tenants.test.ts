// Tenants are added, changed, paused and shown on the command line; their secrets go in and never come out.
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import postgres from 'postgres'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { asSuperuser } from '../support/database-contents.ts'
import { type OperatorSite, openOperatorSite, SITE_SECRETS } from '../support/operator-site.ts'

let site: OperatorSite
const said: string[] = []

beforeAll(async () => {
  site = await openOperatorSite()
})

afterAll(async () => {
  await site?.close()
})

async function panless(args: string[], options: Parameters<OperatorSite['run']>[1] = {}) {
  const result = await site.run(args, options)
  said.push(result.output)
  return result
}

const listed = async (id: string) =>
  JSON.parse((await panless(['tenants', 'list', '--json'])).stdout).find((tenant: { id: string }) => tenant.id === id)

test('a tenant is added with its keys read from standard input', async () => {
  const added = await panless(
    [
      'tenants',
      'add',
      'acme',
      '--name',
      'Acme',
      '--origin',
      'https://shop.acme.example',
      '--stripe-secret-key',
      '-',
      '--webhook-secret',
      '-',
      '--stripe-publishable-key',
      site.stripe.publishableKey,
      '--json',
    ],
    { input: `${site.stripe.secretKey}\n${SITE_SECRETS.webhook}\n` },
  )
  expect(added).toMatchObject({ code: 0, stderr: '' })
  expect(JSON.parse(added.stdout)).toMatchObject({
    id: 'acme',
    name: 'Acme',
    region: 'test-region',
    mode: 'test',
    allowed_origins: ['https://shop.acme.example'],
    stripe_account: expect.stringMatching(/^acct_/),
    stripe_publishable_key: site.stripe.publishableKey,
    charging_paused_at: null,
  })
})

test('the table for people names the tenant and its account', async () => {
  const { code, stdout } = await panless(['tenants', 'list'])
  expect(code).toBe(0)
  expect(stdout).toMatch(/^tenant +name +region/)
  expect(stdout).toMatch(/^acme +Acme +test-region +test +acct_/m)
})

test('a secret given as an argument is refused and not repeated', async () => {
  const refused = await panless(['tenants', 'set', 'acme', '--stripe-secret-key', site.stripe.secretKey])
  expect(refused.code).toBe(2)
  expect(refused.stderr).toContain('takes the source of a secret, never the secret')
})

test('caps and origins change one by one, and a cap of none is lifted', async () => {
  const set = ['tenants', 'set', 'acme']
  expect((await panless([...set, '--max-amount-per-charge', '5000', '--max-charges-per-hour', '7'])).code).toBe(0)
  expect(await panless([...set, '--origin', 'http://127.0.0.1:8080', '--max-charges-per-hour', 'none'])).toMatchObject({
    code: 0,
    stderr: '',
  })
  expect(await listed('acme')).toMatchObject({
    max_amount_per_charge: 5000,
    max_amount_per_hour: null,
    max_charges_per_hour: null,
    allowed_origins: ['http://127.0.0.1:8080'],
  })
})

test('an origin is refused unless a browser sends it so and nobody can listen in', async () => {
  const wrong = [
    'http://shop.example',
    'https://shop.example/',
    'https://Shop.example',
    'https://shop.example:443',
    'null',
    '*',
  ]
  const refused = await panless(['tenants', 'set', 'acme', ...wrong.flatMap(origin => ['--origin', origin])])
  expect(refused.code).toBe(1)
  for (const index of wrong.keys())
    expect(refused.stderr).toContain(`/allowed_origins/${index} must be an origin as browsers send it`)
})

test('a webhook secret is rolled from a file and a variable, and the key stays', async () => {
  const file = join(site.folder, 'next-secret')
  await writeFile(file, 'whsec_operatorcanary_next\n')
  const rolled = await panless(
    ['tenants', 'set', 'acme', '--webhook-secret', 'env:OLD_SECRET', '--webhook-secret', `file:${file}`],
    { env: { OLD_SECRET: SITE_SECRETS.webhook } },
  )
  expect(rolled).toMatchObject({ code: 0, stderr: '' })
  expect((await listed('acme')).stripe_account).toMatch(/^acct_/)
})

test('keys of another account are refused once a tenant is bound', async () => {
  const refused = await panless(
    ['tenants', 'set', 'acme', '--stripe-secret-key', 'env:OTHER', '--stripe-publishable-key', 'pk_test_other'],
    { env: { OTHER: `sk_test_another${SITE_SECRETS.keyCanary}` } },
  )
  expect(refused.code).toBe(1)
  expect(refused.stderr).toContain('bound to another account')
})

test("the environment's keys make the default tenant, and its keys are not set by hand", async () => {
  const env = {
    DEFAULT_TENANT: 'main',
    STRIPE_SECRET_KEY: `sk_test_main${SITE_SECRETS.keyCanary}`,
    STRIPE_PUBLISHABLE_KEY: 'pk_test_main',
    STRIPE_WEBHOOK_SECRET: 'whsec_operatorcanary_main',
  }
  const shown = await panless(['tenants', 'list', '--json'], { env })
  expect(JSON.parse(shown.stdout).map((tenant: { id: string }) => tenant.id)).toEqual(['acme', 'main'])
  const refused = await panless(['tenants', 'set', 'main', '--stripe-secret-key', 'env:STRIPE_SECRET_KEY'], { env })
  expect(refused.code).toBe(2)
  expect(refused.stderr).toContain('come from STRIPE_SECRET_KEY')
})

test('pausing waits for who reserves now, and then holds', async () => {
  const sql = postgres(site.database.appUrl, { max: 1 })
  let answered = false
  const pausing = { done: Promise.resolve({ code: 1 as number | null }) }
  await sql.begin(async tx => {
    await tx`select pg_advisory_xact_lock_shared(hashtextextended('charging:acme', 0))`
    pausing.done = panless(['tenants', 'pause-charging', 'acme']).finally(() => (answered = true))
    for (let waiting = 0; waiting === 0; ) {
      const [row] = await tx`select count(*)::int as count from pg_locks where locktype = 'advisory' and not granted`
      waiting = row?.count
    }
    expect(answered).toBe(false)
  })
  expect((await pausing.done).code).toBe(0)
  await sql.end()
  expect((await listed('acme')).charging_paused_at).toMatch(/^\d{4}-/)
  expect((await panless(['tenants', 'resume-charging', 'acme', '--json'])).stdout).toContain(
    '"charging_paused_at": null',
  )
  expect((await listed('acme')).charging_paused_at).toBeNull()
})

test('each change stands in the audit log with the name of the field and not its value', async () => {
  const { stdout } = await panless(['audit', 'tail', '--tenant', 'acme', '--json', '--limit', '100'])
  const entries = stdout
    .trim()
    .split('\n')
    .map(line => JSON.parse(line))
  const actions = entries.map(entry => entry.action)
  expect(actions).toEqual(
    expect.arrayContaining([
      'tenant.add',
      'tenant.set-stripe',
      'tenant.set',
      'tenant.pause-charging',
      'tenant.resume-charging',
    ]),
  )
  expect(entries.find(entry => entry.action === 'tenant.set').details).toEqual({ fields: ['allowed_origins'] })
  expect(new Set(entries.map(entry => entry.actor.kind))).toEqual(new Set(['operator']))
})

test('every session of one person ends, which is recorded, and nobody else is put out', async () => {
  await asSuperuser(
    site.database,
    sql => sql`
      insert into staff_sessions (tenant_id, id, secret_hash, subject, roles, created_at, last_seen_at, expires_at)
      select 'acme', 'sess_' || subject || at, sha256((subject || at)::bytea), subject, '{admin}', now(), now(), now()
        from unnest('{leaver,stayer}'::text[]) as subject, generate_series(1, 2) as at`,
  )
  const end = (tenant: string) => panless(['sessions', 'end', 'leaver', '--tenant', tenant, '--json'])
  expect(JSON.parse((await end('acme')).stdout)).toEqual({ subject: 'leaver', ended: 2 })
  const [again, elsewhere] = await Promise.all([end('acme'), end('nobody')])
  expect(JSON.parse(again.stdout)).toEqual({ subject: 'leaver', ended: 0 })
  expect(elsewhere.code).toBe(2)
  const open = await asSuperuser(site.database, sql => sql`select subject from staff_sessions where ended_at is null`)
  expect(open.map(({ subject }) => subject)).toEqual(['stayer', 'stayer'])
  const { stdout } = await panless(['audit', 'tail', '--tenant', 'acme', '--json', '--limit', '2'])
  expect(stdout).toMatch(/"action":"staff-session\.end".*"leaver".*"ended":2/)
})

test('an unknown tenant is not paused, and a known one is not added again', async () => {
  const [unknown, known] = await Promise.all([
    panless(['tenants', 'pause-charging', 'nobody']),
    panless(['tenants', 'add', 'acme']),
  ])
  expect([unknown.code, known.code]).toEqual([1, 1])
})

test('nothing that was said holds a secret', () => {
  for (const text of said) expect(text).not.toMatch(/operatorkeycanary|whsec_/)
})
