// Which address a request came from: the socket's, or, behind trusted proxies, the nearest hop that is not one of them.
import { BlockList, isIPv4, isIPv6 } from 'node:net'
import { normalizeAddress } from '../crypto/address-hash.ts'

/** Proxies append one entry each; a longer list is junk and is not walked further. */
const MAX_HOPS = 32
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

function addressOfHop(hop: string): string | null {
  if (isIPv6(hop)) return normalizeAddress(hop)
  const match = WITH_PORT.exec(hop)
  return match ? normalizeAddress(match[1] ?? match[2] ?? '') : null
}
