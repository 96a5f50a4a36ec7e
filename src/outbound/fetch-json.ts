// Reads one JSON document from a configured https address, with a deadline, a size limit and no redirects.
import { readFileSync } from 'node:fs'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { Agent, request as httpsRequest } from 'node:https'
import { getCACertificates } from 'node:tls'

/** Key sets and discovery documents are a few kB; a mebibyte of them is not one. */
const MAX_BYTES = 512 * 1024
/** Callers wait for this while a key is unknown, so it is short; issuers answer in milliseconds. */
const TIMEOUT_MS = 5_000
const LOOPBACK = new Set(['127.0.0.1', '[::1]', 'localhost'])

export type FetchJson = (url: string) => Promise<unknown>

/** Why a document could not be read; `status` is there when the other side answered with another status than 200. */
export class FetchFailed extends Error {
  readonly status: number | undefined

  constructor(message: string, options: { status?: number; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'FetchFailed'
    this.status = options.status
  }
}

/** Whether an address may be read: https, or http on this machine. */
export function isAllowedAddress(url: string): boolean {
  if (!URL.canParse(url)) return false
  const { protocol, hostname, username, password } = new URL(url)
  if (username !== '' || password !== '') return false
  return protocol === 'https:' || (protocol === 'http:' && LOOPBACK.has(hostname))
}

/**
 * Makes a reader of JSON documents that always verifies chain and host, whatever the environment says; `caFile` adds
 * the certificates of a private authority to those that Node trusts. Throws FetchFailed.
 */
export function createFetchJson(options: { caFile?: string; timeoutMs?: number; maxBytes?: number } = {}): FetchJson {
  const { caFile, timeoutMs = TIMEOUT_MS, maxBytes = MAX_BYTES } = options
  const ca = caFile === undefined ? undefined : [...getCACertificates('default'), readFileSync(caFile, 'utf8')]
  const agent = new Agent({ ca, rejectUnauthorized: true, minVersion: 'TLSv1.2' })

  return url => {
    if (!isAllowedAddress(url)) return Promise.reject(new FetchFailed('Only https addresses are read.'))
    const target = new URL(url)
    const signal = AbortSignal.timeout(timeoutMs)
    return new Promise((resolve, reject) => {
      const fail = (cause: unknown) =>
        reject(cause instanceof FetchFailed ? cause : new FetchFailed('The document could not be read.', { cause }))
      const onResponse = (response: IncomingMessage) => {
        readBody(response, maxBytes).then(resolve, fail)
      }
      const headers = { accept: 'application/json' }
      const request =
        target.protocol === 'https:'
          ? httpsRequest(target, { agent, headers, signal }, onResponse)
          : httpRequest(target, { headers, signal }, onResponse)
      request.on('error', fail)
      request.end()
    })
  }
}

async function readBody(response: IncomingMessage, maxBytes: number): Promise<unknown> {
  if (response.statusCode !== 200) {
    response.destroy()
    throw new FetchFailed('The address answered with another status than 200.', { status: response.statusCode })
  }
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of response as AsyncIterable<Buffer>) {
    length += chunk.length
    if (length > maxBytes) {
      response.destroy()
      throw new FetchFailed('The document is too large.')
    }
    chunks.push(chunk)
  }
  if (!response.complete) throw new FetchFailed('The document was cut off.')
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'))
  } catch (cause) {
    throw new FetchFailed('The document is not JSON.', { cause })
  }
}
