/** Who calls: Basic (the key as user name) or Bearer, a secret or a publishable test key. */
import type { Account } from '../state/account.ts'
import type { KeyKind } from '../state/keys.ts'
import type { Simulator } from '../state/simulator.ts'
import { StripeApiError } from './stripe-error.ts'

export interface Caller {
  account: Account
  kind: KeyKind
}

/** The account and kind of key of a request; 401 in Stripe's shape without a good key. */
export function authenticate(simulator: Simulator, authorization: string | undefined, connected?: string): Caller {
  const key = keyOf(authorization)
  if (key === null) {
    throw unauthorized(
      "You did not provide an API key. You need to provide your API key in the Authorization header, using Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY').",
    )
  }
  if (/^(sk|rk|pk)_live_/.test(key))
    throw unauthorized('Invalid API Key provided: this is a simulator, live keys are refused')
  const opened = simulator.keys.open(key)
  if (!opened) throw unauthorized('Invalid API Key provided')
  if (connected !== undefined && connected !== '' && connected !== opened.accountId) throw noAccess()
  return { account: simulator.account(opened.accountId), kind: opened.kind }
}

function keyOf(authorization: string | undefined): string | null {
  const match = /^(Basic|Bearer) +(.+)$/i.exec(authorization ?? '')
  if (!match) return null
  if (match[1]!.toLowerCase() === 'bearer') return match[2]!.trim()
  return Buffer.from(match[2]!, 'base64').toString('utf8').split(':')[0] || null
}

function unauthorized(message: string): StripeApiError {
  return new StripeApiError(401, { type: 'invalid_request_error', message }, false)
}

function noAccess(): StripeApiError {
  const message = 'The provided key does not have access to this account (or that account does not exist).'
  return new StripeApiError(403, { type: 'invalid_request_error', code: 'account_invalid', message }, false)
}
