// The keyed hash of the part of the address space that one caller holds, kept for the addresses that come again and again:
// whoever has an IPv6 address has 2^64 of them.
import { createHmac, type KeyObject } from 'node:crypto'
import { isIPv4, isIPv6, SocketAddress } from 'node:net'
import { LRUCache } from 'lru-cache'

/** Services call from few addresses; browsers are not worth more. An entry takes some 200 bytes. */
const ADDRESSES_MAX = 1_000
const MAPPED_IPV4 = /^::ffff:(\d{1,3}(?:\.\d{1,3}){3})$/i

const kept = new WeakMap<KeyObject, LRUCache<string, Buffer>>()

export function addressHash(key: KeyObject, address: string): Buffer {
  const hashes = kept.get(key) ?? new LRUCache<string, Buffer>({ max: ADDRESSES_MAX })
  kept.set(key, hashes)
  const known = hashes.get(address)
  if (known) return known
  const made = createHmac('sha256', key)
    .update(addressBlock(normalizeAddress(address) ?? address))
    .digest()
  hashes.set(address, made)
  return made
}

/** The one spelling of an address: IPv4 when it is mapped into IPv6, no zone, no brackets; null when it is none. */
export function normalizeAddress(text: string): string | null {
  const bare = text.replace(/%.*$/, '')
  const address = MAPPED_IPV4.exec(bare)?.[1] ?? bare
  if (isIPv4(address)) return address
  if (!isIPv6(address)) return null
  const canonical = new SocketAddress({ address, family: 'ipv6' }).address
  return MAPPED_IPV4.exec(canonical)?.[1] ?? canonical
}

/** The unit that one caller holds of the address space: an IPv4 address, or the /64 of an IPv6 address; `unknown` for none. */
export function addressBlock(address: string | null): string {
  if (address === null) return 'unknown'
  if (!isIPv6(address)) return address
  const [head = '', tail] = address.split('::')
  const left = head === '' ? [] : head.split(':')
  const right = tail === undefined || tail === '' ? [] : tail.split(':')
  const groups = tail === undefined ? left : [...left, ...Array(8 - left.length - right.length).fill('0'), ...right]
  return `${groups.slice(0, 4).join(':')}::/64`
}
