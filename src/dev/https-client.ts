// HTTPS with the embedded certificate authority, for the environment's own calls to its service and issuer.
import { Agent, request } from 'node:https'

export interface HttpsClient {
  send(method: string, url: string, headers?: Record<string, string>, body?: string): Promise<HttpsAnswer>
  close(): void
}

export interface HttpsAnswer {
  status: number
  headers: Record<string, string | string[] | undefined>
  text: string
  json: unknown
}

const ANSWER_TIMEOUT_MS = 30_000

/** Keeps at most `sockets` connections to each server; the answers are small. */
export function openHttpsClient(ca: string, sockets = 8): HttpsClient {
  const agent = new Agent({ ca, keepAlive: true, maxSockets: sockets })
  const send: HttpsClient['send'] = (method, url, headers = {}, body) =>
    new Promise((done, fail) => {
      const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }
      const options = { method, agent, timeout: ANSWER_TIMEOUT_MS, headers: { ...headers, ...length } }
      const sent = request(url, options, response => {
        let text = ''
        response.setEncoding('utf8')
        response.on('data', chunk => {
          text += chunk
        })
        response.on('error', fail)
        response.on('end', () =>
          done({ status: response.statusCode ?? 0, headers: response.headers, text, json: parsed(text) }),
        )
      })
      sent.on('timeout', () => sent.destroy(new Error(`no answer to ${method} ${new URL(url).pathname}`)))
      sent.on('error', fail)
      sent.end(body)
    })
  return { send, close: () => agent.destroy() }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
