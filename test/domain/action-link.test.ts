// The payer's link: ours alone, for one charge of one tenant, for as long as its key lives.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { readActionLink, signActionLink } from '../../src/domain/charges/action-link.ts'
import { newId } from '../../src/domain/ids.ts'
import { createKeyringFile, openFileKeyring } from '../../src/keyring/file-keyring.ts'
import type { Keyring } from '../../src/keyring/keyring.ts'

let folder: string
let keyring: Keyring
let stranger: Keyring

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'panless-link-'))
  await createKeyringFile(join(folder, 'a.json'))
  await createKeyringFile(join(folder, 'b.json'))
  keyring = await openFileKeyring(join(folder, 'a.json'))
  stranger = await openFileKeyring(join(folder, 'b.json'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const link = () => ({
  tenantId: 'demo',
  chargeId: newId('charge', new Date('2026-11-23T12:00:00Z')),
  expiresAt: new Date('2026-11-26T12:00:00Z'),
})

it('says what was signed, and is the same each time', async () => {
  const signed = link()
  expect(await readActionLink(keyring, signActionLink(keyring, signed))).toEqual(signed)
  expect(signActionLink(keyring, signed)).toBe(signActionLink(keyring, signed))
})

it('is refused when any character of it is another, and from another deployment', async () => {
  const text = signActionLink(keyring, link())
  const place = fc.nat({ max: text.length - 1 })
  await fc.assert(
    fc.asyncProperty(place, fc.constantFrom(...'0123456789abcxyzABC.-_'), async (at, character) => {
      const changed = text.slice(0, at) + character + text.slice(at + 1)
      return changed === text || (await readActionLink(keyring, changed)) === null
    }),
    { numRuns: 500 },
  )
  expect(await readActionLink(stranger, text)).toBeNull()
})

it('is refused when it is anything else', async () => {
  await fc.assert(fc.asyncProperty(fc.string(), async text => (await readActionLink(keyring, text)) === null))
  for (const text of ['', '.', `${signActionLink(keyring, link())} `, '1.demo.chrg_x.1.a']) {
    expect(await readActionLink(keyring, text)).toBeNull()
  }
})
