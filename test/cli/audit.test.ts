// The audit log on the command line: the end of it, and what comes while somebody looks on.
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { asSuperuser } from '../support/database-contents.ts'
import { type OperatorSite, openOperatorSite } from '../support/operator-site.ts'

let site: OperatorSite

beforeAll(async () => {
  site = await openOperatorSite()
  await site.run(['tenants', 'add', 'acme'])
  await site.run(['tenants', 'add', 'other'])
})

afterAll(async () => {
  await site?.close()
})

test('without a tenant it shows those of all tenants, as lines for people', async () => {
  const { code, stdout } = await site.run(['audit', 'tail', '--limit', '1'])
  expect(code).toBe(0)
  expect(stdout.trim().split('\n')).toHaveLength(2)
  expect(stdout).toMatch(/^\d{4}-\S+Z +acme +ok +tenant\.add +acme +operator:/m)
})

test('following shows what is done while it runs, once each, and Ctrl-C ends it with 0', async () => {
  const child = site.start(['audit', 'tail', '--tenant', 'acme', '--follow', '--json', '--limit', '0'])
  const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream })
  const seen: string[] = []
  const first = Promise.withResolvers<void>()
  lines.on('line', line => {
    seen.push(JSON.parse(line).action)
    if (seen.includes('tenant.resume-charging')) first.resolve()
  })
  // The reading itself is the first entry that comes.
  await once(lines, 'line')
  for (const command of ['pause-charging', 'resume-charging']) await site.run(['tenants', command, 'acme'])
  await first.promise
  child.kill('SIGINT')
  const [code] = await once(child, 'close')
  expect(code).toBe(0)
  expect(seen).toEqual(['audit-log.read', 'tenant.pause-charging', 'tenant.resume-charging'])
})

test('the log is sealed, verified, exported, and the export verified without the database, each with its exit code', async () => {
  const checkpoints = join(site.folder, 'checkpoints.jws')
  const env = { AUDIT_CHECKPOINT_FILE: checkpoints }
  // What else runs on the server holds the sealer back for as long as it writes.
  let sealed = await site.run(['audit', 'seal', '--tenant', 'acme'], { env })
  for (let i = 0; i < 50 && !existsSync(checkpoints); i++)
    sealed = await site.run(['audit', 'seal', '--tenant', 'acme'], { env })
  expect(sealed).toMatchObject({ code: 0 })
  const verified = await site.run(['audit', 'verify', '--tenant', 'acme', '--checkpoints', checkpoints, '--json'])
  expect(JSON.parse(verified.stdout)).toMatchObject({ ok: true, tenants: [{ tenant: 'acme', outside_checkpoints: 1 }] })
  expect(verified.code).toBe(0)

  const file = join(site.folder, 'acme.ndjson')
  expect(await site.run(['audit', 'export', file, '--tenant', 'acme'])).toMatchObject({ code: 0 })
  const [head] = (await readFile(file, 'utf8')).split('\n')
  expect(JSON.parse(head as string)).toMatchObject({ kind: 'export', tenant: 'acme', region: 'test-region' })
  // An export is never written over another file.
  expect((await site.run(['audit', 'export', file, '--tenant', 'acme'])).code).toBe(1)
  const jwks = join(site.folder, 'jwks.json')
  const [row] = await asSuperuser(
    site.database,
    sql => sql<{ kid: string; public_key: Buffer }[]>`select kid, public_key from signing_keys where use = 'statement'`,
  )
  const key = { kty: 'OKP', crv: 'Ed25519', x: row?.public_key.toString('base64url'), kid: row?.kid }
  await writeFile(jwks, JSON.stringify({ keys: [key] }))
  const args = ['audit', 'verify-export', file, '--jwks', jwks, '--checkpoints', checkpoints]
  const bare = { env: Object.fromEntries(Object.keys(site.env).map(name => [name, undefined])) }
  expect(await site.run(args, bare)).toMatchObject({ code: 0, stderr: '' })

  const text = await readFile(file, 'utf8')
  await writeFile(file, text.replace('"tenant.add"', '"tenant.nil"'))
  const tampered = await site.run(args, bare)
  expect(tampered).toMatchObject({ code: 1, stderr: '' })
  expect(tampered.stdout).toMatch(
    /1 findings\n {2}entry_changed {2}block 1 {2}1 entry does not say what its hash is of\. {2}audt_/,
  )
  expect((await site.run(['audit', 'verify-export', file, '--jwks', file], bare)).code).toBe(2)
  expect((await site.run(['audit', 'verify-export', join(site.folder, 'none'), '--jwks', jwks], bare)).code).toBe(2)
})

test('a service records that it starts and stops', async () => {
  const child = site.start(['worker'])
  for await (const line of createInterface({ input: child.stdout as NodeJS.ReadableStream })) {
    if (line.includes('"working"')) child.kill('SIGTERM')
  }
  const { stdout } = await site.run(['audit', 'tail', '--tenant', 'acme', '--json', '--limit', '50'])
  const actions = stdout
    .trim()
    .split('\n')
    .map(line => JSON.parse(line).action)
  expect(actions.filter(action => action.startsWith('service.'))).toEqual(['service.start', 'service.stop'])
})

test('an unknown tenant and a limit out of range are wrong usage', async () => {
  const [tenant, limit] = await Promise.all([
    site.run(['audit', 'tail', '--tenant', 'nobody']),
    site.run(['audit', 'tail', '--limit', '100000']),
  ])
  expect([tenant.code, limit.code]).toEqual([2, 2])
})
