// Sends one JSON document to a configured address and reads the JSON answer: with a deadline for all of it, a few more
// tries when there is no answer or a passing fault, a size limit and no redirects.
import { readFileSync } from 'node:fs'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { Agent, request as httpsRequest } from 'node:https'
import { setTimeout as sleep } from 'node:timers/promises'
import { getCACertificates } from 'node:tls'
import { FetchFailed, isAllowedAddress } from './fetch-json.ts'

const MAX_BYTES = 64 * 1024
const FIRST_PAUSE_MS = 100
/** Busy, or broken for a moment; anything else is an answer. */
const PASSING = new Set([429, 500, 502, 503, 504])

export type JsonAnswer = { status: number; json: unknown }
/** Resolves with whatever status was answered last; throws FetchFailed when nothing was. */
export type PostJson = (path: string, body: unknown, headers: Record<string, string>) => Promise<JsonAnswer>

/** `caFile` adds the certificates of a private authority to those that Node trusts. */
export function createPostJson(options: {
  base: string
  caFile?: string
  timeoutMs: number
  attempts: number
}): PostJson {
  const { base, caFile, timeoutMs, attempts } = options
  const ca = caFile === undefined ? undefined : [...getCACertificates('default'), readFileSync(caFile, 'utf8')]
  const agent = new Agent({ ca, rejectUnauthorized: true, minVersion: 'TLSv1.2' })

  return async (path, body, headers) => {
    const url = `${base}${path}`
    if (!isAllowedAddress(url)) throw new FetchFailed('Only https addresses are written to.')
    const signal = AbortSignal.timeout(timeoutMs)
    const text = JSON.stringify(body)
    for (let attempt = 1; ; attempt++) {
      const last = attempt >= attempts
      try {
        const answer = await post(new URL(url), { agent, signal, text, headers })
        if (last || !PASSING.has(answer.status)) return answer
      } catch (cause) {
        if (last || signal.aborted)
          throw cause instanceof FetchFailed ? cause : new FetchFailed('There was no answer.', { cause })
      }
      await sleep(FIRST_PAUSE_MS * 2 ** attempt, undefined, { signal }).catch(cause => {
        throw new FetchFailed('There was no answer.', { cause })
      })
    }
  }
}

function post(
  target: URL,
  of: { agent: Agent; signal: AbortSignal; text: string; headers: Record<string, string> },
): Promise<JsonAnswer> {
  const { agent, signal, text } = of
  const headers = { accept: 'application/json', 'content-type': 'application/json', ...of.headers }
  const length = { 'content-length': String(Buffer.byteLength(text)) }
  return new Promise((resolve, reject) => {
    const onResponse = (response: IncomingMessage) => {
      readAnswer(response).then(resolve, reject)
    }
    const wish = { method: 'POST', signal, headers: { ...headers, ...length } }
    const request =
      target.protocol === 'https:'
        ? httpsRequest(target, { ...wish, agent }, onResponse)
        : httpRequest(target, wish, onResponse)
    request.on('error', reject)
    request.end(text)
  })
}

async function readAnswer(response: IncomingMessage): Promise<JsonAnswer> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of response as AsyncIterable<Buffer>) {
    length += chunk.length
    if (length > MAX_BYTES) {
      response.destroy()
      throw new FetchFailed('The answer is too large.')
    }
    chunks.push(chunk)
  }
  if (!response.complete) throw new FetchFailed('The answer was cut off.')
  const status = response.statusCode ?? 0
  try {
    return { status, json: JSON.parse(Buffer.concat(chunks).toString('utf8')) }
  } catch {
    // A proxy's page of words; the status says enough.
    return { status, json: null }
  }
}
