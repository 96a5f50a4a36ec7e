// The keyed hash of a caller's address, kept for the addresses that come again and again.
import { createHmac, type KeyObject } from 'node:crypto'
import { LRUCache } from 'lru-cache'

/** Services call from few addresses; browsers are not worth more. An entry takes some 200 bytes. */
const ADDRESSES_MAX = 1_000

const kept = new WeakMap<KeyObject, LRUCache<string, Buffer>>()

export function addressHash(key: KeyObject, address: string): Buffer {
  const hashes = kept.get(key) ?? new LRUCache<string, Buffer>({ max: ADDRESSES_MAX })
  kept.set(key, hashes)
  const known = hashes.get(address)
  if (known) return known
  const made = createHmac('sha256', key).update(address).digest()
  hashes.set(address, made)
  return made
}
