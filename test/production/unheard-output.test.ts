// What a process says may lead nowhere: a service goes on with its work, a command ends without a word.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
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

test('a command whose output nobody reads ends at once, with 1 and no trace of a stack', async () => {
  const help = spawn(process.execPath, [inject('program').file, '--help'])
  help.stdout.destroy()
  const [said, [code]] = await Promise.all([text(help.stderr), once(help, 'exit')])
  expect({ said, code }).toEqual({ said: '', code: 1 })
})
