/** What every control endpoint does first: is it a program on this machine, is the body right, which account. */
import type { Context } from 'hono'
import { z } from 'zod'
import type { Account } from '../state/account.ts'
import type { Simulator } from '../state/simulator.ts'

export class ControlError extends Error {
  readonly status: 400 | 403 | 404

  constructor(status: 400 | 403 | 404, message: string) {
    super(message)
    this.status = status
  }
}

const LOOPBACK = /^(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$/

/** Refuses other pages' scripts and other names for this machine (403): the control side has no password. */
export function refuseBrowsers(simulator: Simulator, c: Context): void {
  const origin = c.req.header('origin')
  if (origin !== undefined && origin !== simulator.origin) throw new ControlError(403, 'No browser page may call this')
  if (!LOOPBACK.test(c.req.header('host') ?? '')) throw new ControlError(403, 'Call this on a loopback address')
}

/** The JSON body of a request as `schema` has it; 400 with the path of each fault. No body counts as `{}`. */
export async function bodyOf<T>(c: Context, schema: z.ZodType<T>): Promise<T> {
  const text = await c.req.text()
  if (text !== '' && !c.req.header('content-type')?.startsWith('application/json')) {
    throw new ControlError(400, 'Send JSON with content-type application/json')
  }
  let value: unknown = {}
  try {
    if (text !== '') value = JSON.parse(text)
  } catch {
    throw new ControlError(400, 'The body is not JSON')
  }
  const result = schema.safeParse(value)
  if (result.success) return result.data
  const faults = result.error.issues.map(issue => `${issue.path.join('.') || 'body'}: ${issue.message}`)
  throw new ControlError(400, faults.join('; '))
}

/** The account that a key opens; 400 for a key that is none. */
export function accountOf(simulator: Simulator, key: string | undefined): Account {
  const account = key === undefined ? null : simulator.accountOfKey(key)
  if (!account) throw new ControlError(400, 'account_key: a test key of an account is needed')
  return account
}

/** The accounts that an optional key means: its own, or all of them. */
export function accountsOf(simulator: Simulator, key: string | undefined): Account[] {
  return key === undefined ? [...simulator.accounts.values()] : [accountOf(simulator, key)]
}

/** The account that holds an object with this id. */
export function ownerOf<
  N extends 'payment_intents' | 'setup_intents' | 'charges' | 'payment_methods' | 'disputes' | 'payouts',
>(simulator: Simulator, collection: N, id: string): Account {
  for (const account of simulator.accounts.values()) if (account.tables[collection].get(id)) return account
  throw new ControlError(404, 'No account has an object with this id')
}

export const accountKey = z.string().max(300)
