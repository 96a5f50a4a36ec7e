// What stories about money share: charging a saved card, waiting for events to be worked off, and asking Stripe itself.
import { randomUUID } from 'node:crypto'
import { expect } from 'vitest'
import type { Resolved } from '../../src/domain/charges/look-at-open.ts'
import { resolveDue } from '../../src/domain/charges/resolve-due.ts'
import type { ApiAnswer } from './api-client.ts'
import type { TenantName, World } from './world.ts'

export const MINUTE = 60
export const HOUR = 60 * MINUTE
export const DAY = 24 * HOUR

/** Charges a token as a billing job would; a fresh reference and key unless told. */
export function charge(
  world: World,
  token: string,
  more: Record<string, unknown> = {},
  key?: string,
): Promise<ApiAnswer> {
  const body = { token, amount: 1_500, currency: 'usd', reference: `ref-${randomUUID()}`, ...more }
  return world.as('billing').post('/v1/charges', body, { key })
}

export const refund = (world: World, chargeId: string, more: Record<string, unknown> = {}, key?: string) =>
  world.as('billing').post('/v1/refunds', { charge: chargeId, reason: 'asked for', ...more }, { key })

// biome-ignore lint/suspicious/noExplicitAny: shown objects are judged by each test.
export type Shown = any

export const shownCharge = async (world: World, id: string): Promise<Shown> =>
  (await world.as('billing').get(`/v1/charges/${id}`)).json

/** Works off what arrives until `check` holds: webhooks come when the simulator sends them. */
export async function eventually(world: World, check: () => Promise<void>): Promise<void> {
  await expect
    .poll(
      async () => {
        await world.work()
        return check().then(
          () => null,
          (error: unknown) => error,
        )
      },
      { timeout: 15_000, interval: 50 },
    )
    .toBeNull()
}

export const intentsOf = async (world: World, chargeId: string, tenant: TenantName = 'demo'): Promise<Shown[]> => {
  const { json } = await world.stripeApi('GET', '/v1/payment_intents', { limit: '100' }, tenant)
  return json.data.filter((intent: Shown) => intent.metadata.panless_charge === chargeId)
}

/** Plants faults on calls of one kind; none takes them away. */
export async function faults(world: World, rules: Record<string, unknown>[]): Promise<void> {
  const account_key = world.stripe.secretKeys.demo
  await world.control('POST', '/faults', { account_key, rules })
}

export const AFTER_CREATE = { method: 'POST', path: '/^\\/v1\\/payment_intents$/', when: 'after' }
export const BEFORE_CREATE = { ...AFTER_CREATE, when: 'before' }
/** Nothing can be looked at. */
export const NO_READS = { method: 'GET', when: 'before', kind: 'status', status: 500 }

/** A charge whose outcome nobody knows: Stripe's answer was lost after (or the request before) the effect. */
export async function unknownCharge(
  world: World,
  token: string,
  when: 'before' | 'after',
  more: Record<string, unknown> = {},
): Promise<string> {
  await faults(world, [{ ...AFTER_CREATE, when, kind: 'drop', times: 1 }])
  const answer = await charge(world, token, more)
  await faults(world, [])
  expect(answer.status, answer.text).toBe(202)
  expect(answer.json.status).toBe('unknown')
  return answer.json.id
}

/** Runs the resolver over what is due by business time, or over everything. */
export const resolve = (world: World, everything = false): Promise<Resolved> =>
  resolveDue(world.dependencies, 'demo', { limit: 1_000, everything })
