// The idempotent request as the door hands it over: the key, what names the request, and how a result is shown.
import type { Ctx } from '../context.ts'
import { DomainError } from '../errors.ts'

export type StoredReply = { status: number; body: string; contentType: string }

export type IdempotentRequest = {
  /** The key as its owner wrote it, without quotes. */
  key: string
  /** Method and path of the route, such as `POST /v1/charges`. */
  route: string
  /** What tells one request from another: the path's ids and the canonical body. */
  fingerprint: string
  /** Turns a verb's result into the reply that is stored and sent. */
  render(result: unknown): StoredReply
}

/** Null where no key is asked for: jobs, the command line, and routes that change nothing. */
export type IdempotencyInput = IdempotentRequest | { fault: 'missing' | 'invalid' } | null

/** A verb's answer: made now, or the stored reply of the first time. */
export type Answer<Result> =
  | { kind: 'fresh'; result: Result; reply: StoredReply | null }
  | { kind: 'replayed'; reply: StoredReply }

/**
 * The request's key, asked for by a verb after permission and path and before it parses its input.
 * @throws idempotency_key_required, invalid_idempotency_key
 */
export function idempotentRequest(ctx: Ctx): IdempotentRequest | null {
  const input = ctx.idempotency
  if (input === null || !('fault' in input)) return input
  if (input.fault === 'missing') {
    throw new DomainError(
      'idempotency_key_required',
      'Send an Idempotency-Key header: a value of your own that is the same when you send this request again.',
    )
  }
  throw new DomainError(
    'invalid_idempotency_key',
    'An Idempotency-Key is 1 to 255 visible ASCII characters, raw or in double quotes, and sent once.',
  )
}
