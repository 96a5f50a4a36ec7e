// HTTP behind a proxy that ends TLS: only trusted proxies are answered, and only for requests that came by https.
import { createServer, type IncomingMessage } from 'node:http'
import type { Http2ServerRequest } from 'node:http2'
import type { BlockList } from 'node:net'
import { normalizeAddress } from '../crypto/address-hash.ts'
import { isTrusted } from './client-address.ts'
import { earlyRefusal } from './early-refusal.ts'
import { CONNECTION_CHECK_MS, DEFAULT_LIMITS, type ListenerLimits } from './listener-limits.ts'
import { type Fetch, type Listener, nodeHandler, type OnError, superviseServer } from './node-listener.ts'

/** Makes the listener of proxy mode; `trusted` comes from `parseTrustedProxies`. */
export function createPlainListener(options: {
  trusted: BlockList
  fetch: Fetch
  onError: OnError
  limits?: Partial<ListenerLimits>
}): Listener {
  const { trusted, fetch, onError } = options
  const limits = { ...DEFAULT_LIMITS, ...options.limits }
  const refuse = (incoming: IncomingMessage | Http2ServerRequest) =>
    refusalOf(incoming.socket.remoteAddress, incoming.headers['x-forwarded-proto'], trusted)
  const server = createServer(
    {
      maxHeaderSize: limits.maxHeaderBytes,
      headersTimeout: limits.headersTimeoutMs,
      requestTimeout: limits.requestTimeoutMs,
      keepAliveTimeout: limits.idleTimeoutMs,
      connectionsCheckingInterval: CONNECTION_CHECK_MS,
    },
    nodeHandler({ fetch, onError, limits, refuse }),
  )
  return superviseServer(server, { onError, limits, perAddress: false })
}

/** Null when a request came from a trusted proxy that took it by https; never a redirect. */
function refusalOf(
  peer: string | undefined,
  forwardedProto: string | string[] | undefined,
  trusted: BlockList,
): Response | null {
  if (!isTrusted(peer === undefined ? null : normalizeAddress(peer), trusted)) {
    return earlyRefusal('https_required', 'The request did not come through a trusted proxy.')
  }
  // Every hop must have been https: a list that a caller began cannot hide what the proxy appended.
  const hops = String(forwardedProto ?? '').split(',')
  return hops.every(hop => hop.trim().toLowerCase() === 'https')
    ? null
    : earlyRefusal('https_required', 'The request did not come to the proxy by https.')
}
