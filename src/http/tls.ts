// HTTPS and HTTP/2 on one port: TLS 1.2 and 1.3, forward-secret AEAD suites only, certificates renewed while it runs.
import { constants, randomBytes } from 'node:crypto'
import { createSecureServer, type Http2SecureServer, constants as http2, type SecureServerOptions } from 'node:http2'
import { type Certificate, readCertificate, watchFiles } from './certificate.ts'
import { CONNECTION_CHECK_MS, DEFAULT_LIMITS, type ListenerLimits } from './listener-limits.ts'
import { type Fetch, type Listener, nodeHandler, type OnError, superviseServer } from './node-listener.ts'

/** Node 24 has it on servers with `allowHTTP1`; its types do not. */
type Closable = { closeIdleConnections(): void }

/** Forward secrecy and AEAD in every one of them, as RFC 9325 section 4.2 recommends. */
const CIPHER_SUITES = [
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  'TLS_AES_128_GCM_SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
]

/** A stolen ticket key opens resumed sessions, so it lives an hour. */
const TICKET_KEY_LIFETIME_MS = 60 * 60 * 1000
const TICKET_KEY_BYTES = 48
/** Time for the other half of a renewed pair to be written, before a pair that does not fit is reported. */
const SECOND_LOOK_MS = 2_000
/** A session over its idle time gets this long to end its streams. */
const SESSION_CLOSE_MS = 5_000

/** A client that resets streams faster than it could ever need to is cut off (CVE-2023-44487, CVE-2019-9512 to 9518). */
const HTTP2_ABUSE = {
  maxSessionInvalidFrames: 100,
  maxSessionRejectedStreams: 100,
  maxOutstandingPings: 10,
  maxSettings: 32,
  maxSendHeaderBlockLength: 64 * 1024,
  maxSessionMemory: 10,
  streamResetBurst: 500,
  streamResetRate: 50,
  unknownProtocolTimeout: 5_000,
}

export type ReloadOutcome = 'replaced' | 'unchanged' | 'kept'

export type TlsListener = Listener & {
  /** Reads the files again; a pair that cannot be used is reported and the one in use is kept. */
  reload(): Promise<ReloadOutcome>
  certificate(): { validTo: Date; fingerprint: string }
}

export type TlsListenerOptions = {
  certFile: string
  keyFile: string
  fetch: Fetch
  onError: OnError
  onReload?: (certificate: { validTo: Date }) => void
  limits?: Partial<ListenerLimits>
  /** How often the files are read even when the file system reports no change, in milliseconds. */
  pollMs?: number
  wallNow?: () => Date
}

/** Makes the listener; throws when the certificate cannot be used. */
export async function createTlsListener(options: TlsListenerOptions): Promise<TlsListener> {
  const { certFile, keyFile, fetch, onError, wallNow = () => new Date() } = options
  const files = { certFile, keyFile }
  const limits = { ...DEFAULT_LIMITS, ...options.limits }
  let current = await readCertificate(files, wallNow())
  const handler = nodeHandler({ fetch, onError, limits })
  const server = createSecureServer(serverOptions(current, limits), handler)
  const listener = superviseServer(server as Http2SecureServer & Closable, { onError, limits, perAddress: true })
  limitSessions(server, limits)

  async function tryReload(report: boolean): Promise<ReloadOutcome> {
    try {
      const next = await readCertificate(files, wallNow())
      if (next.fingerprint === current.fingerprint) return 'unchanged'
      server.setSecureContext(secureContext(next))
      current = next
      options.onReload?.({ validTo: next.validTo })
      return 'replaced'
    } catch (error) {
      if (report) onError(error, 'certificate')
      return 'kept'
    }
  }

  let secondLook: NodeJS.Timeout | undefined
  const stopWatching = watchFiles(
    [certFile, keyFile],
    async () => {
      if ((await tryReload(false)) !== 'kept') return
      clearTimeout(secondLook)
      secondLook = setTimeout(() => tryReload(true), SECOND_LOOK_MS)
      secondLook.unref()
    },
    error => onError(error, 'certificate'),
    options.pollMs,
  )
  const ticketKeys = setInterval(() => server.setTicketKeys(randomBytes(TICKET_KEY_BYTES)), TICKET_KEY_LIFETIME_MS)
  ticketKeys.unref()

  return {
    listen: listener.listen,
    reload: () => tryReload(true),
    certificate: () => ({ validTo: current.validTo, fingerprint: current.fingerprint }),
    close(graceMs) {
      stopWatching()
      clearTimeout(secondLook)
      clearInterval(ticketKeys)
      return listener.close(graceMs)
    },
  }
}

function secureContext({ cert, key }: Certificate) {
  return {
    cert,
    key,
    minVersion: 'TLSv1.2',
    maxVersion: 'TLSv1.3',
    ciphers: CIPHER_SUITES.join(':'),
    honorCipherOrder: true,
    secureOptions: constants.SSL_OP_NO_RENEGOTIATION | constants.SSL_OP_NO_COMPRESSION,
  } as const
}

function serverOptions(certificate: Certificate, limits: ListenerLimits): SecureServerOptions {
  return {
    ...secureContext(certificate),
    ...HTTP2_ABUSE,
    allowHTTP1: true,
    handshakeTimeout: limits.handshakeTimeoutMs,
    maxHeaderSize: limits.maxHeaderBytes,
    maxHeaderListPairs: limits.maxHeaderCount,
    headersTimeout: limits.headersTimeoutMs,
    requestTimeout: limits.requestTimeoutMs,
    keepAliveTimeout: limits.idleTimeoutMs,
    connectionsCheckingInterval: CONNECTION_CHECK_MS,
    settings: {
      enablePush: false,
      maxConcurrentStreams: limits.maxConcurrentStreams,
      maxHeaderListSize: limits.maxHeaderBytes,
    },
  } as SecureServerOptions
}

/** HTTP/2 has none of the time limits that Node's HTTP/1 server keeps, so they are kept here. */
function limitSessions(server: Http2SecureServer, limits: ListenerLimits): void {
  server.on('session', session => {
    session.setTimeout(limits.idleTimeoutMs, () => {
      session.close()
      setTimeout(() => session.destroy(), SESSION_CLOSE_MS).unref()
    })
    session.on('error', () => session.destroy())
  })
  server.on('stream', stream => {
    stream.on('error', () => {})
    if (stream.endAfterHeaders) return
    const late = setTimeout(() => {
      if (!stream.readableEnded) stream.close(http2.NGHTTP2_CANCEL)
    }, limits.requestTimeoutMs)
    late.unref()
    stream.once('end', () => clearTimeout(late))
    stream.once('close', () => clearTimeout(late))
  })
}
