// A raw loopback HTTP server whose answers are written byte by byte by the test.

import type { AddressInfo } from 'node:net'
import { createServer, type Socket } from 'node:net'

export type ReceivedRequest = { method: string; path: string; headers: Record<string, string>; body: string }
export type Answer = (socket: Socket, request: ReceivedRequest) => void

export type CannedServer = {
  url: string
  port: number
  requests: ReceivedRequest[]
  /** Used for every request until it is set again. */
  answer: Answer
  close(): Promise<void>
}

export async function startCannedServer(): Promise<CannedServer> {
  const sockets = new Set<Socket>()
  const server = createServer(socket => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => {})
    let pending: Buffer = Buffer.alloc(0)
    socket.on('data', chunk => {
      pending = Buffer.concat([pending, chunk])
      for (let taken = takeRequest(pending); taken; taken = takeRequest(pending)) {
        pending = taken.rest
        canned.requests.push(taken.request)
        canned.answer(socket, taken.request)
      }
    })
  })
  await new Promise<void>(done => server.listen(0, '127.0.0.1', done))
  const { port } = server.address() as AddressInfo
  const canned: CannedServer = {
    url: `http://127.0.0.1:${port}`,
    port,
    requests: [],
    answer: socket => socket.destroy(),
    close: () =>
      new Promise(done => {
        for (const socket of sockets) socket.destroy()
        server.close(() => done())
      }),
  }
  return canned
}

/** A whole HTTP answer as Stripe sends it. */
export function json(status: number, body: unknown, headers: Record<string, string> = {}): Answer {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  return socket => {
    socket.write(
      head(status, { 'content-length': String(Buffer.byteLength(text)), 'request-id': 'req_1', ...headers }) + text,
    )
  }
}

export function head(status: number, headers: Record<string, string>): string {
  const lines = Object.entries({ 'content-type': 'application/json', ...headers }).map(
    ([name, value]) => `${name}: ${value}\r\n`,
  )
  return `HTTP/1.1 ${status} Answer\r\n${lines.join('')}\r\n`
}

function takeRequest(bytes: Buffer): { request: ReceivedRequest; rest: Buffer } | null {
  const end = bytes.indexOf('\r\n\r\n')
  if (end < 0) return null
  const [first = '', ...lines] = bytes.subarray(0, end).toString('latin1').split('\r\n')
  const headers: Record<string, string> = {}
  for (const line of lines) {
    const at = line.indexOf(':')
    headers[line.slice(0, at).toLowerCase()] = line.slice(at + 1).trim()
  }
  const length = Number(headers['content-length'] ?? 0)
  if (bytes.length < end + 4 + length) return null
  const [method = '', path = ''] = first.split(' ')
  const body = bytes.subarray(end + 4, end + 4 + length).toString('utf8')
  return { request: { method, path, headers, body }, rest: bytes.subarray(end + 4 + length) }
}
