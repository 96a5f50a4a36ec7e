// Told to stop in the middle of a charge, the service takes nothing new, answers what it has begun, and ends with 0.
import { once } from 'node:events'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { chargeOf } from '../support/payer-with-card.ts'
import { openProductionSite, type ProductionSite } from '../support/production-site.ts'

/** Promised to whoever sends SIGTERM. */
const STOP_WITHIN_MS = 30_000
const DELAY_MS = 2_000

let site: ProductionSite
beforeAll(async () => {
  site = await openProductionSite()
})
afterAll(() => site.close())

test('a charge under way is answered, a new connection is not, and the process ends by itself', async () => {
  const service = await site.serve()
  const [checkout, billing] = [site.client(service, 'checkout'), site.client(service, 'billing')]
  const payer = await checkout.post('/v1/payers', { short_name: 'In flight' })
  const token = await checkout.post('/v1/tokens', {
    payer: payer.json.id,
    payment_method: 'pm_card_visa',
    consent: { text_version: 'v1' },
  })
  expect(token.status, token.text).toBe(201)
  await site.control('POST', '/settings', { api_delay_ms: DELAY_MS })
  const charging = billing.post('/v1/charges', chargeOf(token.json.id))
  await new Promise(resolve => setTimeout(resolve, DELAY_MS / 4))
  const exit = once(service.child, 'exit')
  const told = performance.now()
  service.child.kill('SIGTERM')
  await new Promise(resolve => setTimeout(resolve, DELAY_MS / 4))
  await expect(fetch(service.url.replace('localhost', '127.0.0.1'))).rejects.toThrow()
  const charge = await charging
  expect(charge.status, charge.text).toBe(201)
  expect(charge.json.status).toBe('succeeded')
  expect(charge.headers.connection).toBe('close')
  expect(await exit).toEqual([0, null])
  expect(performance.now() - told).toBeLessThan(STOP_WITHIN_MS)
})
