/** /v1/disputes: answered with evidence, closed by giving in. */
import type Stripe from 'stripe'
import { applyMetadata, id, metadata, paging, timeRange } from '../api/common-parameters.ts'
import { inRange, listPage } from '../api/list.ts'
import { boolean, clearable, ignored, object, oneOf, type Parsed, string } from '../api/parameters.ts'
import { type ApiRoute, route } from '../api/route.ts'
import { invalidRequest, missing } from '../api/stripe-error.ts'
import { closeDispute, isOpen, submitEvidence } from '../money/disputes.ts'
import type { Account } from '../state/account.ts'
import type { DisputeRecord } from '../state/records.ts'
import { emit } from '../webhooks/emit.ts'

const text = clearable(string({ max: 20_000 }))

const EVIDENCE = [
  'access_activity_log',
  'billing_address',
  'cancellation_policy',
  'cancellation_policy_disclosure',
  'cancellation_rebuttal',
  'customer_communication',
  'customer_email_address',
  'customer_name',
  'customer_purchase_ip',
  'customer_signature',
  'duplicate_charge_documentation',
  'duplicate_charge_explanation',
  'duplicate_charge_id',
  'product_description',
  'receipt',
  'refund_policy',
  'refund_policy_disclosure',
  'refund_refusal_explanation',
  'service_date',
  'service_documentation',
  'shipping_address',
  'shipping_carrier',
  'shipping_date',
  'shipping_documentation',
  'shipping_tracking_number',
  'uncategorized_file',
  'uncategorized_text',
] as const

const evidence = object({ ...byName(EVIDENCE, text), enhanced_evidence: ignored, appeal: ignored })

const updateTable = {
  evidence,
  intended_submission_method: oneOf('manual', 'prefer_manual', 'prefer_smart_disputes', 'smart_disputes'),
  metadata,
  submit: boolean,
}

export const disputeRoutes: ApiRoute[] = [
  route(
    'GET',
    '/v1/disputes',
    { ...paging, charge: id, created: timeRange, payment_intent: id },
    ({ account, params, url }) => {
      const { charge, payment_intent, created } = params
      const matches = ({ view }: DisputeRecord) =>
        inRange(view.created, created) &&
        (charge === undefined || view.charge === charge) &&
        (payment_intent === undefined || view.payment_intent === payment_intent)
      return listPage(url, params, account.tables.disputes.all(), matches, record => record.view)
    },
  ),
  route('GET', '/v1/disputes/:id', {}, ({ account, ids }) => findDispute(account, ids.id!).view),
  route('POST', '/v1/disputes/:id', updateTable, ({ account, params, ids }) =>
    update(account, findDispute(account, ids.id!), params),
  ),
  route('POST', '/v1/disputes/:id/close', {}, ({ account, ids }) => {
    const record = findDispute(account, ids.id!)
    if (!isOpen(record.view)) throw alreadyClosed(record.view)
    closeDispute(account, record, 'lost')
    return record.view
  }),
]

export function findDispute(account: Account, disputeId: string): DisputeRecord {
  const record = account.tables.disputes.get(disputeId)
  if (!record) throw missing('dispute', disputeId, 'id')
  return record
}

function alreadyClosed(dispute: Stripe.Dispute): Error {
  return invalidRequest(`This dispute is already closed or under review: its status is ${dispute.status}.`)
}

function update(account: Account, record: DisputeRecord, params: Parsed<typeof updateTable>): Stripe.Dispute {
  const { view } = record
  if (params.evidence && !isOpen(view)) throw alreadyClosed(view)
  const previous = { evidence: view.evidence, evidence_details: { ...view.evidence_details }, metadata: view.metadata }
  if (params.evidence) {
    const { enhanced_evidence: _, appeal: __, ...given } = params.evidence
    view.evidence = { ...view.evidence, ...given }
    view.evidence_details.has_evidence = Object.values(view.evidence).some(value => typeof value === 'string')
  }
  view.metadata = applyMetadata(view.metadata, params.metadata)
  view.intended_submission_method = params.intended_submission_method ?? view.intended_submission_method
  account.tables.disputes.changed(record)
  if (isOpen(view) && (params.submit ?? params.evidence !== undefined)) submitEvidence(account, record)
  emit(account, 'charge.dispute.updated', view, previous)
  return view
}

function byName<const N extends string, R>(names: readonly N[], rule: R): Record<N, R> {
  return Object.fromEntries(names.map(name => [name, rule])) as Record<N, R>
}
