// A load generator of our own kind of traffic: many requests in flight over kept connections, each made when it is sent.
// It writes and reads HTTP/1.1 itself: it shares its processors with what it measures, so it has to be cheap.
import { request } from 'node:https'
import { connect, type TLSSocket } from 'node:tls'

export type Load = {
  url: string
  ca: string
  inFlight: number
  /** Seconds that count, after `warmUp` seconds that do not. */
  seconds: number
  warmUp: number
  make: (index: number) => { method: string; path: string; headers: Record<string, string>; body?: string }
}

export type LoadResult = { perSecond: number; requests: number; failed: number; p50: number; p99: number }

export async function drive(load: Load): Promise<LoadResult> {
  const target = new URL(load.url)
  const times: number[] = []
  let index = 0
  let failed = 0
  const countFrom = performance.now() + load.warmUp * 1000
  const until = countFrom + load.seconds * 1000

  const lane = async () => {
    const exchange = await openConnection(target, load.ca)
    while (performance.now() < until) {
      const text = requestText(target.host, load.make(index++))
      const began = performance.now()
      const status = await exchange(text)
      const now = performance.now()
      if (began < countFrom || now > until) continue
      times.push(now - began)
      if (status >= 300) failed++
    }
    await exchange(null)
  }
  await Promise.all(Array.from({ length: load.inFlight }, lane))
  times.sort((a, b) => a - b)
  const at = (share: number) => times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? Number.NaN
  return { perSecond: times.length / load.seconds, requests: times.length, failed, p50: at(0.5), p99: at(0.99) }
}

function requestText(host: string, { method, path, headers, body = '' }: ReturnType<Load['make']>): string {
  let text = `${method} ${path} HTTP/1.1\r\nhost: ${host}\r\n`
  for (const name in headers) text += `${name}: ${headers[name]}\r\n`
  if (method !== 'GET') text += `content-length: ${Buffer.byteLength(body)}\r\n`
  return `${text}\r\n${body}`
}

/** Sends one request and answers its status; null ends the connection. A connection that breaks fails the whole bench. */
type Exchange = (text: string | null) => Promise<number>

function openConnection({ hostname, port }: URL, ca: string): Promise<Exchange> {
  return new Promise((resolve, reject) => {
    const socket: TLSSocket = connect({ host: hostname, port: Number(port), ca, servername: hostname })
    let answered: ((status: number) => void) | null = null
    let broken = reject
    let received = ''
    socket.setNoDelay(true)
    socket.setEncoding('latin1')
    socket.on('error', error => broken(error))
    socket.on('close', () => broken(new Error('the server closed a connection that was in use')))
    socket.on('data', (part: string) => {
      received += part
      if (!isWhole(received)) return
      const status = Number(received.slice(9, 12))
      received = ''
      answered?.(status)
    })
    socket.once('secureConnect', () =>
      resolve(text => {
        if (text === null) {
          broken = () => {}
          socket.destroy()
          return Promise.resolve(0)
        }
        return new Promise((done, failed) => {
          answered = done
          broken = failed
          socket.write(text)
        })
      }),
    )
  })
}

const LENGTH = /\r\ncontent-length: (\d+)/i

function isWhole(received: string): boolean {
  const headEnd = received.indexOf('\r\n\r\n')
  if (headEnd < 0) return false
  const length = LENGTH.exec(received)?.[1]
  if (length !== undefined) return received.length >= headEnd + 4 + Number(length)
  return received.endsWith('\r\n0\r\n\r\n')
}

/** One request of preparation; throws unless it is answered 2xx. */
export function postJson(
  url: string,
  ca: string,
  headers: Record<string, string>,
  body: unknown,
): Promise<Record<string, unknown>> {
  const text = JSON.stringify(body)
  return new Promise((resolve, reject) => {
    const sent = request(
      url,
      { ca, method: 'POST', headers: { ...headers, 'content-length': Buffer.byteLength(text) } },
      response => {
        let answer = ''
        response.on('data', part => {
          answer += part
        })
        response.on('end', () => {
          if ((response.statusCode ?? 500) < 300) resolve(JSON.parse(answer))
          else reject(new Error(`${new URL(url).pathname} answered ${response.statusCode}: ${answer.slice(0, 300)}`))
        })
      },
    )
    sent.on('error', reject)
    sent.end(text)
  })
}
