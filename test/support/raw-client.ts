// Clients that speak below HTTP, for tests of what a listener takes and refuses.
import { request as httpsRequest } from 'node:https'
import { connect as netConnect, type Socket } from 'node:net'
import { type ConnectionOptions, type TLSSocket, connect as tlsConnect } from 'node:tls'

export type Raw = { text: string; error: string | null }

/** Sends bytes and collects what comes until the other side closes. */
export function exchange(socket: Socket, ready: string, sends: (string | Buffer)[], waitMs = 3_000): Promise<Raw> {
  return new Promise(resolve => {
    let text = ''
    const end = (error: string | null) => {
      clearTimeout(timer)
      socket.destroy()
      resolve({ text, error })
    }
    const timer = setTimeout(() => end('timeout'), waitMs)
    socket.on('data', chunk => {
      text += chunk.toString('latin1')
    })
    socket.on('error', error => end((error as NodeJS.ErrnoException).code ?? error.message))
    socket.on('close', () => end(null))
    socket.once(ready, () => {
      for (const send of sends) socket.write(send)
    })
  })
}

export const rawTls = (port: number, sends: (string | Buffer)[], options: ConnectionOptions = {}, waitMs?: number) =>
  exchange(
    tlsConnect({ host: '127.0.0.1', port, rejectUnauthorized: false, ALPNProtocols: ['http/1.1'], ...options }),
    'secureConnect',
    sends,
    waitMs,
  )

export const rawPlain = (port: number, sends: (string | Buffer)[], waitMs?: number) =>
  exchange(netConnect(port, '127.0.0.1'), 'connect', sends, waitMs)

/** A finished handshake, or the code of its failure. */
export function handshake(port: number, options: ConnectionOptions): Promise<TLSSocket | string> {
  return new Promise(resolve => {
    try {
      const socket = tlsConnect({ host: '127.0.0.1', port, rejectUnauthorized: false, ...options })
      socket.once('secureConnect', () => resolve(socket))
      socket.once('error', error => resolve((error as NodeJS.ErrnoException).code ?? error.message))
    } catch (error) {
      resolve((error as NodeJS.ErrnoException).code ?? 'error')
    }
  })
}

export type Answer = { status: number; headers: Record<string, string | string[] | undefined>; body: string }

export function get(url: string, options: Parameters<typeof httpsRequest>[1] = {}, body?: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = httpsRequest(url, { rejectUnauthorized: false, ...options }, response => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', chunk => {
        text += chunk
      })
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text }))
      response.on('error', reject)
    })
    request.on('error', reject)
    request.end(body)
  })
}
