/** /v1/payment_intents. */
import type Stripe from 'stripe'
import { applyMetadata, id, type MetadataChange, paging, timeRange } from '../api/common-parameters.ts'
import { inRange, listPage } from '../api/list.ts'
import type { Parsed } from '../api/parameters.ts'
import { type ApiRoute, route } from '../api/route.ts'
import { invalidParameter, invalidRequest, missing } from '../api/stripe-error.ts'
import { findPaymentMethod, refuseSpent } from '../cards/payment-method.ts'
import { buildPaymentIntent } from '../money/build-payment-intent.ts'
import { cancelPayment, capturePayment, unexpectedState } from '../money/capture-payment.ts'
import { checkOwner, confirmPayment } from '../money/confirm-payment.ts'
import { checkChargeAmount, checkCurrency } from '../money/currencies.ts'
import type { Account } from '../state/account.ts'
import type { PaymentIntentRecord } from '../state/records.ts'
import { emit } from '../webhooks/emit.ts'
import { findCustomer, fullAddress } from './customers.ts'
import { cancelTable, captureTable, confirmTable, createTable, updateTable } from './payment-intent-parameters.ts'
import { fromData } from './payment-methods.ts'

export const paymentIntentRoutes: ApiRoute[] = [
  route('POST', '/v1/payment_intents', createTable, ({ account, params }) => create(account, params).view),
  route('GET', '/v1/payment_intents', { ...paging, created: timeRange, customer: id }, ({ account, params, url }) => {
    if (params.customer !== undefined) findCustomer(account, params.customer, 'customer', 400)
    const matches = ({ view }: PaymentIntentRecord) =>
      inRange(view.created, params.created) && (params.customer === undefined || view.customer === params.customer)
    return listPage(url, params, account.tables.payment_intents.all(), matches, record => record.view)
  }),
  route('GET', '/v1/payment_intents/:id', {}, ({ account, ids }) => find(account, ids.id!).view, 'client_secret'),
  route('POST', '/v1/payment_intents/:id', updateTable, ({ account, params, ids }) =>
    update(account, find(account, ids.id!), params),
  ),
  route(
    'POST',
    '/v1/payment_intents/:id/confirm',
    confirmTable,
    ({ account, params, ids, keyKind }) => {
      const record = find(account, ids.id!)
      if (keyKind === 'publishable' && params.off_session) {
        throw invalidParameter('`off_session` cannot be used with a publishable key.', 'off_session')
      }
      confirm(account, record, params)
      return record.view
    },
    'client_secret',
  ),
  route('POST', '/v1/payment_intents/:id/capture', captureTable, ({ account, params, ids }) => {
    const record = find(account, ids.id!)
    capturePayment(account, record, params.amount_to_capture)
    record.view.metadata = applyMetadata(record.view.metadata, params.metadata)
    return record.view
  }),
  route('POST', '/v1/payment_intents/:id/cancel', cancelTable, ({ account, params, ids }) => {
    const record = find(account, ids.id!)
    cancelPayment(account, record, params.cancellation_reason ?? null)
    return record.view
  }),
]

function find(account: Account, intentId: string): PaymentIntentRecord {
  const record = account.tables.payment_intents.get(intentId)
  if (!record) throw missing('payment_intent', intentId, 'intent')
  return record
}

function create(account: Account, params: Parsed<typeof createTable>): PaymentIntentRecord {
  const currency = checkCurrency(params.currency)
  checkChargeAmount(params.amount, currency)
  if (params.automatic_payment_methods && params.allowed_payment_method_types) {
    throw invalidParameter(
      'You may only specify one of these parameters: automatic_payment_methods, allowed_payment_method_types.',
      undefined,
      'parameters_exclusive',
    )
  }
  for (const name of ['off_session', 'error_on_requires_action', 'mandate_data'] as const) {
    if (params[name] && !params.confirm)
      throw invalidParameter(
        `The parameter \`${name}\` cannot be passed when creating a PaymentIntent unless \`confirm\` is set to true.`,
        name,
      )
  }
  if (params.customer !== undefined) findCustomer(account, params.customer, 'customer', 400)
  const record = buildPaymentIntent(account, { ...params, currency })
  takeMethod(account, record, params)
  describe(record.view, params)
  account.tables.payment_intents.add(record)
  emit(account, 'payment_intent.created', record.view)
  if (params.confirm) confirm(account, record, { ...params, payment_method: undefined, payment_method_data: undefined })
  return record
}

