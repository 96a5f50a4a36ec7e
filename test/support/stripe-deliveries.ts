// Stripe's side of webhooks, played by the test: signs by its own arithmetic, and delivers what and when it wants.
import { createHmac, randomBytes } from 'node:crypto'
import type { ApiAnswer } from './api-client.ts'
import { type TenantName, WEBHOOK_SECRETS, type World } from './world.ts'

export type StripeEventBody = {
  id: string
  type: string
  data: { object: Record<string, unknown> }
  [member: string]: unknown
}

export const seconds = () => Math.floor(Date.now() / 1000)

export function signature(body: string | Buffer, secret = WEBHOOK_SECRETS.demo, at = seconds()): string {
  return `t=${at},v1=${digest(body, secret, at)}`
}

export const digest = (body: string | Buffer, secret = WEBHOOK_SECRETS.demo, at: number | string = seconds()): string =>
  createHmac('sha256', secret).update(`${at}.`).update(body).digest('hex')

export const eventId = () => `evt_${randomBytes(12).toString('hex')}x`

/** An event about something that panless does nothing with, unless told otherwise. */
export function madeEvent(more: Partial<StripeEventBody> = {}): StripeEventBody {
  return {
    id: eventId(),
    object: 'event',
    api_version: '2026-10-28.endive',
    created: seconds(),
    livemode: false,
    type: 'test.nothing',
    data: { object: { id: `zz_${randomBytes(8).toString('hex')}x`, object: 'zz' } },
    pending_webhooks: 1,
    request: { id: null, idempotency_key: null },
    ...more,
  }
}

/** Posts bytes with a header (null: none) to a tenant's address (null: the default one). */
export function post(
  world: World,
  body: string | Buffer,
  header: string | null,
  tenant: string | null = 'demo',
): Promise<ApiAnswer> {
  return world
    .withToken(null)
    .send('POST', tenant === null ? '/webhooks/stripe' : `/webhooks/stripe/${tenant}`, undefined, {
      key: null,
      raw: body,
      headers: header === null ? {} : { 'stripe-signature': header },
    })
}

/** Signs an event with the tenant's secret and delivers it. */
export function deliver(world: World, event: StripeEventBody, tenant: TenantName = 'demo'): Promise<ApiAnswer> {
  const body = JSON.stringify(event)
  return post(world, body, signature(body, WEBHOOK_SECRETS[tenant]), tenant)
}

/** Everything that Stripe would have sent, oldest first. */
export async function eventsAtStripe(world: World, tenant: TenantName = 'demo'): Promise<StripeEventBody[]> {
  const events: StripeEventBody[] = []
  for (let after: string | undefined; ; ) {
    const page = await world.stripeApi(
      'GET',
      '/v1/events',
      { limit: '100', ...(after ? { starting_after: after } : {}) },
      tenant,
    )
    events.push(...page.json.data)
    after = page.json.data.at(-1)?.id
    if (!page.json.has_more) return events.reverse()
  }
}

/** The events that name an object, by its id anywhere in them. */
export const eventsAbout = async (world: World, id: string): Promise<StripeEventBody[]> =>
  (await eventsAtStripe(world)).filter(event => JSON.stringify(event).includes(`"${id}"`))
