/** /v1/webhook_endpoints; the secret is shown in the answer that creates one, and never again. */
import type Stripe from 'stripe'
import { PINNED_VERSION } from '../api/api-version.ts'
import { applyMetadata, type MetadataChange, metadata, paging } from '../api/common-parameters.ts'
import { listPage } from '../api/list.ts'
import { boolean, clearable, list, required, string } from '../api/parameters.ts'
import { type ApiRoute, route } from '../api/route.ts'
import { invalidParameter, invalidRequest, missing } from '../api/stripe-error.ts'
import type { Account } from '../state/account.ts'
import type { WebhookEndpointRecord } from '../state/records.ts'

/** As at Stripe. */
const MAX_ENDPOINTS = 16
const EVENT_TYPE = /^(\*|[a-z0-9_]+(\.[a-z0-9_]+)+)$/

const enabledEvents = list(string({ max: 100 }), { max: 500 })
const url = string({ max: 2000 })
const common = { description: clearable(string()), metadata }
const createTable = {
  ...common,
  enabled_events: required(enabledEvents),
  url: required(url),
  api_version: string({ max: 50 }),
  connect: boolean,
}
const updateTable = { ...common, enabled_events: enabledEvents, url, disabled: boolean }

export const webhookEndpointRoutes: ApiRoute[] = [
  route('POST', '/v1/webhook_endpoints', createTable, ({ account, params }) => {
    const record = addWebhookEndpoint(account, params)
    return { ...record.view, secret: record.secret }
  }),
  route('GET', '/v1/webhook_endpoints', paging, ({ account, params, url: listUrl }) => {
    return listPage(
      listUrl,
      params,
      account.tables.webhook_endpoints.all(),
      () => true,
      record => record.view,
    )
  }),
  route('GET', '/v1/webhook_endpoints/:id', {}, ({ account, ids }) => find(account, ids.id!).view),
  route('POST', '/v1/webhook_endpoints/:id', updateTable, ({ account, params, ids }) => {
    const record = find(account, ids.id!)
    if (params.enabled_events) checkEvents(params.enabled_events)
    if (params.url !== undefined) checkUrl(params.url)
    const { view } = record
    Object.assign(view, {
      url: params.url ?? view.url,
      enabled_events: params.enabled_events ?? view.enabled_events,
      status: params.disabled === undefined ? view.status : params.disabled ? 'disabled' : 'enabled',
      description: params.description === undefined ? view.description : params.description,
      metadata: applyMetadata(view.metadata, params.metadata),
    })
    forgetConnections(account, record.id)
    account.tables.webhook_endpoints.changed(record)
    return view
  }),
  route('DELETE', '/v1/webhook_endpoints/:id', {}, ({ account, ids }) => {
    const record = find(account, ids.id!)
    account.tables.webhook_endpoints.remove(record.id)
    forgetConnections(account, record.id)
    return { id: record.id, object: 'webhook_endpoint', deleted: true } satisfies Stripe.DeletedWebhookEndpoint
  }),
]

export interface NewWebhookEndpoint {
  url: string
  enabled_events: string[]
  api_version?: string
  description?: string | null
  metadata?: MetadataChange
  secret?: string
  certificateAuthority?: string | null
}

export function addWebhookEndpoint(account: Account, wish: NewWebhookEndpoint): WebhookEndpointRecord {
  checkEvents(wish.enabled_events)
  checkUrl(wish.url)
  if (account.tables.webhook_endpoints.size >= MAX_ENDPOINTS) {
    throw invalidRequest('You have reached the maximum of 16 test webhook endpoints.')
  }
  const id = account.ids.next('we')
  const view: Stripe.WebhookEndpoint = {
    id,
    object: 'webhook_endpoint',
    api_version: wish.api_version ?? PINNED_VERSION,
    application: null,
    created: account.nowSeconds,
    description: wish.description ?? null,
    enabled_events: wish.enabled_events,
    livemode: false,
    metadata: applyMetadata({}, wish.metadata),
    status: 'enabled',
    url: wish.url,
  }
  const secret = wish.secret ?? `whsec_${account.ids.letters(32)}`
  return account.tables.webhook_endpoints.add({
    id,
    view,
    secret,
    certificateAuthority: wish.certificateAuthority ?? null,
  })
}

function find(account: Account, endpointId: string): WebhookEndpointRecord {
  const record = account.tables.webhook_endpoints.get(endpointId)
  if (!record) throw missing('webhook endpoint', endpointId, 'id')
  return record
}

function checkEvents(types: readonly string[]): void {
  if (types.length > 0 && types.every(type => EVENT_TYPE.test(type))) return
  throw invalidParameter('enabled_events must be a list of event types, or * alone.', 'enabled_events')
}

/** Test-mode endpoints may be plain HTTP; this simulator delivers to loopback alone. */
function checkUrl(text: string): void {
  const target = URL.canParse(text) ? new URL(text) : null
  const loopback = target && ['127.0.0.1', 'localhost', '[::1]'].includes(target.hostname)
  if (loopback && ['http:', 'https:'].includes(target.protocol)) return
  throw invalidParameter(
    'Invalid URL: the simulator delivers to http and https addresses on loopback alone.',
    'url',
    'url_invalid',
  )
}

function forgetConnections(account: Account, endpointId: string): void {
  account.simulator.agents.get(endpointId)?.destroy()
  account.simulator.agents.delete(endpointId)
}
