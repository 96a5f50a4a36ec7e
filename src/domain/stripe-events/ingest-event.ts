// Takes a webhook in: the signature is judged over the raw bytes, the event stored once, and nothing else done with it.
import { parseStripeEvent, verifyStripeSignature } from '../../stripe/webhooks.ts'
import type { Dependencies } from '../context.ts'
import { DomainError } from '../errors.ts'
import type { Tenant } from '../tenants/tenant-directory.ts'
import { bareRow, type EventRow, eventRow } from './event-row.ts'
import { type StoreOutcome, storeEvent } from './store-events.ts'

export type WebhookDelivery = {
  tenantId: string
  /** The body as it came, before any parsing. */
  rawBody: Buffer
  /** The Stripe-Signature header. */
  signature: string | undefined
}

const TENANT_ID = /^[a-z0-9][a-z0-9-]{0,39}$/
const EVENT_ID = /^evt_[A-Za-z0-9_]{1,250}$/
const EVENT_TYPE = /^[a-z0-9_.[\]-]{1,100}$/
// Tried where there is no tenant or no secret, so that its refusal takes as long as that of a wrong signature.
const NOBODYS_SECRET = 'whsec_of_nobody_0000000000000000'

/**
 * Stores what Stripe sent, once.
 * @throws invalid_signature for a bad signature and for an unknown tenant alike, malformed_request for what Stripe
 * signed but is no event, database_busy
 */
export async function ingestEvent(place: Dependencies, delivery: WebhookDelivery): Promise<StoreOutcome> {
  const { tenantId, rawBody, signature } = delivery
  const tenant = TENANT_ID.test(tenantId) ? await place.tenants.find(tenantId) : null
  const secrets = tenant?.secrets?.webhookSecrets ?? []
  const verdict = verifyStripeSignature({
    rawBody,
    header: signature,
    secrets: secrets.length > 0 ? secrets : [NOBODYS_SECRET],
    wallNow: place.clock.wall(),
  })
  if (!verdict.ok || !tenant || secrets.length === 0) {
    throw new DomainError('invalid_signature', 'The Stripe-Signature header does not fit this body, address and time.')
  }
  return storeEvent(place, tenant.id, rowOf(place, tenant, rawBody))
}

function rowOf(place: Dependencies, tenant: Tenant, rawBody: Buffer): EventRow {
  const text = rawBody.toString('utf8')
  const parsed = parseStripeEvent(text)
  if (parsed.kind === 'event') return eventRow(place, tenant, parsed.event, 'webhook', rawBody)
  const bare = bareEvent(text, place.clock.now())
  if (!bare) throw new DomainError('malformed_request', 'The body is signed but is no event of Stripe.')
  return bareRow(place, tenant, bare, parsed.kind === 'ignored' ? 'thin_event' : 'unreadable_event', rawBody)
}

/** Id and type of an event in another form than the pinned version's. */
function bareEvent(text: string, now: Date) {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return null
  }
  if (typeof value !== 'object' || value === null) return null
  const { id, type, livemode } = value as Record<string, unknown>
  if (typeof id !== 'string' || !EVENT_ID.test(id)) return null
  return {
    id,
    type: typeof type === 'string' && EVENT_TYPE.test(type) ? type : 'unknown',
    livemode: livemode === true,
    created: now,
  }
}
