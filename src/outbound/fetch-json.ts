// Reads one JSON document of the issuer from a configured address.
import { createExchange, FetchFailed } from './exchange.ts'

/** Key sets and discovery documents are a few kB; half a mebibyte of them is not one. */
const MAX_BYTES = 512 * 1024
/** Callers wait for this while a key is unknown, so it is short; issuers answer in milliseconds. */
const TIMEOUT_MS = 5_000

export type FetchJson = (url: string) => Promise<unknown>

/** `caFile` as for every exchange. The document, or FetchFailed: with the `status` that is not 200, or `bad_answer`. */
export function createFetchJson(options: { caFile?: string; timeoutMs?: number } = {}): FetchJson {
  const exchange = createExchange({ timeoutMs: TIMEOUT_MS, maxBytes: MAX_BYTES, ...options })
  return async url => {
    const { status, body } = await exchange({ url, method: 'GET', headers: { accept: 'application/json' } })
    if (status !== 200) throw new FetchFailed('bad_answer', { status })
    try {
      return JSON.parse(body.toString('utf8'))
    } catch (cause) {
      throw new FetchFailed('bad_answer', { cause })
    }
  }
}
