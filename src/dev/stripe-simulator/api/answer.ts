/** The answer to an API request: Stripe's headers, errors in its shape, and the faults that spoil it on its way. */
import type { HttpBindings } from '@hono/node-server'
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response'
import type { Context } from 'hono'
import type { FaultRule } from '../control/faults.ts'
import type { Account } from '../state/account.ts'
import type { Simulator } from '../state/simulator.ts'
import { flushBeforeAnswer, flushSoon } from '../webhooks/delivery.ts'
import { PINNED_VERSION } from './api-version.ts'
import type { Caller } from './authentication.ts'
import { publishableView } from './publishable-view.ts'
import type { ApiRoute } from './route.ts'
import { StripeApiError } from './stripe-error.ts'

export type ApiContext = Context<{ Bindings: HttpBindings }>

export interface Answer {
  status: number
  body: string
  /** The request whose stored answer this is. */
  replayedFrom: string | null
}

/** One request on its way through the door. */
export interface Passage {
  simulator: Simulator
  route: ApiRoute | null
  c: ApiContext
  requestId: string
  idempotencyKey: string | null
  version: string | null
  caller: Caller | null
  fault: FaultRule | null
}

/** What a planted fault of kind `status` answers. */
export function faultError(status: FaultRule['status']): StripeApiError {
  if (status === 500)
    return new StripeApiError(500, { type: 'api_error', message: 'An unknown error occurred.' }, false)
  if (status === 409) {
    const message = 'This object cannot be accessed right now because another API request is currently accessing it.'
    return new StripeApiError(409, { type: 'invalid_request_error', code: 'lock_timeout', message }, false)
  }
  const message = 'Request rate limit exceeded.'
  return new StripeApiError(429, { type: 'invalid_request_error', code: 'rate_limit', message }, false)
}

/** Webhooks of the request go out before its answer when the account wants that, else right after. */
export async function give(passage: Passage, answer: Answer): Promise<Response> {
  const { simulator, c, fault, caller } = passage
  let given = answer
  if (fault?.when === 'after' && fault.kind === 'status' && fault.status !== 500) {
    given = errorAnswer(passage, faultError(fault.status))
  }
  const early = caller !== null && simulator.random.happens(caller.account.disorder.beforeAnswer)
  if (early) await flushBeforeAnswer(simulator)
  else flushSoon(simulator)
  log(passage, given)
  if (fault?.kind === 'drop') return dropConnection(c)
  if (fault?.kind === 'cut_body') return cutBody(c, given, headersOf(passage, given))
  return c.body(given.body, given.status as 200, headersOf(passage, given))
}

function headersOf(passage: Passage, answer: Answer): Record<string, string> {
  const { requestId, idempotencyKey, version, c, route } = passage
  const headers: Record<string, string> = {
    'content-type': 'application/json',
    'cache-control': 'no-cache, no-store',
    'request-id': requestId,
    'stripe-version': version ?? PINNED_VERSION,
    'stripe-should-retry': answer.replayedFrom === null && [409, 500].includes(answer.status) ? 'true' : 'false',
  }
  if (idempotencyKey !== null) headers['idempotency-key'] = idempotencyKey
  if (answer.replayedFrom !== null) {
    headers['idempotent-replayed'] = 'true'
    headers['original-request'] = answer.replayedFrom
  }
  if (answer.status === 429) headers['stripe-rate-limited-reason'] = 'global-rate'
  if (c.req.header('origin') !== undefined && (route === null || route.browser !== 'no')) {
    headers['access-control-allow-origin'] = '*'
    headers['access-control-expose-headers'] = 'Request-Id, Stripe-Should-Retry'
  }
  return headers
}

export function errorAnswer(passage: Passage, error: StripeApiError): Answer {
  const body = { error: errorBody(error, passage.caller?.account ?? null, passage.requestId) }
  const shown = passage.caller?.kind === 'publishable' ? publishableView(body) : body
  return { status: error.status, body: JSON.stringify(shown), replayedFrom: null }
}

export function errorBody(error: StripeApiError, account: Account | null, requestId: string): object {
  if (!account) return error.body
  return { ...error.body, request_log_url: `https://dashboard.stripe.com/${account.id}/test/logs/${requestId}` }
}

/** Closes the socket without a byte of an answer. */
function dropConnection(c: ApiContext): Response {
  c.env.incoming.socket.destroy()
  return RESPONSE_ALREADY_SENT
}

/** Promises the whole body, sends half of it and closes the socket. */
function cutBody(c: ApiContext, answer: Answer, headers: Record<string, string>): Response {
  const whole = Buffer.from(answer.body)
  c.env.outgoing.writeHead(answer.status, { ...headers, 'content-length': whole.length })
  c.env.outgoing.write(whole.subarray(0, whole.length >> 1), () => c.env.incoming.socket.destroy())
  return RESPONSE_ALREADY_SENT
}

function log(passage: Passage, answer: Answer): void {
  const { simulator, caller, c, requestId, idempotencyKey, fault } = passage
  if (!caller) return
  simulator.log.add(caller.account.id, {
    at: new Date(simulator.clock.nowMs()).toISOString(),
    request_id: requestId,
    method: c.req.method,
    path: c.req.path,
    idempotency_key: idempotencyKey,
    status: fault?.kind === 'drop' || fault?.kind === 'cut_body' ? null : answer.status,
    replayed: answer.replayedFrom !== null,
    fault: fault && `${fault.kind}:${fault.when}`,
  })
}
