// Which of Stripe's events panless acts on, and which object each is about. Every other type is stored and left alone.

/** The objects that are read again from Stripe when an event names them. */
export type SubjectKind = 'payment_intent' | 'charge' | 'refund' | 'dispute' | 'payout' | 'payment_method'

const TYPES_BY_SUBJECT: Record<SubjectKind, readonly string[]> = {
  payment_intent: [
    'payment_intent.created',
    'payment_intent.succeeded',
    'payment_intent.payment_failed',
    'payment_intent.processing',
    'payment_intent.requires_action',
    'payment_intent.amount_capturable_updated',
    'payment_intent.partially_funded',
    'payment_intent.canceled',
  ],
  charge: [
    'charge.succeeded',
    'charge.failed',
    'charge.pending',
    'charge.updated',
    'charge.captured',
    'charge.expired',
    'charge.refunded',
  ],
  refund: ['refund.created', 'refund.updated', 'refund.failed', 'charge.refund.updated'],
  dispute: [
    'charge.dispute.created',
    'charge.dispute.updated',
    'charge.dispute.closed',
    'charge.dispute.funds_withdrawn',
    'charge.dispute.funds_reinstated',
  ],
  payout: [
    'payout.created',
    'payout.updated',
    'payout.paid',
    'payout.failed',
    'payout.canceled',
    'payout.reconciliation_completed',
  ],
  payment_method: [
    'payment_method.attached',
    'payment_method.detached',
    'payment_method.updated',
    'payment_method.automatically_updated',
  ],
}

const SUBJECT_BY_TYPE = new Map(
  Object.entries(TYPES_BY_SUBJECT).flatMap(([kind, types]) => types.map(type => [type, kind as SubjectKind] as const)),
)

/** The kind of object that an event of this type is about, or null when panless does nothing with it. */
export const subjectOf = (type: string): SubjectKind | null => SUBJECT_BY_TYPE.get(type) ?? null

export const HANDLED_EVENT_TYPES: readonly string[] = [...SUBJECT_BY_TYPE.keys()]
