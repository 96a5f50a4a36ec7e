/** /v1/setup_intents, with their attempts and mandates. */
import type Stripe from 'stripe'
import {
  applyMetadata,
  automaticPaymentMethods,
  id,
  mandateData,
  metadata,
  paging,
  paymentMethodData,
  paymentMethodOptions,
  paymentMethodTypes,
  timeRange,
} from '../api/common-parameters.ts'
import { inRange, listPage } from '../api/list.ts'
import { boolean, clearable, ignored, oneOf, type Parsed, required, string } from '../api/parameters.ts'
import { type ApiRoute, route } from '../api/route.ts'
import { invalidParameter, missing } from '../api/stripe-error.ts'
import { checkOwner, confirmSetup, unexpectedSetupState } from '../cards/confirm-setup.ts'
import { findPaymentMethod } from '../cards/payment-method.ts'
import { automaticMethods } from '../money/build-payment-intent.ts'
import type { Account } from '../state/account.ts'
import type { SetupAttemptRecord, SetupIntentRecord } from '../state/records.ts'
import { emit } from '../webhooks/emit.ts'
import { findCustomer } from './customers.ts'
import { fromData } from './payment-methods.ts'

const method = {
  payment_method: clearable(id),
  payment_method_data: paymentMethodData,
  payment_method_options: paymentMethodOptions,
  payment_method_types: ignored,
  allowed_payment_method_types: paymentMethodTypes,
}

const described = {
  description: clearable(string({ max: 1000 })),
  metadata,
  customer: id,
  excluded_payment_method_types: paymentMethodTypes,
}

const createTable = {
  ...method,
  ...described,
  automatic_payment_methods: automaticPaymentMethods,
  confirm: boolean,
  mandate_data: mandateData,
  return_url: string(),
  usage: oneOf('off_session', 'on_session'),
  use_stripe_sdk: boolean,
  payment_method_configuration: ignored,
}

const updateTable = { ...method, ...described }
const { payment_method_types: _, ...methodAtConfirm } = method
const confirmTable = { ...methodAtConfirm, mandate_data: mandateData, return_url: string(), use_stripe_sdk: boolean }
const cancelTable = { cancellation_reason: oneOf('abandoned', 'duplicate', 'requested_by_customer') }
const listTable = { ...paging, created: timeRange, customer: id, payment_method: id }

export const setupIntentRoutes: ApiRoute[] = [
  route('POST', '/v1/setup_intents', createTable, ({ account, params }) => create(account, params).view),
  route('GET', '/v1/setup_intents', listTable, ({ account, params, url }) => {
    const matches = ({ view }: SetupIntentRecord) =>
      inRange(view.created, params.created) &&
      (params.customer === undefined || view.customer === params.customer) &&
      (params.payment_method === undefined || view.payment_method === params.payment_method)
    return listPage(url, params, account.tables.setup_intents.all(), matches, record => record.view)
  }),
  route('GET', '/v1/setup_intents/:id', {}, ({ account, ids }) => find(account, ids.id!).view, 'client_secret'),
  route('POST', '/v1/setup_intents/:id', updateTable, ({ account, params, ids }) =>
    update(account, find(account, ids.id!), params),
  ),
  route(
    'POST',
    '/v1/setup_intents/:id/confirm',
    confirmTable,
    ({ account, params, ids }) => {
      const record = find(account, ids.id!)
      confirm(account, record, params)
      return record.view
    },
    'client_secret',
  ),
  route('POST', '/v1/setup_intents/:id/cancel', cancelTable, ({ account, params, ids }) => {
    return cancel(account, find(account, ids.id!), params.cancellation_reason ?? null)
  }),
  route(
    'GET',
    '/v1/setup_attempts',
    { ...paging, created: timeRange, setup_intent: required(id) },
    ({ account, params, url }) => {
      const matches = ({ view }: SetupAttemptRecord) =>
        view.setup_intent === params.setup_intent && inRange(view.created, params.created)
      return listPage(url, params, account.tables.setup_attempts.all(), matches, record => record.view)
    },
  ),
  route('GET', '/v1/mandates/:id', {}, ({ account, ids }) => {
    const mandate = account.tables.mandates.get(ids.id!)
    if (!mandate) throw missing('mandate', ids.id!, 'mandate')
    return mandate.view
  }),
]

function find(account: Account, intentId: string): SetupIntentRecord {
  const record = account.tables.setup_intents.get(intentId)
  if (!record) throw missing('setupintent', intentId, 'intent')
  return record
}

