/** /v1/refunds. */
import { applyMetadata, id, metadata, paging, timeRange } from '../api/common-parameters.ts'
import { inRange, listPage } from '../api/list.ts'
import { integer, oneOf, type Parsed } from '../api/parameters.ts'
import { type ApiRoute, route } from '../api/route.ts'
import { invalidParameter, invalidRequest, missing } from '../api/stripe-error.ts'
import { createRefund } from '../money/refunds.ts'
import type { Account } from '../state/account.ts'
import type { ChargeRecord, RefundRecord } from '../state/records.ts'
import { emit } from '../webhooks/emit.ts'
import { findCharge } from './charges.ts'

const createTable = {
  amount: integer({ min: 1 }),
  charge: id,
  metadata,
  payment_intent: id,
  reason: oneOf('duplicate', 'fraudulent', 'requested_by_customer'),
}

const listTable = { ...paging, charge: id, created: timeRange, payment_intent: id }

export const refundRoutes: ApiRoute[] = [
  route('POST', '/v1/refunds', createTable, ({ account, params }) => {
    const { amount, reason } = params
    return createRefund(account, chargeToRefund(account, params), {
      amount,
      reason,
      metadata: applyMetadata({}, params.metadata),
    }).view
  }),
  route('GET', '/v1/refunds', listTable, ({ account, params, url }) => {
    const { charge, payment_intent, created } = params
    const matches = ({ view }: RefundRecord) =>
      inRange(view.created, created) &&
      (charge === undefined || view.charge === charge) &&
      (payment_intent === undefined || view.payment_intent === payment_intent)
    return listPage(url, params, account.tables.refunds.all(), matches, record => record.view)
  }),
  route('GET', '/v1/refunds/:id', {}, ({ account, ids }) => find(account, ids.id!).view),
  route('POST', '/v1/refunds/:id', { metadata }, ({ account, params, ids }) => {
    const record = find(account, ids.id!)
    const previous = { metadata: record.view.metadata }
    record.view.metadata = applyMetadata(record.view.metadata, params.metadata)
    account.tables.refunds.changed(record)
    emit(account, 'refund.updated', record.view, previous)
    return record.view
  }),
  route('POST', '/v1/refunds/:id/cancel', {}, ({ account, ids }) => {
    find(account, ids.id!)
    throw invalidRequest('Only refunds with a status of requires_action can be canceled; refunds to a card never are.')
  }),
]

function find(account: Account, refundId: string): RefundRecord {
  const record = account.tables.refunds.get(refundId)
  if (!record) throw missing('refund', refundId, 'id')
  return record
}

function chargeToRefund(account: Account, params: Parsed<typeof createTable>): ChargeRecord {
  const { charge, payment_intent } = params
  if (charge !== undefined && payment_intent !== undefined) {
    throw invalidParameter(
      'You may only specify one of these parameters: charge, payment_intent.',
      undefined,
      'parameters_exclusive',
    )
  }
  if (charge !== undefined) return findCharge(account, charge, 400, 'charge')
  if (payment_intent === undefined) {
    throw invalidParameter(
      'One of the following params should be provided for this request: payment_intent or charge.',
      'charge',
      'parameter_missing',
    )
  }
  const intent = account.tables.payment_intents.get(payment_intent)
  if (!intent) throw missing('payment_intent', payment_intent, 'payment_intent', 400)
  if (intent.view.latest_charge !== null) return findCharge(account, String(intent.view.latest_charge), 400)
  const message = `This PaymentIntent (${payment_intent}) does not have a successful charge to refund.`
  throw invalidRequest(message, { param: 'payment_intent' })
}
