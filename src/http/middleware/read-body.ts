// Reads the body once, within its limit, and as strict JSON where the route takes JSON: the first thing judged.
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2'
import type { Context, MiddlewareHandler } from 'hono'
import { DomainError } from '../../domain/errors.ts'
import { decodeUtf8, MalformedJson, parseStrictJson } from '../strict-json.ts'

/**
 * `json`: JSON only; `form`: what a browser's form sends, kept as bytes; `any`: JSON is parsed, the rest kept as bytes;
 * `raw`: bytes that the route judges itself.
 */
export type BodyRule = { reads: 'json' | 'form' | 'any' | 'raw' | 'nothing'; maxBytes: number }

/** What was read; `text` and `json` are there when the body was JSON. */
export type RequestBody = {
  raw: Buffer
  text: string | null
  json: unknown
  contentType: string
  reads: BodyRule['reads']
}

/** api.md, "Conventions": 64 KiB for everything that is not a stream. */
export const MAX_BODY_BYTES = 64 * 1024
/** Stripe's events hold whole objects; the largest are some hundred KiB. */
const MAX_WEBHOOK_BYTES = 1024 * 1024

/** Pages whose forms work without a script. */
const FORM_PATH = /^\/(console|contact|rights)(\/|$)/

/** What a path takes when nothing else is said: JSON; forms for pages, and whatever comes for webhooks. */
export function defaultBodyRule(_method: string, path: string): BodyRule {
  if (path.startsWith('/webhooks/')) return { reads: 'raw', maxBytes: MAX_WEBHOOK_BYTES }
  if (FORM_PATH.test(path)) return { reads: 'form', maxBytes: MAX_BODY_BYTES }
  return { reads: 'json', maxBytes: MAX_BODY_BYTES }
}

export type BodyVariables = { body: RequestBody | null }

type Incoming = IncomingMessage | Http2ServerRequest
type Outgoing = ServerResponse | Http2ServerResponse
type BodyEnv = { Variables: BodyVariables; Bindings: { incoming?: Incoming; outgoing?: Outgoing } }

/** Sets `c.var.body`, null without one; throws payload_too_large, unsupported_media_type, malformed_json. */
export function readBody(
  options: { ruleOf?: (method: string, path: string) => BodyRule } = {},
): MiddlewareHandler<BodyEnv> {
  const { ruleOf = defaultBodyRule } = options
  return async function readBody(c, next) {
    const rule = ruleOf(c.req.method, c.req.path)
    c.set('body', rule.reads === 'nothing' ? null : await bodyOf(c, rule))
    await next()
  }
}

async function bodyOf(c: Context<BodyEnv>, { reads, maxBytes }: BodyRule): Promise<RequestBody | null> {
  if (Number(c.req.header('content-length') ?? 0) > maxBytes) throw tooLarge(c, maxBytes)
  if (c.req.header('content-encoding') !== undefined) {
    throw new DomainError('unsupported_media_type', 'A body with a Content-Encoding is not taken.')
  }
  const incoming = c.env?.incoming
  const raw = await (incoming ? readIncoming(incoming, maxBytes) : readWeb(c.req.raw.body, maxBytes))
  if (raw === null) throw tooLarge(c, maxBytes)
  if (raw.length === 0) return null
  const contentType = c.req.header('content-type') ?? ''
  if (reads === 'raw') return { raw, text: null, json: undefined, contentType, reads }
  if (reads === 'form') {
    if (FORM_TYPE.test(contentType)) return { raw, text: null, json: undefined, contentType, reads }
    throw new DomainError('unsupported_media_type', 'The body must be application/x-www-form-urlencoded in UTF-8.')
  }
  if (!isJson(contentType, c.req.method)) {
    if (reads === 'any') return { raw, text: null, json: undefined, contentType, reads }
    throw new DomainError('unsupported_media_type', 'The body must be application/json in UTF-8.')
  }
  try {
    const text = decodeUtf8(raw)
    return { raw, text, json: parseStrictJson(text), contentType, reads }
  } catch (error) {
    if (error instanceof MalformedJson) throw new DomainError('malformed_json', error.message)
    throw error
  }
}

const JSON_TYPE = /^application\/(merge-patch\+)?json[ \t]*(?:;[ \t]*charset="?utf-8"?[ \t]*)?$/i

const FORM_TYPE = /^application\/x-www-form-urlencoded[ \t]*(?:;[ \t]*charset="?utf-8"?[ \t]*)?$/i

function isJson(contentType: string, method: string): boolean {
  const match = JSON_TYPE.exec(contentType.trim())
  return match !== null && (match[1] === undefined || method === 'PATCH')
}

function tooLarge(c: Context<BodyEnv>, maxBytes: number): DomainError {
  // The rest of the body is still on its way, so the connection cannot carry another request; HTTP/2 ends the stream.
  const outgoing = c.env?.outgoing
  if (outgoing && 'shouldKeepAlive' in outgoing) outgoing.shouldKeepAlive = false
  return new DomainError('payload_too_large', `A body may have at most ${maxBytes} bytes.`)
}

const cutShort = () => new DomainError('malformed_json', 'The body ended before it was complete.')

/** Reads a Node request to its end; null once it grows beyond the limit, whatever its Content-Length says. */
function readIncoming(incoming: Incoming, maxBytes: number): Promise<Buffer | null> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let length = 0
    let ended = false
    const onData = (chunk: Buffer) => {
      length += chunk.length
      if (length <= maxBytes) chunks.push(chunk)
      else {
        incoming.off('data', onData)
        resolve(null)
      }
    }
    // The listeners go with the request; `close` comes after every end, and making an error costs more than reading a body.
    const onEnd = () => {
      ended = true
      resolve(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks))
    }
    const onCut = () => {
      if (!ended) reject(cutShort())
    }
    if (incoming.readableEnded) return resolve(Buffer.alloc(0))
    if (incoming.destroyed) return reject(cutShort())
    incoming.on('data', onData).on('end', onEnd).on('error', onCut).on('close', onCut)
  })
}

async function readWeb(stream: ReadableStream<Uint8Array> | null, maxBytes: number): Promise<Buffer | null> {
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of stream ?? []) {
    length += chunk.length
    if (length > maxBytes) return null
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}
