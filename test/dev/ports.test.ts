// The ports of the embedded environment: consecutive, and a busy one is named with what to do.
import { createServer } from 'node:net'
import { expect, test } from 'vitest'
import { anyFreePort, embeddedPorts, isFree, requireFreePorts } from '../../src/dev/ports.ts'

test('ports follow each other from the first one', () => {
  expect(embeddedPorts(8443)).toEqual({
    service: 8443,
    metrics: 8444,
    issuer: 8445,
    stripe: 8446,
    shop: 8447,
    postgres: 8448,
    workerMetrics: 8449,
    smtp: 8450,
    mailbox: 8451,
  })
})

test.each([0, 80, 1023, 65_528, 70_000, 1.5, Number.NaN])('a first port of %s is refused', first => {
  expect(() => embeddedPorts(first)).toThrow('--port takes a number from 1024 to 65527.')
})

test('a busy port is named with its purpose and another range that works', async () => {
  const first = await anyFreePort()
  const ports = embeddedPorts(first)
  const holder = createServer()
  await new Promise<void>(done => holder.listen(ports.stripe, '127.0.0.1', done))
  try {
    expect(await isFree(ports.stripe)).toBe(false)
    const refusal = await requireFreePorts(ports).catch((cause: Error) => cause.message)
    expect(refusal).toContain(`port ${ports.stripe} (for the Stripe simulator)`)
    const proposed = Number(/npm start -- --port (\d+)/.exec(String(refusal))?.[1])
    await requireFreePorts(embeddedPorts(proposed))
  } finally {
    await new Promise(done => holder.close(done))
  }
})
