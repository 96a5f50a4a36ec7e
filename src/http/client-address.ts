// Which address a request came from: the socket's, or, behind trusted proxies, the nearest hop that is not one of them.
import { BlockList, isIPv4, isIPv6, SocketAddress } from 'node:net'

/** Proxies append one entry each; a longer list is junk and is not walked further. */
const MAX_HOPS = 32
const MAPPED_IPV4 = /^::ffff:(\d{1,3}(?:\.\d{1,3}){3})$/i
const WITH_PORT = /^(?:\[([^\]]+)\]|([^:]+))(?::\d{1,5})?$/

/** Reads TRUSTED_PROXIES: addresses and CIDR ranges; throws RangeError for anything else. */
export function parseTrustedProxies(entries: readonly string[]): BlockList {
  const list = new BlockList()
  for (const entry of entries) {
    const [address = '', bits, ...rest] = entry.trim().split('/')
    const family = isIPv4(address) ? 'ipv4' : isIPv6(address) ? 'ipv6' : null
    const width = family === 'ipv4' ? 32 : 128
    const prefix = bits === undefined ? width : /^\d{1,3}$/.test(bits) ? Number(bits) : Number.NaN
    if (!family || rest.length > 0 || !(prefix >= 0 && prefix <= width)) {
      throw new RangeError('A trusted proxy is an IP address or a CIDR range.')
    }
    list.addSubnet(address, prefix, family)
  }
  return list
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

export function isTrusted(address: string | null, trusted: BlockList): boolean {
  return address !== null && trusted.check(address, isIPv4(address) ? 'ipv4' : 'ipv6')
}

/**
 * Answers the caller's address. Without trusted proxies, or when the peer is none of them, forwarded headers are not
 * looked at. Else X-Forwarded-For is walked from its end while the entries are trusted proxies; what a caller writes
 * in front of them is never believed.
 */
export function clientAddress(request: {
  peer: string | undefined
  forwardedFor?: string | undefined
  trusted?: BlockList | undefined
}): string | null {
  const { peer, forwardedFor, trusted } = request
  let nearest = peer === undefined ? null : normalizeAddress(peer)
  if (!trusted || forwardedFor === undefined || !isTrusted(nearest, trusted)) return nearest
  const hops = forwardedFor.split(',')
  for (let at = hops.length - 1; at >= Math.max(0, hops.length - MAX_HOPS); at--) {
    const hop = addressOfHop(hops[at]!.trim())
    if (hop === null) return nearest
    nearest = hop
    if (!isTrusted(hop, trusted)) return hop
  }
  return nearest
}

/** The unit that one caller holds of the address space: an IPv4 address, or the /64 of an IPv6 address. */
export function addressBlock(address: string): string {
  if (!isIPv6(address)) return address
  const [head = '', tail] = address.split('::')
  const left = head === '' ? [] : head.split(':')
  const right = tail === undefined || tail === '' ? [] : tail.split(':')
  const groups = tail === undefined ? left : [...left, ...Array(8 - left.length - right.length).fill('0'), ...right]
  return `${groups.slice(0, 4).join(':')}::/64`
}

function addressOfHop(hop: string): string | null {
  if (isIPv6(hop)) return normalizeAddress(hop)
  const match = WITH_PORT.exec(hop)
  return match ? normalizeAddress(match[1] ?? match[2] ?? '') : null
}
