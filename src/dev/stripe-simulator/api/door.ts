/**
 * The way of every API request: who, which endpoint, which parameters, seen before?, execute, answer — with the
 * faults that were planted striking before or after the effect.
 */
import type { FaultRule } from '../control/faults.ts'
import type { Account } from '../state/account.ts'
import type { Simulator } from '../state/simulator.ts'
import { type Answer, type ApiContext, errorAnswer, errorBody, faultError, give, type Passage } from './answer.ts'
import { refuseOldParameters, requestedVersion } from './api-version.ts'
import { authenticate, type Caller } from './authentication.ts'
import { expandAnswer } from './expand.ts'
import { type FormMap, parseForm } from './form-parser.ts'
import { claimKey, releaseKey, requestFingerprint, storeAnswer } from './idempotency.ts'
import { parseParameters } from './parameters.ts'
import { publishableView } from './publishable-view.ts'
import type { ApiRequest, ApiRoute } from './route.ts'
import { invalidRequest, StripeApiError } from './stripe-error.ts'

/** Larger bodies than any endpoint here takes. */
const MAX_BODY_BYTES = 1_048_576

/** Answers one request to the API; `route` is null where no endpoint has that path. */
export async function answerApiRequest(simulator: Simulator, route: ApiRoute | null, c: ApiContext): Promise<Response> {
  const idempotencyKey = c.req.method === 'POST' ? c.req.header('idempotency-key') || null : null
  const requestId = `req_${simulator.nextRequestLetters()}`
  const passage: Passage = { simulator, route, c, requestId, idempotencyKey, version: null, caller: null, fault: null }
  let answer: Answer
  try {
    answer = await pass(passage)
  } catch (error) {
    if (!(error instanceof StripeApiError)) throw error
    answer = errorAnswer(passage, error)
  }
  return give(passage, answer)
}

async function pass(passage: Passage): Promise<Answer> {
  const { simulator, route, c } = passage
  const caller = authenticate(simulator, c.req.header('authorization'), c.req.header('stripe-account'))
  passage.caller = caller
  passage.fault = simulator.faults.strike(caller.account.id, c.req.method, c.req.path)
  passage.version = requestedVersion(c.req.header('stripe-version'))
  if (!route) throw unknownUrl(c)
  const form = await readForm(c)
  if (passage.fault?.when === 'before') await strikeBefore(passage.fault)
  const { account } = caller
  const key = passage.idempotencyKey
  if (key !== null) {
    const stored = claimKey(account, key, requestFingerprint(c.req.method, c.req.path, form))
    if (stored) return { status: stored.status, body: stored.body, replayedFrom: stored.requestId }
  }
  try {
    const request = checkRequest(passage, route, caller, form)
    if (account.settings.apiDelayMs > 0) await sleep(account.settings.apiDelayMs)
    const answer = execute(passage, route, request, form)
    if (passage.fault?.kind === 'delay' && passage.fault.when === 'after') await sleep(passage.fault.delay_ms)
    return answer
  } finally {
    if (key !== null) releaseKey(account, key)
  }
}

/** Everything that is judged before the endpoint starts: nothing of this is stored under the idempotency key. */
function checkRequest(passage: Passage, route: ApiRoute, caller: Caller, form: FormMap): ApiRequest<never> {
  const { c, version } = passage
  refuseOldParameters(route.table, version, form)
  if (caller.kind === 'publishable') checkBrowserCall(route, form)
  const hasClientSecret = route.browser === 'client_secret'
  const { client_secret, ...given } = form
  const params = parseParameters(route.table, hasClientSecret ? given : form)
  const ids = c.req.param() as Record<string, string>
  const request: ApiRequest<unknown> = { account: caller.account, params, ids, keyKind: caller.kind, url: c.req.path }
  if (hasClientSecret && client_secret !== undefined) checkClientSecret(caller.account, ids.id!, String(client_secret))
  return request as ApiRequest<never>
}

function checkBrowserCall(route: ApiRoute, form: FormMap): void {
  if (route.browser === 'open' || (route.browser === 'client_secret' && form.client_secret !== undefined)) return
  if (route.browser === 'client_secret') {
    throw new StripeApiError(
      401,
      {
        type: 'invalid_request_error',
        message: 'A publishable key needs the client_secret of the object.',
        param: 'client_secret',
      },
      false,
    )
  }
  const message = 'This API call cannot be made with a publishable API key. Please use a secret API key.'
  throw new StripeApiError(403, { type: 'invalid_request_error', code: 'secret_key_required', message }, false)
}

function checkClientSecret(account: Account, id: string, clientSecret: string): void {
  const intent = account.tables.payment_intents.get(id) ?? account.tables.setup_intents.get(id)
  if (intent && intent.view.client_secret === clientSecret) return
  throw invalidRequest('The client_secret provided does not match any associated intent on this account.', {
    param: 'client_secret',
  })
}

function execute(passage: Passage, route: ApiRoute, request: ApiRequest<never>, form: FormMap): Answer {
  const { simulator, fault, requestId, idempotencyKey } = passage
  const { account } = request
  let status = 200
  let value: unknown
  let executed = true
  simulator.currentRequest = { id: requestId, idempotencyKey }
  try {
    const paths = (request.params as { expand?: string[] }).expand ?? []
    value = expandAnswer(account, route.handle(request), paths)
  } catch (error) {
    if (!(error instanceof StripeApiError)) throw error
    ;({ status, executed } = error)
    value = { error: errorBody(error, account, requestId) }
  } finally {
    simulator.currentRequest = null
  }
  if (executed && fault?.when === 'after' && fault.kind === 'status' && fault.status === 500) {
    status = 500
    value = { error: { type: 'api_error', message: 'An unknown error occurred.' } }
  }
  const body = JSON.stringify(request.keyKind === 'publishable' ? publishableView(value) : value)
  if (executed && idempotencyKey !== null) {
    const fingerprint = requestFingerprint(route.method, request.url, form)
    storeAnswer(account, {
      id: idempotencyKey,
      fingerprint,
      status,
      body,
      requestId,
      createdMs: simulator.clock.nowMs(),
    })
  }
  return { status, body, replayedFrom: null }
}

async function strikeBefore(fault: FaultRule): Promise<void> {
  if (fault.kind === 'delay') await sleep(fault.delay_ms)
  if (fault.kind === 'status') throw faultError(fault.status)
  if (fault.kind === 'drop' || fault.kind === 'cut_body') throw faultError(500)
}

async function readForm(c: ApiContext): Promise<FormMap> {
  const query = c.req.url.indexOf('?')
  const fromQuery = query < 0 ? '' : c.req.url.slice(query + 1)
  if (c.req.method !== 'POST') return parseForm(fromQuery)
  if (Number(c.req.header('content-length') ?? 0) > MAX_BODY_BYTES) throw bodyTooLarge()
  const body = await c.req.text()
  if (body.length > MAX_BODY_BYTES) throw bodyTooLarge()
  return parseForm(fromQuery === '' ? body : `${fromQuery}&${body}`)
}

function bodyTooLarge(): StripeApiError {
  return new StripeApiError(413, { type: 'invalid_request_error', message: 'The request is too large.' }, false)
}

function unknownUrl(c: ApiContext): StripeApiError {
  const path = c.req.path.length <= 200 && !/\d{7}/.test(c.req.path) ? c.req.path : '…'
  const message = `Unrecognized request URL (${c.req.method}: ${path}). Please see https://stripe.com/docs or we can help at https://support.stripe.com/.`
  return new StripeApiError(404, { type: 'invalid_request_error', message }, false)
}

function sleep(ms: number): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, ms))
}
