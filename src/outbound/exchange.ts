// One HTTP exchange of bytes with a configured address, under all readers and writers here: https (or http on this
// machine), a verified chain and host whatever the environment says, a deadline, a size limit, and no redirects.
import { readFileSync } from 'node:fs'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { Agent, request as httpsRequest } from 'node:https'
import { getCACertificates } from 'node:tls'

const TIMEOUT_MS = 15_000
const MAX_BYTES = 1024 * 1024
const LOOPBACK = new Set(['127.0.0.1', '[::1]', 'localhost'])

export type Exchanged = {
  status: number
  headers: IncomingMessage['headers']
  /** Names and values in turn, as they came. */
  rawHeaders: string[]
  body: Buffer
}

export type Exchange = (request: {
  url: string
  method: string
  headers?: Record<string, string>
  body?: Buffer | string
  /** In place of the deadline of one exchange. */
  signal?: AbortSignal
}) => Promise<Exchanged>

const REASONS = {
  not_allowed: 'Only https addresses are called.',
  timeout: 'There was no answer in time.',
  unreachable: 'There was no answer.',
  too_large: 'The answer is too large.',
  cut_off: 'The answer was cut off.',
  bad_answer: 'The answer is not what was asked for.',
} as const

/** Why nothing came back that can be used; `status` is there when the other side answered with another than was wanted. */
export class FetchFailed extends Error {
  readonly code: keyof typeof REASONS
  readonly status: number | undefined

  constructor(code: keyof typeof REASONS, options: { status?: number; cause?: unknown } = {}) {
    super(REASONS[code], options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'FetchFailed'
    this.code = code
    this.status = options.status
  }
}

/** Whether an address may be called: https, or http on this machine. */
export function isAllowedAddress(url: string): boolean {
  if (!URL.canParse(url)) return false
  const { protocol, hostname, username, password } = new URL(url)
  if (username !== '' || password !== '') return false
  return protocol === 'https:' || (protocol === 'http:' && LOOPBACK.has(hostname))
}

/** `caFile` adds the certificates of a private authority to those that Node trusts. Whatever is answered: FetchFailed. */
export function createExchange(options: { caFile?: string; timeoutMs?: number; maxBytes?: number } = {}): Exchange {
  const { caFile, timeoutMs = TIMEOUT_MS, maxBytes = MAX_BYTES } = options
  const ca = caFile === undefined ? undefined : [...getCACertificates('default'), readFileSync(caFile, 'utf8')]
  const agent = new Agent({ ca, rejectUnauthorized: true, minVersion: 'TLSv1.2' })

  return ({ url, method, headers = {}, body, signal = AbortSignal.timeout(timeoutMs) }) => {
    if (!isAllowedAddress(url)) return Promise.reject(new FetchFailed('not_allowed'))
    const target = new URL(url)
    const length: Record<string, string> =
      body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }
    return new Promise((resolve, reject) => {
      const fail = (cause: unknown) =>
        reject(
          cause instanceof FetchFailed ? cause : new FetchFailed(signal.aborted ? 'timeout' : 'unreachable', { cause }),
        )
      const onResponse = (response: IncomingMessage) => {
        readAll(response, maxBytes).then(resolve, fail)
      }
      const sent = { method, headers: { ...headers, ...length }, signal }
      const request =
        target.protocol === 'https:'
          ? httpsRequest(target, { ...sent, agent }, onResponse)
          : httpRequest(target, sent, onResponse)
      request.on('error', fail)
      request.end(body)
    })
  }
}

async function readAll(response: IncomingMessage, maxBytes: number): Promise<Exchanged> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of response as AsyncIterable<Buffer>) {
    length += chunk.length
    if (length > maxBytes) {
      response.destroy()
      throw new FetchFailed('too_large')
    }
    chunks.push(chunk)
  }
  if (!response.complete) throw new FetchFailed('cut_off')
  const { statusCode: status = 0, headers, rawHeaders } = response
  return { status, headers, rawHeaders, body: Buffer.concat(chunks) }
}
