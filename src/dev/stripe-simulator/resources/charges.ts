/** /v1/charges: what payment intents left behind; they are made by these alone. */
import type Stripe from 'stripe'
import { applyMetadata, id, metadata, paging, shipping, timeRange } from '../api/common-parameters.ts'
import { inRange, listPage } from '../api/list.ts'
import { clearable, object, oneOf, type Parsed, string } from '../api/parameters.ts'
import { type ApiRoute, route } from '../api/route.ts'
import { missing } from '../api/stripe-error.ts'
import type { Account } from '../state/account.ts'
import type { ChargeRecord } from '../state/records.ts'
import { emit } from '../webhooks/emit.ts'
import { fullAddress } from './customers.ts'

const updateTable = {
  description: clearable(string({ max: 1000 })),
  fraud_details: object({ user_report: clearable(oneOf('fraudulent', 'safe')) }),
  metadata,
  receipt_email: clearable(string({ max: 512 })),
  shipping,
  transfer_group: clearable(string()),
}

const listTable = { ...paging, created: timeRange, customer: id, payment_intent: id, transfer_group: id }

export const chargeRoutes: ApiRoute[] = [
  route('GET', '/v1/charges', listTable, ({ account, params, url }) => {
    const { customer, payment_intent, transfer_group, created } = params
    const matches = ({ view }: ChargeRecord) =>
      inRange(view.created, created) &&
      (customer === undefined || view.customer === customer) &&
      (payment_intent === undefined || view.payment_intent === payment_intent) &&
      (transfer_group === undefined || view.transfer_group === transfer_group)
    return listPage(url, params, account.tables.charges.all(), matches, record => record.view)
  }),
  route('GET', '/v1/charges/:id', {}, ({ account, ids }) => findCharge(account, ids.id!).view),
  route('POST', '/v1/charges/:id', updateTable, ({ account, params, ids }) =>
    update(account, findCharge(account, ids.id!), params),
  ),
]

export function findCharge(account: Account, chargeId: string, status: 400 | 404 = 404, param = 'id'): ChargeRecord {
  const record = account.tables.charges.get(chargeId)
  if (!record) throw missing('charge', chargeId, param, status)
  return record
}

function update(account: Account, record: ChargeRecord, params: Parsed<typeof updateTable>): Stripe.Charge {
  const { view } = record
  const previous = { description: view.description, metadata: view.metadata }
  if (params.description !== undefined) view.description = params.description
  if (params.receipt_email !== undefined) view.receipt_email = params.receipt_email
  if (params.transfer_group !== undefined) view.transfer_group = params.transfer_group
  if (params.shipping) {
    const { address, name, carrier = null, phone = null } = params.shipping
    view.shipping = { address: fullAddress(address), name, carrier, phone }
  }
  const report = params.fraud_details?.user_report
  if (report !== undefined) view.fraud_details = report === null ? {} : { user_report: report }
  view.metadata = applyMetadata(view.metadata, params.metadata)
  account.tables.charges.changed(record)
  emit(account, 'charge.updated', view, previous)
  return view
}
