// One call to Stripe: its turn, its deadline, the check of what came back, and its report to the observer.
import type Stripe from 'stripe'
import { classifyFailure } from './classify-failure.ts'
import type { Pacer } from './pacer.ts'
import { arrayOf, flagOf, recordOf, UnexpectedShape } from './shape.ts'
import { StripeFailure, type StripeFailureKind } from './stripe-failure.ts'
import { isStripeId, isTestAlias, type StripeObjectKind } from './stripe-ids.ts'

export type StripeCallReport = { operation: string; outcome: 'ok' | StripeFailureKind; ms: number }

export type CallerOptions = {
  live: boolean
  timeoutMs: number
  pacer: Pacer
  observe: (report: StripeCallReport) => void
  /** Monotonic milliseconds. */
  now: () => number
}

export type StripePage<Item> = { data: Item[]; hasMore: boolean }

/** Reads go without a key, POSTs with the caller's own: a random one would die with the process. */
export type CallOptions = { operation: string; idempotencyKey?: string }
export type Call = <Raw, Read>(
  options: CallOptions,
  send: (options: Stripe.RequestOptions) => Promise<Raw>,
  read: (raw: Raw) => Read,
) => Promise<Read>

const IDEMPOTENCY_KEY_FORM = /^[\x21-\x7e]{1,255}$/

/** Makes the function that every method of an account goes through; it throws StripeFailure and nothing else. */
export function createCall({ live, timeoutMs, pacer, observe, now }: CallerOptions): Call {
  return async ({ operation, idempotencyKey }, send, read) => {
    const startedAt = now()
    let outcome: StripeCallReport['outcome'] = 'ok'
    try {
      if (idempotencyKey !== undefined && !IDEMPOTENCY_KEY_FORM.test(idempotencyKey)) {
        throw refusedHere(operation, 'bad_idempotency_key')
      }
      if (!(await pacer.turn(timeoutMs))) {
        throw new StripeFailure({ kind: 'rate_limited', sent: false, operation, code: 'paced' })
      }
      const timeout = Math.max(1, Math.floor(timeoutMs - (now() - startedAt)))
      const keyed = idempotencyKey === undefined ? {} : { idempotencyKey }
      const raw = await withoutStack(() => send({ timeout, maxNetworkRetries: 0, ...keyed }))
      const result = read(raw)
      checkMode(result, live)
      return result
    } catch (error) {
      const failure = classifyFailure(operation, error)
      outcome = failure.kind
      throw failure
    } finally {
      report(observe, { operation, outcome, ms: now() - startedAt })
    }
  }
}

/** The package takes a stack trace at each call, which costs a tenth of it; a failure here is told by its code. */
function withoutStack<Sent>(send: () => Sent): Sent {
  const limit = Error.stackTraceLimit
  Error.stackTraceLimit = 0
  try {
    return send()
  } finally {
    Error.stackTraceLimit = limit
  }
}

/** Throws before anything is sent when an id is not of its kind. */
export function requireId(operation: string, kind: StripeObjectKind, id: string): string {
  if (!isStripeId(kind, id)) throw refusedHere(operation, `bad_${kind}_id`)
  return id
}

/** Wraps a reader so that an answer about another object than the one asked for is refused. */
export function expecting<Raw, Read extends { id: string }>(id: string, read: (raw: Raw) => Read): (raw: Raw) => Read {
  return raw => {
    const result = read(raw)
    if (result.id !== id && !isTestAlias(id)) throw new UnexpectedShape('id')
    return result
  }
}

/** Reads one page of a list. */
export function pageOf<Raw, Item>(readItem: (raw: Raw) => Item): (list: unknown) => StripePage<Item> {
  return list => {
    const page = recordOf(list, 'list')
    if (page.object !== 'list') throw new UnexpectedShape('list.object')
    const data = arrayOf(page.data, 'list.data').map(item => readItem(item as Raw))
    return { data, hasMore: flagOf(page.has_more, 'list.has_more') }
  }
}

function refusedHere(operation: string, code: string): StripeFailure {
  return new StripeFailure({ kind: 'invalid_request', sent: false, operation, code })
}

function checkMode(result: unknown, live: boolean): void {
  if (typeof result !== 'object' || result === null) return
  if ('data' in result && Array.isArray(result.data)) {
    for (const item of result.data) checkMode(item, live)
    return
  }
  if ('livemode' in result && result.livemode !== null && result.livemode !== live)
    throw new UnexpectedShape('livemode')
}

// A failing observer must not turn a charge that succeeded into a failure.
function report(observe: (report: StripeCallReport) => void, call: StripeCallReport): void {
  try {
    observe(call)
  } catch {
    // The report is lost; the call's outcome is not.
  }
}
