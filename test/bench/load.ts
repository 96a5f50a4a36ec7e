// A load generator of our own kind of traffic: many requests in flight over kept connections, each made when it is sent.
import { Agent, request } from 'node:https'

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
  const agent = new Agent({ ca: load.ca, keepAlive: true, maxSockets: load.inFlight })
  const target = new URL(load.url)
  const times: number[] = []
  let index = 0
  let failed = 0
  const countFrom = performance.now() + load.warmUp * 1000
  const until = countFrom + load.seconds * 1000

  const once = () =>
    new Promise<void>(resolve => {
      const { method, path, headers, body } = load.make(index++)
      const began = performance.now()
      const sent = request(
        {
          agent,
          host: target.hostname,
          port: target.port,
          method,
          path,
          headers: body === undefined ? headers : { ...headers, 'content-length': Buffer.byteLength(body) },
        },
        response => {
          response.resume()
          response.on('end', () => {
            const now = performance.now()
            if (began >= countFrom && now <= until) {
              times.push(now - began)
              if ((response.statusCode ?? 500) >= 300) failed++
            }
            resolve()
          })
        },
      )
      sent.on('error', () => {
        failed++
        resolve()
      })
      sent.end(body)
    })
  const lane = async () => {
    while (performance.now() < until) await once()
  }
  await Promise.all(Array.from({ length: load.inFlight }, lane))
  agent.destroy()
  times.sort((a, b) => a - b)
  const at = (share: number) => times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? Number.NaN
  return { perSecond: times.length / load.seconds, requests: times.length, failed, p50: at(0.5), p99: at(0.99) }
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
