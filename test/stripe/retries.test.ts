import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createPacer } from '../../src/stripe/pacer.ts'
import { type RetryOptions, withRetries } from '../../src/stripe/retries.ts'
import { StripeFailure, type StripeFailureFields } from '../../src/stripe/stripe-failure.ts'

const failed = (fields: Partial<StripeFailureFields>) =>
  new StripeFailure({ kind: 'unknown', sent: 'maybe', operation: 'createPaymentIntent', ...fields })

async function run(outcomes: (StripeFailure | string)[], options: Partial<RetryOptions> = {}) {
  const waits: number[] = []
  let calls = 0
  const result = await withRetries(
    { attempts: 4, sleep: async ms => void waits.push(ms), random: () => 1, ...options },
    async () => {
      const outcome = outcomes[Math.min(calls, outcomes.length - 1)]!
      calls += 1
      if (typeof outcome !== 'string') throw outcome
      return outcome
    },
  ).catch((error: unknown) => error as StripeFailure)
  return { result, calls, waits }
}

describe('retries', () => {
  test('go on while nobody knows, waiting longer each time, and stop at the answer', async () => {
    const { result, calls, waits } = await run([
      failed({}),
      failed({ kind: 'in_flight' }),
      failed({ kind: 'rate_limited' }),
      'done',
    ])
    expect({ result, calls, waits }).toEqual({ result: 'done', calls: 4, waits: [250, 500, 1000] })
  })

  test('are bounded, whatever is asked for', async () => {
    expect((await run([failed({})])).calls).toBe(4)
    expect((await run([failed({})], { attempts: 1_000 })).calls).toBe(6)
    expect((await run([failed({})], { attempts: 0 })).calls).toBe(1)
  })

  test.each([
    'declined',
    'invalid_request',
    'not_found',
    'authentication',
    'permission',
    'idempotency_mismatch',
  ] as const)('stop at %s', async kind => {
    expect(await run([failed({ kind, sent: true })])).toMatchObject({ calls: 1, result: { kind, sent: true } })
  })

  test('stop when Stripe says that a retry changes nothing', async () => {
    expect((await run([failed({ status: 500, shouldRetry: false })])).calls).toBe(1)
  })

  test('wait as long as Stripe asks, within a bound', async () => {
    expect((await run([failed({ kind: 'rate_limited', retryAfterSeconds: 2 }), 'done'])).waits).toEqual([2000])
    expect((await run([failed({ kind: 'rate_limited', retryAfterSeconds: 600 }), 'done'])).waits).toEqual([5000])
  })

  test.each([
    ['a refused connection', failed({ sent: false })],
    ['a rate limit', failed({ kind: 'rate_limited', sent: true })],
    ['a revoked key', failed({ kind: 'authentication', sent: true })],
  ])('after a try that may have worked, %s leaves the outcome open', async (_name, last) => {
    const { result } = await run([failed({ sent: 'maybe' }), last], { attempts: 2 })
    expect(result).toMatchObject({ kind: 'unknown', sent: 'maybe', undecided: true })
  })

  test('after a try that may have worked, a decline under the same key is the outcome', async () => {
    expect((await run([failed({}), failed({ kind: 'declined', sent: true })])).result).toMatchObject({
      kind: 'declined',
    })
  })

  test('that never left the machine stay certain', async () => {
    expect((await run([failed({ sent: false })])).result).toMatchObject({
      kind: 'unknown',
      sent: false,
      undecided: false,
    })
  })
})

describe('pacing', () => {
  test('never lets more turns through in any second than the limit and its small burst', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 50 }),
        fc.array(fc.integer({ min: 0, max: 300 }), { maxLength: 80 }),
        async (rate, gaps) => {
          let now = 0
          const turns: number[] = []
          const pacer = createPacer({
            requestsPerSecond: rate,
            now: () => now,
            sleep: async ms => {
              now += ms
            },
          })
          for (const gap of gaps) {
            now += gap
            if (await pacer.turn(60_000)) turns.push(now)
          }
          expect(turns).toHaveLength(gaps.length)
          for (const start of turns) {
            const inSecond = turns.filter(turn => turn >= start && turn < start + 1000).length
            expect(inSecond).toBeLessThanOrEqual(Math.ceil(rate * 1.1) + 1)
          }
        },
      ),
      { numRuns: 50 },
    )
  })

  test('takes no turn that would come too late', async () => {
    const pacer = createPacer({ requestsPerSecond: 1, now: () => 0, sleep: async () => {} })
    expect(await pacer.turn(0)).toBe(true)
    expect(await pacer.turn(100)).toBe(false)
    expect(await pacer.turn(900)).toBe(true)
  })

  test('is off at 0', async () => {
    const pacer = createPacer({ requestsPerSecond: 0, now: () => 0, sleep: () => Promise.reject(new Error('slept')) })
    for (let i = 0; i < 1_000; i += 1) expect(await pacer.turn(0)).toBe(true)
  })
})
