// Sends one JSON document to a configured address and reads the JSON answer: with a deadline for all of it, and a few more
// tries when there is no answer or a passing fault.
import { setTimeout as sleep } from 'node:timers/promises'
import { createExchange, FetchFailed } from './exchange.ts'

const MAX_BYTES = 64 * 1024
const FIRST_PAUSE_MS = 100
/** Busy, or broken for a moment; anything else is an answer. */
const PASSING = new Set([429, 500, 502, 503, 504])

export type JsonAnswer = { status: number; json: unknown }
/** Resolves with whatever status was answered last; throws FetchFailed when nothing was. */
export type PostJson = (path: string, body: unknown, headers: Record<string, string>) => Promise<JsonAnswer>

/** `caFile` as for every exchange. */
export function createPostJson(options: {
  base: string
  caFile?: string
  timeoutMs: number
  attempts: number
}): PostJson {
  const { base, caFile, timeoutMs, attempts } = options
  const exchange = createExchange({ caFile, maxBytes: MAX_BYTES })

  return async (path, value, headers) => {
    const signal = AbortSignal.timeout(timeoutMs)
    const request = {
      url: `${base}${path}`,
      method: 'POST',
      headers: { accept: 'application/json', 'content-type': 'application/json', ...headers },
      body: JSON.stringify(value),
      signal,
    }
    for (let attempt = 1; ; attempt++) {
      const last = attempt >= attempts
      try {
        const { status, body } = await exchange(request)
        if (last || !PASSING.has(status)) return { status, json: jsonOf(body) }
      } catch (error) {
        if (last || signal.aborted || (error as FetchFailed).code === 'not_allowed') throw error
      }
      await sleep(FIRST_PAUSE_MS * 2 ** attempt, undefined, { signal }).catch(cause => {
        throw new FetchFailed('timeout', { cause })
      })
    }
  }
}

/** Null for a proxy's page of words: the status says enough. */
function jsonOf(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'))
  } catch {
    return null
  }
}
