// How much one listener takes from the network, and how long it waits for it: against floods and slow senders.

export type ListenerLimits = {
  /** From the first byte of a request to the end of its headers. */
  headersTimeoutMs: number
  /** From the first byte of a request to the end of its body. */
  requestTimeoutMs: number
  /** A connection that carries no request is closed after this long. */
  idleTimeoutMs: number
  handshakeTimeoutMs: number
  /** Request line and headers together. */
  maxHeaderBytes: number
  maxHeaderCount: number
  maxConnections: number
  /** Counts for direct connections only: behind a proxy all of them come from one address. */
  maxConnectionsPerAddress: number
  maxConcurrentStreams: number
}

export const DEFAULT_LIMITS: ListenerLimits = {
  headersTimeoutMs: 10_000,
  // A stream of 10,000 charges on a slow line takes a minute.
  requestTimeoutMs: 120_000,
  // Longer than the 60 s that load balancers keep a connection, so that they close it first.
  idleTimeoutMs: 65_000,
  handshakeTimeoutMs: 10_000,
  // Node's own default; an access token may fill half of it.
  maxHeaderBytes: 16 * 1024,
  maxHeaderCount: 100,
  maxConnections: 10_000,
  maxConnectionsPerAddress: 1_000,
  // RFC 9113 section 6.5.2 asks for at least 100.
  maxConcurrentStreams: 250,
}

/** How often Node looks for connections that are over time. */
export const CONNECTION_CHECK_MS = 1_000