function update(
  account: Account,
  record: PaymentIntentRecord,
  params: Parsed<typeof updateTable>,
): Stripe.PaymentIntent {
  const { view } = record
  const changeable = ['requires_payment_method', 'requires_confirmation', 'requires_action']
  const moneyChanges =
    params.amount !== undefined || params.currency !== undefined || params.payment_method !== undefined
  if (moneyChanges && !changeable.includes(view.status)) throw unexpectedState('update', view, changeable.join(', '))
  const currency = params.currency === undefined ? view.currency : checkCurrency(params.currency)
  checkChargeAmount(params.amount ?? view.amount, currency)
  if (params.customer !== undefined) {
    view.customer = findCustomer(account, params.customer, 'customer', 400).id
  }
  Object.assign(view, {
    amount: params.amount ?? view.amount,
    currency,
    capture_method: params.capture_method ?? view.capture_method,
  })
  takeMethod(account, record, params)
  describe(view, params)
  account.tables.payment_intents.changed(record)
  return view
}

type MethodParams = Partial<
  Pick<Parsed<typeof confirmTable>, 'payment_method' | 'payment_method_data' | 'payment_method_options'>
>

/** Takes the payment method of a request, if it brings one. */
function takeMethod(account: Account, record: PaymentIntentRecord, params: MethodParams): void {
  const { view } = record
  const card = params.payment_method_options?.card
  const before = view.payment_method_options?.card
  if (card && before) {
    const request_three_d_secure = card.request_three_d_secure ?? before.request_three_d_secure
    view.payment_method_options = { card: { ...before, request_three_d_secure } }
    if (card.capture_method === 'manual') view.capture_method = 'manual'
    if (card.setup_future_usage === 'off_session') view.setup_future_usage = 'off_session'
  }
  if (params.payment_method && params.payment_method_data) {
    throw invalidParameter(
      'You may only specify one of these parameters: payment_method, payment_method_data.',
      undefined,
      'parameters_exclusive',
    )
  }
  if (!params.payment_method && !params.payment_method_data) return
  const given = params.payment_method
    ? findPaymentMethod(account, params.payment_method, 'payment_method', 400)
    : fromData(account, params.payment_method_data!, 'payment_method_data[card]')
  refuseSpent(given)
  checkOwner(view, given)
  view.payment_method = given.id
  if (view.status === 'requires_payment_method') view.status = 'requires_confirmation'
}

interface Description {
  description?: string | null
  metadata?: MetadataChange
  receipt_email?: string | null
  setup_future_usage?: 'off_session' | 'on_session' | null
  shipping?: Parsed<typeof createTable>['shipping']
  statement_descriptor?: string | null
  statement_descriptor_suffix?: string | null
  transfer_group?: string | null
}

function describe(view: Stripe.PaymentIntent, params: Description): void {
  const { metadata: change, shipping: newShipping, description, receipt_email, setup_future_usage } = params
  const { statement_descriptor, statement_descriptor_suffix, transfer_group } = params
  const plain = {
    description,
    receipt_email,
    setup_future_usage,
    statement_descriptor,
    statement_descriptor_suffix,
    transfer_group,
  }
  for (const [key, value] of Object.entries(plain)) if (value !== undefined) Object.assign(view, { [key]: value })
  if (newShipping !== undefined) {
    view.shipping = newShipping && {
      ...newShipping,
      address: fullAddress(newShipping.address),
      carrier: newShipping.carrier ?? null,
      phone: newShipping.phone ?? null,
    }
  }
  view.metadata = applyMetadata(view.metadata, change)
}

type ConfirmParams = Partial<Parsed<typeof confirmTable>>

function confirm(account: Account, record: PaymentIntentRecord, params: ConfirmParams): void {
  const { view } = record
  const confirmable = ['requires_payment_method', 'requires_confirmation', 'requires_action']
  if (!confirmable.includes(view.status)) throw unexpectedState('confirm', view, confirmable.join(', '))
  if (params.amount_to_confirm !== undefined && params.amount_to_confirm !== view.amount) {
    throw invalidRequest('The amount_to_confirm does not match the amount of the PaymentIntent.', {
      param: 'amount_to_confirm',
    })
  }
  takeMethod(account, record, params)
  describe(view, {
    receipt_email: params.receipt_email,
    setup_future_usage: params.setup_future_usage,
    shipping: params.shipping,
  })
  if (params.capture_method) view.capture_method = params.capture_method
  account.tables.payment_intents.changed(record)
  confirmPayment(account, record, {
    offSession: params.off_session ?? false,
    authenticated: false,
    errorOnRequiresAction: params.error_on_requires_action ?? false,
  })
}
