/**
 * Delivers events to webhook endpoints: at once, in any order, several at a time; a failed attempt is repeated
 * quickly for some seconds (a receiver that restarts), then with hours between on the simulated clock.
 */
import { Agent as HttpAgent, request as httpRequest } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import type { Account } from '../state/account.ts'
import type { DeliveryRecord, EventRecord, WebhookEndpointRecord } from '../state/records.ts'
import type { OutgoingWebhook, Simulator } from '../state/simulator.ts'
import { eventView } from './event-view.ts'
import { signatureHeader } from './signature.ts'

const TIMEOUT_MS = 10_000
/** Open connections to one endpoint. */
const MAX_CONNECTIONS = 16
/** About 16 seconds in all: a receiver that was killed is back by then. */
const QUICK_RETRIES_MS = [250, 500, 1000, 2000, 4000, 8000]
/** A sandbox tries three times over a few hours; then the event counts as not delivered. */
const SLOW_RETRIES_MS = [3_600_000, 7_200_000, 14_400_000]
/** How long an answer waits for its webhooks when these are to come first. */
const BEFORE_ANSWER_MS = 1000
/** An event that is overtaken by later ones comes this much later, and a twin too. */
const OVERTAKEN_MS = 400

/** Sends the waiting webhooks after the answer that is just being given. */
export function flushSoon(simulator: Simulator): void {
  const outgoing = simulator.takeOutbox()
  if (outgoing.length > 0) setImmediate(() => dispatch(simulator, outgoing))
}

/** Sends the waiting webhooks and gives them time to arrive before the answer does. */
export async function flushBeforeAnswer(simulator: Simulator): Promise<void> {
  const outgoing = simulator.takeOutbox()
  if (outgoing.length === 0) return
  const attempts = Promise.all(dispatch(simulator, outgoing))
  await Promise.race([attempts, new Promise(resolve => setTimeout(resolve, BEFORE_ANSWER_MS))])
}

/** One more attempt at a delivery whose time has come. */
export function retryDelivery(account: Account, deliveryId: string): void {
  const delivery = account.tables.deliveries.get(deliveryId)
  if (delivery) account.simulator.post({ account, delivery })
}

/** Starts the attempts, the first ones in the disorder that the account asked for. */
function dispatch(simulator: Simulator, outgoing: readonly OutgoingWebhook[]): Promise<void>[] {
  if (simulator.closed) return []
  return outgoing.map(({ account, delivery }) => {
    const { disorder } = account
    const first = delivery.quickAttempts === 0 && delivery.rounds === 0
    if (first && simulator.random.happens(disorder.drop)) return Promise.resolve(giveUp(account, delivery))
    let waitMs = first ? disorder.delayMs : 0
    if (first && simulator.random.happens(disorder.reorder)) waitMs += simulator.random.next() * OVERTAKEN_MS
    if (first && simulator.random.happens(disorder.duplicate)) {
      later(simulator, waitMs + simulator.random.next() * OVERTAKEN_MS, () => sendTwin(account, delivery))
    }
    if (waitMs === 0) return attempt(account, delivery)
    return new Promise(resolve => later(simulator, waitMs, () => resolve(attempt(account, delivery))))
  })
}

function later(simulator: Simulator, ms: number, work: () => unknown): void {
  const timer = setTimeout(() => {
    simulator.timers.delete(timer)
    work()
  }, ms)
  simulator.timers.add(timer)
}

interface Addressed {
  endpoint: WebhookEndpointRecord
  event: EventRecord
}

function addressOf(account: Account, delivery: DeliveryRecord): Addressed | null {
  const endpoint = account.tables.webhook_endpoints.get(delivery.endpoint)
  const event = account.tables.events.get(delivery.event)
  return endpoint && event && endpoint.view.status === 'enabled' ? { endpoint, event } : null
}

async function attempt(account: Account, delivery: DeliveryRecord): Promise<void> {
  const addressed = addressOf(account, delivery)
  if (!addressed) return giveUp(account, delivery)
  const status = await send(account.simulator, addressed)
  if (account.simulator.closed || account.tables.deliveries.get(delivery.id) !== delivery) return
  if (status >= 200 && status < 300) return settle(account, delivery, false)
  scheduleRetry(account, delivery, status)
}

/** The same event once more, whose fate does not count. */
async function sendTwin(account: Account, delivery: DeliveryRecord): Promise<void> {
  const endpoint = account.tables.webhook_endpoints.get(delivery.endpoint)
  const event = account.tables.events.get(delivery.event)
  if (endpoint && event) await send(account.simulator, { endpoint, event })
}

/** A refused connection (0) and a 5xx are tried again quickly; other refusals will not change in seconds. */
function scheduleRetry(account: Account, delivery: DeliveryRecord, status: number): void {
  const { clock, work } = account.simulator
  const quick = status === 0 || status >= 500 ? QUICK_RETRIES_MS[delivery.quickAttempts] : undefined
  const slow = SLOW_RETRIES_MS[delivery.rounds]
  if (quick !== undefined) delivery.quickAttempts += 1
  else if (slow !== undefined) {
    delivery.rounds += 1
    delivery.quickAttempts = QUICK_RETRIES_MS.length
  } else {
    giveUp(account, delivery)
    return
  }
  account.tables.deliveries.changed(delivery)
  work.schedule(account, 'deliver_webhook', delivery.id, clock.nowMs() + (quick ?? slow!))
}

function giveUp(account: Account, delivery: DeliveryRecord): void {
  settle(account, delivery, true)
}

function settle(account: Account, delivery: DeliveryRecord, failed: boolean): void {
  account.tables.deliveries.remove(delivery.id)
  const event = account.tables.events.get(delivery.event)
  if (!event) return
  event.pending -= 1
  event.failed ||= failed
  account.tables.events.changed(event)
}

/** Posts the event; the status of the answer, or 0 when there was none. */
function send(simulator: Simulator, { endpoint, event }: Addressed): Promise<number> {
  const body = JSON.stringify(eventView(event, endpoint.view.api_version ?? undefined), null, 2)
  const seconds = Math.floor(Date.now() / 1000)
  const headers = {
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(body),
    'user-agent': 'Stripe/1.0 (+https://stripe.com/docs/webhooks)',
    'stripe-signature': signatureHeader(endpoint.secret, seconds, body),
  }
  return new Promise(resolve => {
    const post = endpoint.view.url.startsWith('https:') ? httpsRequest : httpRequest
    const agent = agentFor(simulator, endpoint)
    const outgoing = post(endpoint.view.url, { method: 'POST', headers, agent, timeout: TIMEOUT_MS }, response => {
      response.resume()
      response.on('error', () => resolve(0))
      response.on('end', () => resolve(response.statusCode ?? 0))
    })
    outgoing.on('timeout', () => outgoing.destroy())
    outgoing.on('error', () => resolve(0))
    outgoing.on('close', () => resolve(0))
    outgoing.end(body)
  })
}

function agentFor(simulator: Simulator, endpoint: WebhookEndpointRecord): HttpAgent | HttpsAgent {
  const known = simulator.agents.get(endpoint.id)
  if (known) return known
  const options = { keepAlive: true, maxSockets: MAX_CONNECTIONS }
  const agent = endpoint.view.url.startsWith('https:')
    ? new HttpsAgent({ ...options, ...(endpoint.certificateAuthority && { ca: endpoint.certificateAuthority }) })
    : new HttpAgent(options)
  simulator.agents.set(endpoint.id, agent)
  return agent
}
