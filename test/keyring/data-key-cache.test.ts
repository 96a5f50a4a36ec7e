import { beforeEach, describe, expect, test } from 'vitest'
import { createDataKeyCache, type StoredDataKey } from '../../src/keyring/data-key-cache.ts'

let unwraps: string[]
let release: (() => void) | null
let now: number

const keyring = {
  async unwrap(wrapped: Buffer): Promise<Buffer> {
    unwraps.push(wrapped.toString())
    if (release === null) {
      await new Promise<void>(done => {
        release = done
      })
    }
    if (wrapped.toString() === 'damaged') throw new Error('not unwrapped')
    return Buffer.alloc(32, wrapped[0])
  },
}

beforeEach(() => {
  unwraps = []
  release = () => {}
  now = 1
})

const stored = (payerId: string, wrapped = payerId, tenantId = 'demo', table = 'data_keys'): StoredDataKey => ({
  tenantId,
  payerId,
  wrapped: Buffer.from(wrapped),
  keyVersion: 1,
  place: { tenantId, table, row: payerId },
})
const open = (maxPayers = 10) => createDataKeyCache({ keyring, maxPayers, ttlMs: 1_000, now: () => now })

describe('the cache of data keys', () => {
  test('unwraps once for many calls, in parallel too', async () => {
    const cache = open()
    const keys = await Promise.all([cache.get(stored('a')), cache.get(stored('a')), cache.get(stored('a'))])
    expect(new Set(keys).size).toBe(1)
    expect(unwraps).toEqual(['a'])
  })

  test('unwraps again after its time', async () => {
    const cache = open()
    await cache.get(stored('a'))
    now += 999
    await cache.get(stored('a'))
    expect(unwraps).toHaveLength(1)
    now += 2
    await cache.get(stored('a'))
    expect(unwraps).toHaveLength(2)
  })

  test('is bounded', async () => {
    const cache = open(2)
    for (const payer of ['a', 'b', 'c', 'a']) await cache.get(stored(payer))
    expect(cache.size).toBe(2)
    expect(unwraps).toEqual(['a', 'b', 'c', 'a'])
  })

  test('tells tenants, places and wrapped keys apart', async () => {
    const cache = open()
    await cache.get(stored('a', 'x'))
    await cache.get(stored('a', 'y'))
    await cache.get(stored('a', 'x', 'other'))
    await cache.get(stored('a', 'x', 'demo', 'elsewhere'))
    expect(unwraps).toEqual(['x', 'y', 'x', 'x'])
  })

  test('forgets one payer’s keys and no other’s', async () => {
    const cache = open()
    for (const [payer, wrapped] of [
      ['a', 'x'],
      ['a', 'y'],
      ['b', 'z'],
    ] as const)
      await cache.get(stored(payer, wrapped))
    cache.forget('demo', 'a')
    unwraps = []
    for (const [payer, wrapped] of [
      ['a', 'x'],
      ['a', 'y'],
      ['b', 'z'],
    ] as const)
      await cache.get(stored(payer, wrapped))
    expect(unwraps).toEqual(['x', 'y'])
  })

  test('never keeps a key that was forgotten while it was unwrapped', async () => {
    const cache = open()
    release = null
    const underWay = cache.get(stored('a'))
    cache.forget('demo', 'a')
    release!()
    await underWay
    await cache.get(stored('a'))
    expect(unwraps).toEqual(['a', 'a'])
  })

  test('keeps no failure', async () => {
    const cache = open()
    await expect(cache.get(stored('a', 'damaged'))).rejects.toThrow('not unwrapped')
    await expect(cache.get(stored('a', 'damaged'))).rejects.toThrow('not unwrapped')
    expect(unwraps).toHaveLength(2)
  })
})
