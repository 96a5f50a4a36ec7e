// A `fetch` for talking to the issuer: verified TLS, a private authority where there is one, a deadline, a size limit.
import { readFileSync } from 'node:fs'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { Agent, request as httpsRequest } from 'node:https'
import { getCACertificates } from 'node:tls'
import { FetchFailed, isAllowedAddress } from './fetch-json.ts'

/** A person waits for this. */
const TIMEOUT_MS = 5_000
/** Metadata, keys and tokens are a few kB. */
const MAX_BYTES = 512 * 1024
/** Reading is repeated once; a code is good for one request, so nothing else is. */
const READS_MAX = 2

export type IssuerFetch = (
  url: string,
  options: { method?: string; headers?: Record<string, string>; body?: unknown },
) => Promise<Response>

/** Redirects are handed back and never followed. Throws FetchFailed. */
export function createIssuerFetch({ caFile }: { caFile?: string | undefined }): IssuerFetch {
  const ca = caFile === undefined ? undefined : [...getCACertificates('default'), readFileSync(caFile, 'utf8')]
  const agent = new Agent({ ca, rejectUnauthorized: true, minVersion: 'TLSv1.2' })

  return async (url, { method = 'GET', headers = {}, body }) => {
    if (!isAllowedAddress(url)) throw new FetchFailed('Only https addresses are called.')
    const text = body === undefined || body === null ? undefined : String(body)
    for (let read = 1; ; read++) {
      try {
        return await exchange(new URL(url), { method, headers, text, agent })
      } catch (cause) {
        if (method === 'GET' && read < READS_MAX) continue
        throw cause instanceof FetchFailed ? cause : new FetchFailed('The issuer could not be reached.', { cause })
      }
    }
  }
}

type Sent = { method: string; headers: Record<string, string>; text: string | undefined; agent: Agent }

function exchange(url: URL, { method, headers, text, agent }: Sent): Promise<Response> {
  const signal = AbortSignal.timeout(TIMEOUT_MS)
  return new Promise((resolve, reject) => {
    const onResponse = (response: IncomingMessage) => {
      responseOf(response).then(resolve, reject)
    }
    const sent =
      url.protocol === 'https:'
        ? httpsRequest(url, { agent, method, headers, signal }, onResponse)
        : httpRequest(url, { method, headers, signal }, onResponse)
    sent.on('error', reject)
    sent.end(text)
  })
}

async function responseOf(response: IncomingMessage): Promise<Response> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of response as AsyncIterable<Buffer>) {
    length += chunk.length
    if (length > MAX_BYTES) {
      response.destroy()
      throw new FetchFailed('The answer of the issuer is too large.')
    }
    chunks.push(chunk)
  }
  if (!response.complete) throw new FetchFailed('The answer of the issuer was cut off.')
  const headers = new Headers()
  for (let i = 0; i + 1 < response.rawHeaders.length; i += 2) {
    headers.append(response.rawHeaders[i] as string, response.rawHeaders[i + 1] as string)
  }
  const status = response.statusCode as number
  return new Response(status === 204 || status === 304 ? null : Buffer.concat(chunks), { status, headers })
}
