// The keyring is made once, readable by its owner alone.
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type OperatorSite, openOperatorSite } from '../support/operator-site.ts'

let site: OperatorSite

beforeAll(async () => {
  site = await openOperatorSite()
})

afterAll(async () => {
  await site?.close()
})

test('keys init makes a file of mode 0600, says where, and shows no key', async () => {
  const file = join(site.folder, 'new.json')
  const { code, output } = await site.run(['keys', 'init', file])
  expect(code).toBe(0)
  expect(output).toContain(file)
  expect((await stat(file)).mode & 0o777).toBe(0o600)
  const { wrapping_keys, hash_key } = JSON.parse(await readFile(file, 'utf8'))
  for (const { key } of [...wrapping_keys, hash_key]) expect(output).not.toContain(key)
})

test('without a name it takes KEYRING_FILE, and an existing file is left as it is', async () => {
  const before = await readFile(site.env.KEYRING_FILE as string)
  const { code, stderr } = await site.run(['keys', 'init'])
  expect(code).toBe(78)
  expect(stderr).toContain('exists already')
  expect(await readFile(site.env.KEYRING_FILE as string)).toEqual(before)
})
