/** /v1/payouts: those made by hand, and a look at all of them. */
import { applyMetadata, id, metadata, paging, timeRange } from '../api/common-parameters.ts'
import { inRange, listPage } from '../api/list.ts'
import { clearable, ignored, integer, oneOf, required, string } from '../api/parameters.ts'
import { type ApiRoute, route } from '../api/route.ts'
import { invalidRequest, missing } from '../api/stripe-error.ts'
import { checkCurrency } from '../money/currencies.ts'
import { cancelPayout, makeManualPayout, reversePayout } from '../money/payouts.ts'
import type { Account } from '../state/account.ts'
import type { PayoutRecord } from '../state/records.ts'
import { emit } from '../webhooks/emit.ts'

const createTable = {
  amount: required(integer({ min: 1 })),
  currency: required(string({ max: 3 })),
  description: clearable(string({ max: 1000 })),
  destination: id,
  metadata,
  method: oneOf('standard', 'instant'),
  payout_method: ignored,
  source_type: oneOf('card', 'bank_account', 'fpx'),
  statement_descriptor: clearable(string({ max: 22 })),
}

const listTable = {
  ...paging,
  arrival_date: timeRange,
  created: timeRange,
  destination: id,
  status: oneOf('pending', 'paid', 'failed', 'canceled', 'in_transit'),
}

export const payoutRoutes: ApiRoute[] = [
  route('POST', '/v1/payouts', createTable, ({ account, params }) => {
    const { amount, description = null, method, statement_descriptor = null } = params
    const currency = checkCurrency(params.currency)
    const given = { amount, currency, description, method, statementDescriptor: statement_descriptor }
    return makeManualPayout(account, { ...given, metadata: applyMetadata({}, params.metadata) }).view
  }),
  route('GET', '/v1/payouts', listTable, ({ account, params, url }) => {
    const matches = ({ view }: PayoutRecord) =>
      inRange(view.created, params.created) &&
      inRange(view.arrival_date, params.arrival_date) &&
      (params.status === undefined || view.status === params.status) &&
      (params.destination === undefined || view.destination === params.destination)
    return listPage(url, params, account.tables.payouts.all(), matches, record => record.view)
  }),
  route('GET', '/v1/payouts/:id', {}, ({ account, ids }) => findPayout(account, ids.id!).view),
  route('POST', '/v1/payouts/:id', { metadata }, ({ account, params, ids }) => {
    const record = findPayout(account, ids.id!)
    const previous = { metadata: record.view.metadata }
    record.view.metadata = applyMetadata(record.view.metadata, params.metadata)
    account.tables.payouts.changed(record)
    emit(account, 'payout.updated', record.view, previous)
    return record.view
  }),
  route('POST', '/v1/payouts/:id/cancel', {}, ({ account, ids }) => {
    const record = findPayout(account, ids.id!)
    if (record.view.automatic) throw invalidRequest('You cannot cancel an automatic payout.')
    if (record.view.status !== 'pending') throw invalidRequest('Only payouts that are pending can be canceled.')
    cancelPayout(account, record)
    return record.view
  }),
  route('POST', '/v1/payouts/:id/reverse', { metadata }, ({ account, params, ids }) => {
    const record = findPayout(account, ids.id!)
    if (record.view.status !== 'paid') throw invalidRequest('Only payouts that are paid can be reversed.')
    if (record.view.reversed_by !== null) throw invalidRequest('This payout has already been reversed.')
    return reversePayout(account, record, applyMetadata({}, params.metadata)).view
  }),
]

export function findPayout(account: Account, payoutId: string): PayoutRecord {
  const record = account.tables.payouts.get(payoutId)
  if (!record) throw missing('payout', payoutId, 'id')
  return record
}
