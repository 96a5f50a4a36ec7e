// The audit log on the command line: the end of it, and what comes while somebody looks on.
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, expect, test } from 'vitest'
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

test('an unknown tenant and a limit out of range are wrong usage', async () => {
  const [tenant, limit] = await Promise.all([
    site.run(['audit', 'tail', '--tenant', 'nobody']),
    site.run(['audit', 'tail', '--limit', '100000']),
  ])
  expect([tenant.code, limit.code]).toEqual([2, 2])
})
