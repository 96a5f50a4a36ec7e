// One HTTP exchange of bytes with a configured https address: a deadline, a size limit, no redirects, a verified chain.
import { readFileSync } from 'node:fs'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { Agent, request as httpsRequest } from 'node:https'
import { getCACertificates } from 'node:tls'
import { isAllowedAddress } from './fetch-json.ts'

const TIMEOUT_MS = 15_000
const MAX_BYTES = 1024 * 1024

export type Exchanged = { status: number; headers: IncomingMessage['headers']; body: Buffer }

export type Exchange = (request: {
  url: string
  method: 'GET' | 'PUT' | 'POST' | 'HEAD'
  headers?: Record<string, string>
  body?: Buffer
}) => Promise<Exchanged>

/** Why nothing came back that can be read. */
export class ExchangeFailed extends Error {
  readonly code: 'timeout' | 'unreachable'
  constructor(code: 'timeout' | 'unreachable', cause?: unknown) {
    super(`The exchange failed: ${code}.`, cause === undefined ? undefined : { cause })
    this.name = 'ExchangeFailed'
    this.code = code
  }
}

/** `caFile` adds the certificates of a private authority to those that Node trusts. @throws ExchangeFailed */
export function createExchange(options: { caFile?: string; timeoutMs?: number } = {}): Exchange {
  const { caFile, timeoutMs = TIMEOUT_MS } = options
  const ca = caFile === undefined ? undefined : [...getCACertificates('default'), readFileSync(caFile, 'utf8')]
  const agent = new Agent({ ca, rejectUnauthorized: true, minVersion: 'TLSv1.2' })

  return ({ url, method, headers = {}, body }) => {
    if (!isAllowedAddress(url)) return Promise.reject(new ExchangeFailed('unreachable'))
    const target = new URL(url)
    const signal = AbortSignal.timeout(timeoutMs)
    const length: Record<string, string> = body === undefined ? {} : { 'content-length': String(body.length) }
    return new Promise((resolve, reject) => {
      const fail = (cause: unknown) => reject(new ExchangeFailed(signal.aborted ? 'timeout' : 'unreachable', cause))
      const onResponse = (response: IncomingMessage) => readAll(response).then(resolve, fail)
      const options = { method, headers: { ...headers, ...length }, signal }
      const request =
        target.protocol === 'https:'
          ? httpsRequest(target, { ...options, agent }, onResponse)
          : httpRequest(target, options, onResponse)
      request.on('error', fail)
      request.end(body)
    })
  }
}

async function readAll(response: IncomingMessage): Promise<Exchanged> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of response as AsyncIterable<Buffer>) {
    length += chunk.length
    if (length > MAX_BYTES) {
      response.destroy()
      throw new Error('The answer is too large.')
    }
    chunks.push(chunk)
  }
  if (!response.complete) throw new Error('The answer was cut off.')
  return { status: response.statusCode as number, headers: response.headers, body: Buffer.concat(chunks) }
}
