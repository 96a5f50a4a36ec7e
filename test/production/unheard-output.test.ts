// What a process says may lead nowhere: a service goes on with its work, a command ends without a word.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { open } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { openProductionSite, type ProductionSite } from '../support/production-site.ts'

let site: ProductionSite
beforeAll(async () => {
  site = await openProductionSite()
})
afterAll(() => site.close())

test('a service whose log nobody reads any more answers, and stops when it is told to', async () => {
  const service = await site.serve({ LOG_LEVEL: 'info' })
  service.child.stdout?.destroy()
  const checkout = site.client(service, 'checkout')
  for (const short_name of ['A', 'B', 'C']) expect((await checkout.post('/v1/payers', { short_name })).status).toBe(201)
  expect(await service.stop()).toBe(0)
})

test('a command whose output nobody reads ends without a word', async () => {
  const help = spawn(process.execPath, [inject('program').file, '--help'])
  help.stdout.destroy()
  const [said, [code]] = await Promise.all([text(help.stderr), once(help, 'exit')])
  expect({ said, code }).toEqual({ said: '', code: 0 })
})

test('a command that prints for long ends when nobody reads any more', async () => {
  const tail = spawn(process.execPath, [inject('program').file, 'audit', 'tail', '--follow'], { env: site.environment })
  const ended = once(tail, 'exit')
  await once(tail.stdout, 'data')
  tail.stdout.destroy()
  // Its start is an entry that would be printed.
  const service = await site.serve()
  expect(await ended).toEqual([0, null])
  expect(await service.stop()).toBe(0)
})

test('an export that nobody reads fails without a word', async () => {
  const exporting = spawn(process.execPath, [inject('program').file, 'audit', 'export', '-', '--tenant', 'school'], {
    env: site.environment,
  })
  exporting.stdout.destroy()
  const [said, [code]] = await Promise.all([text(exporting.stderr), once(exporting, 'exit')])
  expect({ said, code }).toEqual({ said: '', code: 1 })
})

test('an export that cannot be written fails, and says why', async () => {
  const full = await open('/dev/full', 'w')
  const exporting = spawn(process.execPath, [inject('program').file, 'audit', 'export', '-', '--tenant', 'school'], {
    env: site.environment,
    stdio: ['ignore', full.fd, 'pipe'],
  })
  const [said, [code]] = await Promise.all([text(exporting.stderr as Readable), once(exporting, 'exit')])
  await full.close()
  expect({ said, code }).toEqual({ said: expect.stringContaining('ENOSPC'), code: 1 })
})