function create(account: Account, params: Parsed<typeof createTable>): SetupIntentRecord {
  if (params.automatic_payment_methods && params.allowed_payment_method_types) {
    throw invalidParameter(
      'You may only specify one of these parameters: automatic_payment_methods, allowed_payment_method_types.',
      undefined,
      'parameters_exclusive',
    )
  }
  if (params.customer !== undefined) findCustomer(account, params.customer, 'customer', 400)
  const record = build(account, params)
  takeMethod(account, record, params)
  account.tables.setup_intents.add(record)
  emit(account, 'setup_intent.created', record.view)
  if (params.confirm) confirm(account, record, { mandate_data: params.mandate_data })
  return record
}

function build(account: Account, params: Parsed<typeof createTable>): SetupIntentRecord {
  const intentId = account.ids.next('seti')
  const allowed = params.allowed_payment_method_types
  const view: Stripe.SetupIntent = {
    id: intentId,
    object: 'setup_intent',
    allowed_payment_method_types: allowed ?? null,
    application: null,
    automatic_payment_methods: allowed ? null : automaticMethods(params.automatic_payment_methods),
    cancellation_reason: null,
    client_secret: `${intentId}_secret_${account.ids.letters(25)}`,
    created: account.nowSeconds,
    customer: params.customer ?? null,
    customer_account: null,
    description: params.description ?? null,
    excluded_payment_method_types: params.excluded_payment_method_types ?? null,
    flow_directions: null,
    last_setup_error: null,
    latest_attempt: null,
    livemode: false,
    mandate: null,
    metadata: applyMetadata({}, params.metadata),
    next_action: null,
    on_behalf_of: null,
    payment_method: null,
    payment_method_configuration_details: null,
    payment_method_options: { card: { mandate_options: null, network: null, request_three_d_secure: 'automatic' } },
    payment_method_types: ['card'],
    single_use_mandate: null,
    status: 'requires_payment_method',
    usage: params.usage ?? 'off_session',
  }
  return { id: intentId, view, mandateData: null }
}

type MethodParams = Partial<
  Pick<Parsed<typeof method>, 'payment_method' | 'payment_method_data' | 'payment_method_options'>
>

function takeMethod(account: Account, record: SetupIntentRecord, params: MethodParams): void {
  const { view } = record
  const wish = params.payment_method_options?.card?.request_three_d_secure
  if (wish)
    view.payment_method_options = { card: { mandate_options: null, network: null, request_three_d_secure: wish } }
  if (!params.payment_method && !params.payment_method_data) return
  const given = params.payment_method
    ? findPaymentMethod(account, params.payment_method, 'payment_method', 400)
    : fromData(account, params.payment_method_data!, 'payment_method_data[card]')
  checkOwner(view, given)
  view.payment_method = given.id
  if (view.status === 'requires_payment_method') view.status = 'requires_confirmation'
}

function update(account: Account, record: SetupIntentRecord, params: Parsed<typeof updateTable>): Stripe.SetupIntent {
  const { view } = record
  if (params.payment_method && ['succeeded', 'canceled'].includes(view.status))
    throw unexpectedSetupState('update', view)
  if (params.customer !== undefined) view.customer = findCustomer(account, params.customer, 'customer', 400).id
  takeMethod(account, record, params)
  if (params.description !== undefined) view.description = params.description
  view.metadata = applyMetadata(view.metadata, params.metadata)
  account.tables.setup_intents.changed(record)
  return view
}

function confirm(account: Account, record: SetupIntentRecord, params: Partial<Parsed<typeof confirmTable>>): void {
  if (['succeeded', 'canceled', 'processing'].includes(record.view.status))
    throw unexpectedSetupState('confirm', record.view)
  takeMethod(account, record, params)
  const acceptance = params.mandate_data?.customer_acceptance
  if (acceptance) {
    const { type, accepted_at = account.nowSeconds, online } = acceptance
    const seen = { ip_address: online?.ip_address ?? null, user_agent: online?.user_agent ?? null }
    record.mandateData = { type, accepted_at, ...(type === 'online' ? { online: seen } : { offline: {} }) }
  }
  account.tables.setup_intents.changed(record)
  confirmSetup(account, record)
}

function cancel(
  account: Account,
  record: SetupIntentRecord,
  reason: Stripe.SetupIntent.CancellationReason | null,
): Stripe.SetupIntent {
  const { view } = record
  if (['succeeded', 'canceled', 'processing'].includes(view.status)) throw unexpectedSetupState('cancel', view)
  Object.assign(view, { status: 'canceled', cancellation_reason: reason, next_action: null })
  account.tables.setup_intents.changed(record)
  emit(account, 'setup_intent.canceled', view)
  return view
}
