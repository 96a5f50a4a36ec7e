// The clock that serve and worker run on in the embedded environment: the simulator's, followed at once.
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type FollowingClock, followSimulatorClock } from '../../src/dev/simulated-clock.ts'
import { simulatorControl } from '../../src/dev/simulator-control.ts'
import { type StripeSimulator, startStripeSimulator } from '../../src/dev/stripe-simulator/start.ts'

const SECOND_MS = 1_000
let simulator: StripeSimulator
let following: FollowingClock

beforeEach(async () => {
  simulator = await startStripeSimulator({ port: 0, accounts: [], clockStart: new Date('2026-11-01T00:00:00Z') })
  following = await followSimulatorClock(simulator.controlUrl)
})

afterEach(async () => {
  following.close()
  await simulator.close()
})

const shown = () => following.clock.now().getTime()

test('reads what the simulator reads, and leaves wall time alone', () => {
  expect(shown()).toBeGreaterThanOrEqual(Date.parse('2026-11-01T00:00:00Z'))
  expect(shown()).toBeLessThan(Date.parse('2026-11-01T00:00:10Z'))
  expect(Math.abs(following.clock.wall().getTime() - Date.now())).toBeLessThan(SECOND_MS)
})

test('goes where the simulator goes, again and again', async () => {
  const control = simulatorControl(simulator.controlUrl)
  for (const day of ['2026-11-02', '2026-11-05', '2027-01-01']) {
    const moved = new Date(`${day}T12:00:00Z`)
    await control.setClock(moved)
    await expect.poll(() => shown() - moved.getTime(), { interval: 5 }).toBeGreaterThanOrEqual(0)
    expect(shown() - moved.getTime()).toBeLessThan(10 * SECOND_MS)
  }
})

test('goes on by itself while the simulator is away', async () => {
  const before = shown()
  await simulator.close()
  await expect.poll(shown, { interval: 5 }).toBeGreaterThan(before)
})
