/** /v1/payment_methods: made from a token or a published test number, attached, updated, detached for ever. */
import type Stripe from 'stripe'
import {
  allowRedisplay,
  applyMetadata,
  billingDetails,
  cardData,
  id,
  metadata,
  paging,
} from '../api/common-parameters.ts'
import { listPage } from '../api/list.ts'
import { ignored, integer, object, oneOf, required, string } from '../api/parameters.ts'
import { type ApiRequest, type ApiRoute, route } from '../api/route.ts'
import { invalidParameter, invalidRequest } from '../api/stripe-error.ts'
import { detailsOfData, type RawCardData } from '../cards/card-data.ts'
import {
  attachPaymentMethod,
  createPaymentMethod,
  detachPaymentMethod,
  findPaymentMethod,
  mergeBilling,
  type PaymentMethodDetails,
} from '../cards/payment-method.ts'
import type { Account } from '../state/account.ts'
import type { PaymentMethodRecord } from '../state/records.ts'
import { emit } from '../webhooks/emit.ts'
import { findCustomer } from './customers.ts'
import { useToken } from './tokens.ts'

const createTable = {
  type: required(oneOf('card')),
  card: object({ ...cardData, token: string(), networks: ignored }),
  billing_details: billingDetails,
  allow_redisplay: allowRedisplay,
  metadata,
  radar_options: ignored,
}

const updateTable = {
  card: object({
    exp_month: integer({ min: 1, max: 12 }),
    exp_year: integer({ min: 2000, max: 2100 }),
    networks: ignored,
  }),
  billing_details: billingDetails,
  allow_redisplay: allowRedisplay,
  metadata,
}

const listTable = { ...paging, customer: id, type: oneOf('card'), allow_redisplay: allowRedisplay }

export const paymentMethodRoutes: ApiRoute[] = [
  route('POST', '/v1/payment_methods', createTable, ({ account, params }) => fromData(account, params).view, 'open'),
  route(
    'GET',
    '/v1/payment_methods/:id',
    {},
    ({ account, ids }) => findPaymentMethod(account, ids.id!, 'payment_method').view,
  ),
  route('GET', '/v1/payment_methods', listTable, ({ account, params, url }) => {
    if (params.customer !== undefined) findCustomer(account, params.customer, 'customer', 400)
    const owner = (record: PaymentMethodRecord) =>
      params.customer === undefined || record.view.customer === params.customer
    return list(account, url, params, owner)
  }),
  route('POST', '/v1/payment_methods/:id', updateTable, request => update(request)),
  route('POST', '/v1/payment_methods/:id/attach', { customer: required(id) }, ({ account, params, ids }) => {
    const customer = findCustomer(account, params.customer, 'customer', 400)
    const record = findPaymentMethod(account, ids.id!, 'payment_method')
    attachPaymentMethod(account, record, customer.id)
    return record.view
  }),
  route('POST', '/v1/payment_methods/:id/detach', {}, ({ account, ids }) => {
    const record = findPaymentMethod(account, ids.id!, 'payment_method')
    if (record.view.customer === null) {
      throw invalidRequest('The payment method you provided is not attached to a customer so detachment is impossible.')
    }
    detachPaymentMethod(account, record)
    return record.view
  }),
  route(
    'GET',
    '/v1/customers/:customer/payment_methods',
    { ...paging, type: oneOf('card'), allow_redisplay: allowRedisplay },
    ({ account, params, ids, url }) => {
      const customer = findCustomer(account, ids.customer!, 'customer')
      return list(account, url, params, record => record.view.customer === customer.id)
    },
  ),
  route('GET', '/v1/customers/:customer/payment_methods/:id', {}, ({ account, ids }) => {
    const customer = findCustomer(account, ids.customer!, 'customer')
    const record = account.tables.payment_methods.get(ids.id!)
    if (record?.view.customer === customer.id) return record.view
    throw invalidRequest('The customer does not have a payment method with the ID you provided.', {
      code: 'resource_missing',
      param: 'payment_method',
    })
  }),
]

export interface CardParams extends PaymentMethodDetails {
  card?: RawCardData & { token?: string }
}

/** A fresh payment method from `payment_method_data` or the body of POST /v1/payment_methods. */
export function fromData(account: Account, params: CardParams, prefix = 'card'): PaymentMethodRecord {
  const { card } = params
  if (!card) throw invalidParameter(`Missing required param: ${prefix}.`, prefix, 'parameter_missing')
  if (card.token === undefined) return createPaymentMethod(account, detailsOfData(account, card, prefix), params)
  if (card.number !== undefined) {
    throw invalidParameter(
      'You may only specify one of these parameters: token, number.',
      prefix,
      'parameters_exclusive',
    )
  }
  return createPaymentMethod(account, useToken(account, card.token, `${prefix}[token]`), params)
}

function list(
  account: Account,
  url: string,
  params: { limit?: number; starting_after?: string; ending_before?: string; allow_redisplay?: string },
  owned: (record: PaymentMethodRecord) => boolean,
): Stripe.ApiList<Stripe.PaymentMethod> {
  const { allow_redisplay } = params
  const matches = (record: PaymentMethodRecord) =>
    owned(record) && (allow_redisplay === undefined || record.view.allow_redisplay === allow_redisplay)
  return listPage(url, params, account.tables.payment_methods.all(), matches, record => record.view)
}

interface UpdateParams extends PaymentMethodDetails {
  card?: { exp_month?: number; exp_year?: number }
}

function update({ account, params, ids }: ApiRequest<UpdateParams>): Stripe.PaymentMethod {
  const record = findPaymentMethod(account, ids.id!, 'payment_method')
  const { view } = record
  if (view.customer === null) {
    throw invalidRequest('You must save this PaymentMethod to a customer before you can update it.')
  }
  const previous = { billing_details: view.billing_details, metadata: view.metadata }
  view.billing_details = mergeBilling(view.billing_details, params.billing_details)
  view.metadata = applyMetadata(view.metadata, params.metadata)
  view.allow_redisplay = params.allow_redisplay ?? view.allow_redisplay
  view.card!.exp_month = params.card?.exp_month ?? view.card!.exp_month
  view.card!.exp_year = params.card?.exp_year ?? view.card!.exp_year
  account.tables.payment_methods.changed(record)
  emit(account, 'payment_method.updated', view, previous)
  return view
}
