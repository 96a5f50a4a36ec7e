// What both listeners share: from a Node request to the application, counting connections, and closing in good order.
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2'
import type { Server as NetServer, Socket } from 'node:net'
import { getRequestListener, RequestError } from '@hono/node-server'
import { earlyRefusal, refuseOnSocket } from './early-refusal.ts'
import { CONNECTION_CHECK_MS, type ListenerLimits } from './listener-limits.ts'

type Incoming = IncomingMessage | Http2ServerRequest
type Outgoing = ServerResponse | Http2ServerResponse

/** The application: Hono's `app.fetch`. */
export type Fetch = (request: Request, env: { incoming: Incoming; outgoing: Outgoing }) => Response | Promise<Response>

export type OnError = (error: unknown, what: string) => void

type ClosableServer = NetServer & { closeIdleConnections(): void }

export type Listener = {
  /** Resolves with the port once connections are taken; port 0 takes a free one. */
  listen(port: number, host?: string): Promise<number>
  /** Takes no more connections, lets running requests finish for at most `graceMs`, then cuts off what is left. */
  close(graceMs: number): Promise<void>
}

/** Wraps the application for Node; `refuse` is asked first and may answer in its place. */
export function nodeHandler(options: {
  fetch: Fetch
  onError: OnError
  limits: ListenerLimits
  refuse?: (incoming: Incoming) => Response | null
}): (incoming: Incoming, outgoing: Outgoing) => void {
  const { fetch, onError, limits, refuse } = options
  const listener = getRequestListener(
    (request, env) => {
      const incoming = env.incoming as Incoming
      const refusal = headerFault(incoming, limits) ?? refuse?.(incoming)
      if (!refusal) return fetch(request, env as { incoming: Incoming; outgoing: Outgoing })
      endConnection(env.outgoing as Outgoing)
      return refusal
    },
    {
      errorHandler(error) {
        if (error instanceof RequestError) return earlyRefusal('malformed_request', 'The request target is ill-formed.')
        onError(error, 'request')
        return earlyRefusal('internal_error', 'The request failed for a reason of ours.')
      },
    },
  )
  return (incoming, outgoing) => {
    listener(incoming, outgoing).catch(error => onError(error, 'request'))
  }
}

/** Only HTTP/1 keeps a connection by saying so; HTTP/2 sessions are told by GOAWAY. */
function endConnection(outgoing: Outgoing): void {
  if ('shouldKeepAlive' in outgoing) outgoing.shouldKeepAlive = false
}

/** What Node's parsers let pass: HTTP/2 headers without end, a second Host, a Transfer-Encoding that nobody knows. */
function headerFault({ rawHeaders, headers }: Incoming, limits: ListenerLimits): Response | null {
  let length = 0
  let hosts = 0
  for (let at = 0; at < rawHeaders.length; at++) {
    const text = rawHeaders[at]!
    length += text.length
    if (at % 2 === 0 && text.length === 4 && text.toLowerCase() === 'host') hosts++
  }
  if (rawHeaders.length > limits.maxHeaderCount * 2 || length > limits.maxHeaderBytes) {
    return earlyRefusal('malformed_request', 'The headers are too large or too many.', 431)
  }
  const encoding = headers['transfer-encoding']
  if (hosts > 1 || (encoding !== undefined && encoding.toLowerCase() !== 'chunked')) {
    return earlyRefusal('malformed_request', 'The request is not HTTP that can be read.')
  }
  return null
}

/** Starts to count, limit and answer for a server's connections, and gives it its beginning and end. */
export function superviseServer(
  server: ClosableServer,
  options: { onError: OnError; limits: ListenerLimits; perAddress: boolean },
): Listener {
  const { onError, limits, perAddress } = options
  const sockets = new Set<Socket>()
  const running = new Set<ServerResponse>()
  let closing = false

  server.maxConnections = limits.maxConnections
  countConnections(server, sockets, perAddress ? limits.maxConnectionsPerAddress : Number.POSITIVE_INFINITY)
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    refuseOnSocket(error, socket).catch(() => socket.destroy())
  })
  server.prependListener('request', (_: Incoming, outgoing: Outgoing) => {
    if (!('shouldKeepAlive' in outgoing)) return
    if (closing) endConnection(outgoing)
    running.add(outgoing)
    outgoing.once('close', () => running.delete(outgoing))
  })

  return {
    listen: (port, host = '127.0.0.1') =>
      new Promise((resolve, reject) => {
        server.once('error', reject)
        server.listen(port, host, () => {
          server.off('error', reject)
          server.on('error', error => onError(error, 'listener'))
          const address = server.address()
          resolve(typeof address === 'object' && address ? address.port : port)
        })
      }),
    close: graceMs =>
      new Promise(resolve => {
        closing = true
        for (const outgoing of running) endConnection(outgoing)
        const idle = setInterval(() => server.closeIdleConnections(), Math.min(CONNECTION_CHECK_MS, 100))
        const cut = setTimeout(() => {
          for (const socket of sockets) socket.destroy()
        }, graceMs)
        server.close(() => {
          clearInterval(idle)
          clearTimeout(cut)
          resolve()
        })
      }),
  }
}

function countConnections(server: NetServer, sockets: Set<Socket>, maxPerAddress: number): void {
  const byAddress = new Map<string, number>()
  server.on('connection', (socket: Socket) => {
    const address = socket.remoteAddress ?? ''
    const count = (byAddress.get(address) ?? 0) + 1
    byAddress.set(address, count)
    sockets.add(socket)
    socket.once('close', () => {
      sockets.delete(socket)
      const left = (byAddress.get(address) ?? 1) - 1
      if (left > 0) byAddress.set(address, left)
      else byAddress.delete(address)
    })
    if (count > maxPerAddress) socket.destroy()
  })
}
