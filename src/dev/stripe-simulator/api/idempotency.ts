/**
 * Idempotency keys as at Stripe: the first answer, 402 and 500 included, is given again for 24 hours of the
 * simulated clock; other parameters are an error; a key whose first request still runs is a conflict.
 */
import { hash } from 'node:crypto'
import type { Account } from '../state/account.ts'
import type { IdempotencyRecord } from '../state/records.ts'
import { DAY_MS } from '../state/time.ts'
import type { FormMap, FormValue } from './form-parser.ts'
import { StripeApiError } from './stripe-error.ts'

const MAX_KEY_LENGTH = 255
const KEPT_MS = DAY_MS

/** Finds the stored answer, claims a new key, or refuses: 400 `idempotency_error`, 409 `idempotency_key_in_use`. */
export function claimKey(account: Account, key: string, fingerprint: string): IdempotencyRecord | null {
  if (key.length > MAX_KEY_LENGTH) {
    throw new StripeApiError(
      400,
      { type: 'invalid_request_error', message: 'Idempotency keys can be up to 255 characters.' },
      false,
    )
  }
  forgetOldKeys(account)
  const stored = account.tables.idempotency.get(key)
  if (stored && stored.fingerprint !== fingerprint) throw otherParameters()
  if (stored) return stored
  if (account.keysInFlight.has(key)) throw stillRunning()
  account.keysInFlight.add(key)
  return null
}

export function releaseKey(account: Account, key: string): void {
  account.keysInFlight.delete(key)
}

export function storeAnswer(account: Account, record: IdempotencyRecord): void {
  account.tables.idempotency.add(record)
}

/** What makes two requests the same one. The digits of a card number do not go into it, only the last four. */
export function requestFingerprint(method: string, path: string, form: FormMap): string {
  return hash('sha256', `${method} ${path} ${JSON.stringify(canonical(form, ''))}`, 'base64url')
}

function canonical(value: FormValue, name: string): unknown {
  if (typeof value === 'string') return name === 'number' ? value.slice(-4) : name === 'cvc' ? '' : value
  return Object.keys(value)
    .sort()
    .map(key => [key, canonical(value[key]!, key)])
}

function forgetOldKeys(account: Account): void {
  const oldest = account.simulator.clock.nowMs() - KEPT_MS
  const { idempotency } = account.tables
  for (let first = idempotency.all()[0]; first && first.createdMs < oldest; first = idempotency.all()[0]) {
    idempotency.remove(first.id)
  }
}

function otherParameters(): StripeApiError {
  const message =
    'Keys for idempotent requests can only be used with the same parameters they were first used with. Try using a different key if you meant to execute a different request.'
  return new StripeApiError(400, { type: 'idempotency_error', message }, false)
}

function stillRunning(): StripeApiError {
  const message =
    'There is currently another in-progress request using this idempotency key. Try again later, or use another key.'
  return new StripeApiError(409, { type: 'idempotency_error', code: 'idempotency_key_in_use', message }, false)
}
