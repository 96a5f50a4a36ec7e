/** What an account keeps: Stripe's own object as `view`, and beside it what Stripe would know but not show. */
import type Stripe from 'stripe'

export interface Viewed<V> {
  id: string
  view: V
}

export type CustomerRecord = Viewed<Stripe.Customer | Stripe.DeletedCustomer>
export type SetupAttemptRecord = Viewed<Stripe.SetupAttempt>
export type MandateRecord = Viewed<Stripe.Mandate>
export type RefundRecord = Viewed<Stripe.Refund>
export type PayoutRecord = Viewed<Stripe.Payout>
export type EarlyFraudWarningRecord = Viewed<Stripe.Radar.EarlyFraudWarning>
export type DisputeRecord = Viewed<Stripe.Dispute>

/** `card` names a row of the table of magic cards; the number itself is kept nowhere. */
export interface PaymentMethodRecord extends Viewed<Stripe.PaymentMethod> {
  card: string
  /** A payment method that was detached, or charged without a customer, can never be used again. */
  spent: boolean
  /** A SetupIntent or a payment with setup_future_usage succeeded after authentication. */
  setUpForOffSession: boolean
}

export interface TokenRecord extends Viewed<Stripe.Token> {
  /** Made from a magic name, which stands for a card of which everything was sent. */
  byName: boolean
  card: string
}

export interface SetupIntentRecord extends Viewed<Stripe.SetupIntent> {
  mandateData: Stripe.Mandate.CustomerAcceptance | null
}

export interface PaymentIntentRecord extends Viewed<Stripe.PaymentIntent> {
  /** The confirmation that waits for authentication or for processing to end. */
  confirmation: PaymentConfirmation | null
}

export interface PaymentConfirmation {
  offSession: boolean
  authenticated: boolean
  errorOnRequiresAction: boolean
}

export interface ChargeRecord extends Viewed<Stripe.Charge> {
  card: string
}

export interface BalanceTransactionRecord extends Viewed<Stripe.BalanceTransaction> {
  /** The automatic payout that lists this row, and that alone. */
  payout: string | null
  /** Paid out by hand: Stripe does not say which rows a manual payout took. */
  takenByManualPayout: boolean
}

export interface EventRecord {
  id: string
  type: string
  created: number
  requestId: string | null
  idempotencyKey: string | null
  /** The object as it was, serialized: later changes must not show. */
  objectJson: string
  previousJson: string | null
  /** Deliveries that have neither succeeded nor been given up. */
  pending: number
  /** A delivery was given up. */
  failed: boolean
}

export interface WebhookEndpointRecord extends Viewed<Stripe.WebhookEndpoint> {
  secret: string
  /** PEM of the authority that signed the receiver's certificate. */
  certificateAuthority: string | null
}

export interface DeliveryRecord {
  id: string
  event: string
  endpoint: string
  /** Attempts so far in the quick series, and rounds of the slow one. */
  quickAttempts: number
  rounds: number
}

/** The stored answer under an idempotency key, which is the record's id. */
export interface IdempotencyRecord {
  id: string
  fingerprint: string
  status: number
  body: string
  requestId: string
  createdMs: number
}

export type TaskKind =
  | 'settle_charge'
  | 'release_funds'
  | 'daily_payout'
  | 'payout_in_transit'
  | 'payout_reconciled'
  | 'payout_paid'
  | 'finish_processing'
  | 'expire_authorization'
  | 'finish_refund'
  | 'fail_refund'
  | 'open_disputes'
  | 'decide_dispute'
  | 'deliver_webhook'

export interface TaskRecord {
  id: string
  kind: TaskKind
  subject: string
  dueAtMs: number
}

export interface Records {
  customers: CustomerRecord
  payment_methods: PaymentMethodRecord
  tokens: TokenRecord
  setup_intents: SetupIntentRecord
  setup_attempts: SetupAttemptRecord
  mandates: MandateRecord
  payment_intents: PaymentIntentRecord
  charges: ChargeRecord
  refunds: RefundRecord
  disputes: DisputeRecord
  early_fraud_warnings: EarlyFraudWarningRecord
  balance_transactions: BalanceTransactionRecord
  payouts: PayoutRecord
  events: EventRecord
  webhook_endpoints: WebhookEndpointRecord
  deliveries: DeliveryRecord
  idempotency: IdempotencyRecord
  tasks: TaskRecord
}

export type CollectionName = keyof Records

export const COLLECTION_NAMES = [
  'customers',
  'payment_methods',
  'tokens',
  'setup_intents',
  'setup_attempts',
  'mandates',
  'payment_intents',
  'charges',
  'refunds',
  'disputes',
  'early_fraud_warnings',
  'balance_transactions',
  'payouts',
  'events',
  'webhook_endpoints',
  'deliveries',
  'idempotency',
  'tasks',
] as const satisfies readonly CollectionName[]
