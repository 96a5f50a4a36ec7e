// An operator shows the register, edits it, publishes it, and sees what would go by it.
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type OperatorSite, openOperatorSite } from '../support/operator-site.ts'

let site: OperatorSite

beforeAll(async () => {
  site = await openOperatorSite()
  await site.run(['tenants', 'add', 'acme'])
})
afterAll(() => site?.close())

const forAcme = (...args: string[]) => site.run([...args, '--tenant', 'acme'])

async function publish(register: unknown) {
  const file = join(site.folder, 'purposes.json')
  await writeFile(file, typeof register === 'string' ? register : JSON.stringify(register))
  return forAcme('purposes', 'publish', file)
}

test('a register is shown, edited and published, and the versions before it stay', async () => {
  const register = JSON.parse((await forAcme('purposes', 'show')).stdout)
  expect(register.version).toBe(1)
  const [first] = register.purposes
  first.title.en = 'Paying'
  expect(await publish({ ...register, version: 2 })).toMatchObject({ code: 0, stdout: 'Version 2 is in force.\n' })
  expect(JSON.parse((await forAcme('purposes', 'show')).stdout).purposes[0].title.en).toBe('Paying')
  expect(JSON.parse((await forAcme('purposes', 'show', '1')).stdout).purposes[0].title.en).toBe('Settling payments')
  const listed = await forAcme('purposes', 'list')
  expect(listed.stdout).toMatch(/^Version 2\n[\s\S]*settle_payments +contract[\s\S]*marketing +consent/)
})

test('what cannot be in force is refused, and said where', async () => {
  const register = JSON.parse((await forAcme('purposes', 'show')).stdout)
  const stale = await publish({ ...register, version: 2 })
  expect(stale).toMatchObject({ code: 1, stderr: expect.stringContaining('Version 2 is in force') })
  const gone = { ...register, version: 3, purposes: register.purposes.slice(1) }
  const refused = await publish(gone)
  expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('/purposes must hold settle_payments') })
  expect((await publish('{')).code).toBe(2)
  expect((await forAcme('purposes', 'show', '9')).code).toBe(2)
})

test('retention is counted without letting go of anything, and refused for a tenant that is not there', async () => {
  const counted = await site.run(['retention', '--dry-run', '--json', '--tenant', 'acme'])
  expect(counted.code).toBe(0)
  expect(JSON.parse(counted.stdout)).toContainEqual({
    tenant: 'acme',
    rule: 'looks at a name',
    table: 'reveals',
    days: 1096,
    rows: 0,
  })
  const table = await site.run(['retention', '--dry-run'])
  expect(table.stdout).toContain('would go')
  expect((await site.run(['retention', '--tenant', 'nobody'])).code).toBe(2)
})
