// A `fetch` for talking to the issuer, in the form that the library of OpenID Connect asks for.
import { createExchange, type Exchanged } from './exchange.ts'

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
  const exchange = createExchange({ caFile, timeoutMs: TIMEOUT_MS, maxBytes: MAX_BYTES })

  return async (url, { method = 'GET', headers = {}, body }) => {
    const text = body === undefined || body === null ? undefined : String(body)
    for (let read = 1; ; read++) {
      try {
        return responseOf(await exchange({ url, method, headers, body: text }))
      } catch (error) {
        if (method !== 'GET' || read >= READS_MAX) throw error
      }
    }
  }
}

function responseOf({ status, rawHeaders, body }: Exchanged): Response {
  const headers = new Headers()
  for (let i = 0; i + 1 < rawHeaders.length; i += 2)
    headers.append(rawHeaders[i] as string, rawHeaders[i + 1] as string)
  return new Response(status === 204 || status === 304 ? null : body, { status, headers })
}
