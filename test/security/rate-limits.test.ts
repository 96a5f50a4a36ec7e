// Callers that ask for too much: slowed each by itself, told when to come back, and nobody else notices.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createTokenBuckets } from '../../src/http/token-buckets.ts'
import type { ApiAnswer } from '../support/api-client.ts'
import { startWorld, type World } from '../support/world.ts'

let world: World
beforeAll(async () => {
  world = await startWorld({ webhooks: false, environment: { RATE_LIMIT_PER_SECOND: '2' } })
})
afterAll(() => world.close())

/** Four times the rate may come at once. */
const BURST = 8
const statuses = (answers: readonly ApiAnswer[]) => answers.map(({ status }) => status)

describe('a caller', () => {
  test('beyond its rate is told when to come back, and its neighbours are not', async () => {
    const greedy = world.as('checkout', 'demo', { client_id: 'greedy' })
    const answers = await Promise.all(Array.from({ length: BURST * 4 }, () => greedy.get('/v1/payers?limit=1')))
    const limited = answers.filter(({ status }) => status === 429)
    expect(answers.filter(({ status }) => status === 200).length).toBeGreaterThanOrEqual(BURST)
    expect(limited.length).toBeGreaterThan(BURST)
    for (const { json, headers } of limited) {
      expect(json.code).toBe('rate_limited')
      expect(Number(headers['retry-after'])).toBeGreaterThanOrEqual(1)
    }
    const neighbours = [
      world.as('checkout', 'demo', { client_id: 'modest' }),
      world.as('checkout', 'other', { client_id: 'greedy' }),
      world.withToken(null),
    ]
    const calm = [
      await neighbours[0]?.get('/v1/payers'),
      await neighbours[1]?.get('/v1/payers'),
      await neighbours[2]?.get('/healthz'),
    ]
    expect(statuses(calm as ApiAnswer[])).toEqual([200, 200, 200])
  })

  test('that was told to wait keeps its idempotency key', async () => {
    const client = world.as('checkout', 'demo', { client_id: 'waiting' })
    const bodies = Array.from({ length: BURST * 2 }, (_, i) => ({ short_name: `W ${i}` }))
    const answers = await Promise.all(bodies.map((body, i) => client.post('/v1/payers', body, { key: `waiting-${i}` })))
    const at = answers.findIndex(({ status }) => status === 429)
    expect(at).toBeGreaterThanOrEqual(0)
    let again = answers[at] as ApiAnswer
    while (again.status === 429) {
      await new Promise(resolve => setTimeout(resolve, 200))
      again = await client.post('/v1/payers', bodies[at], { key: `waiting-${at}` })
    }
    expect(again.status).toBe(201)
    expect(again.headers).not.toHaveProperty('idempotency-replayed')
  })
})

describe('an address with wrong tokens', () => {
  test('is slowed after hundreds of them, while good tokens from there still pass', async () => {
    const stranger = world.withToken('a.b.c')
    const seen = new Map<number, number>()
    for (let round = 0; round < 12; round++) {
      const answers = await Promise.all(Array.from({ length: 50 }, () => stranger.get('/v1/payers')))
      for (const { status } of answers) seen.set(status, (seen.get(status) ?? 0) + 1)
    }
    expect([...seen.keys()].sort()).toEqual([401, 429])
    expect(seen.get(401)).toBeGreaterThanOrEqual(500)
    expect((await world.as('checkout', 'demo', { client_id: 'good' }).get('/v1/payers')).status).toBe(200)
  })
})

test('a form for anybody is slowed for an address after a hundred, as a page', async () => {
  const send = () =>
    world.withToken(null).send('POST', '/rights', undefined, {
      key: null,
      raw: 'kind=access',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    })
  const answers = await Promise.all(Array.from({ length: 110 }, send))
  const limited = answers.filter(({ status }) => status === 429)
  expect(limited.length).toBeGreaterThan(0)
  expect(answers.filter(({ status }) => status === 422).length).toBeGreaterThanOrEqual(100)
  for (const { headers } of limited) {
    expect(headers['content-type']).toContain('text/html')
    expect(Number(headers['retry-after'])).toBeGreaterThanOrEqual(1)
  }
  expect((await world.withToken(null).get('/rights')).status).toBe(200)
})

describe('a bucket', () => {
  test('gives a burst at once, then its rate, and never more than it holds', () => {
    let now = 0
    const buckets = createTokenBuckets({ burst: 5, perSecond: 2, monotonicMs: () => now })
    const takeAll = () => {
      let taken = 0
      while (buckets.take('a') === 0) taken++
      return taken
    }
    expect(takeAll()).toBe(5)
    expect(buckets.take('a')).toBe(1)
    now += 1_000
    expect(takeAll()).toBe(2)
    now += 3_600_000
    expect(takeAll()).toBe(5)
    expect(buckets.take('b')).toBe(0)
  })

  test('is forgotten when it is the idlest of too many', () => {
    const buckets = createTokenBuckets({ burst: 1, perSecond: 0.001, monotonicMs: () => 0, maxBuckets: 2 })
    for (const name of ['a', 'b', 'a', 'c']) buckets.take(name)
    expect(['a', 'c', 'b'].map(name => buckets.take(name) === 0)).toEqual([false, false, true])
  })

  test('that is empty says how long to wait, a minute at most', () => {
    const slow = createTokenBuckets({ burst: 1, perSecond: 0.001, monotonicMs: () => 0 })
    expect(slow.take('a')).toBe(0)
    expect(slow.take('a')).toBe(60)
  })
})
