// Answers in the form of the pinned API version, for tests of the gateway.

export function paymentIntent(changes: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    id: 'pi_1Test',
    object: 'payment_intent',
    allowed_payment_method_types: ['card'],
    amount: 1000,
    amount_capturable: 0,
    amount_received: 1000,
    canceled_at: null,
    cancellation_reason: null,
    capture_method: 'automatic_async',
    client_secret: 'pi_1Test_secret_hush',
    created: 1_790_000_000,
    currency: 'usd',
    customer: 'cus_1Test',
    last_payment_error: null,
    latest_charge: charge(),
    livemode: false,
    metadata: { attempt: 'atmp_1' },
    next_action: null,
    payment_method: 'pm_1Test',
    payment_method_types: ['card'],
    status: 'succeeded',
    ...changes,
  }
}

export function charge(changes: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    id: 'ch_1Test',
    object: 'charge',
    amount: 1000,
    amount_captured: 1000,
    amount_refunded: 0,
    balance_transaction: null,
    billing_details: { name: 'A Person', email: 'a.person@example.com' },
    captured: true,
    created: 1_790_000_000,
    currency: 'usd',
    customer: 'cus_1Test',
    disputed: false,
    failure_balance_transaction: null,
    failure_code: null,
    livemode: false,
    metadata: {},
    outcome: { type: 'authorized', network_status: 'approved_by_network', reason: null, risk_level: 'normal' },
    paid: true,
    payment_intent: 'pi_1Test',
    payment_method: 'pm_1Test',
    refunded: false,
    status: 'succeeded',
    ...changes,
  }
}

export function balanceTransaction(changes: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    id: 'txn_1Test',
    object: 'balance_transaction',
    amount: 1000,
    available_on: 1_790_100_000,
    balance_type: 'payments',
    created: 1_790_000_000,
    currency: 'usd',
    description: 'for A Person',
    exchange_rate: null,
    fee: 59,
    fee_details: [{ amount: 59, application: null, currency: 'usd', description: 'fees', type: 'stripe_fee' }],
    net: 941,
    reporting_category: 'charge',
    source: charge({ metadata: { attempt: 'atmp_1' } }),
    status: 'pending',
    type: 'charge',
    ...changes,
  }
}

export function stripeEvent(changes: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    id: 'evt_1Test',
    object: 'event',
    api_version: '2026-10-28.endive',
    created: 1_790_000_000,
    data: { object: paymentIntent() },
    livemode: false,
    pending_webhooks: 1,
    request: { id: 'req_1', idempotency_key: 'atmp_1' },
    type: 'payment_intent.succeeded',
    ...changes,
  }
}

export const list = (item: unknown) => ({ object: 'list', has_more: false, data: [item] })
export const customer = { id: 'cus_1', object: 'customer', livemode: false, metadata: { payer: 'payer_1' } }
export const method = {
  id: 'pm_1',
  object: 'payment_method',
  type: 'card',
  customer: 'cus_1',
  card: {
    brand: 'visa',
    last4: '4242',
    exp_month: 1,
    exp_year: 2030,
    funding: 'credit',
    country: null,
    fingerprint: 'fp',
  },
  billing_details: { name: 'A Person' },
  livemode: false,
  created: 1,
  metadata: {},
}
export const setupIntent = {
  id: 'seti_1',
  object: 'setup_intent',
  status: 'succeeded',
  customer: 'cus_1',
  payment_method: method,
  usage: 'off_session',
  last_setup_error: null,
  client_secret: 'seti_1_secret_x',
  metadata: {},
  livemode: false,
  created: 1,
}
export const token = {
  id: 'tok_1',
  object: 'token',
  type: 'card',
  used: false,
  card: method.card,
  livemode: false,
  created: 1,
}
export const refund = {
  id: 're_1',
  object: 'refund',
  status: 'pending',
  amount: 5,
  currency: 'usd',
  charge: 'ch_1',
  payment_intent: 'pi_1',
  balance_transaction: null,
  reason: null,
  metadata: {},
  created: 1,
}
export const dispute = {
  id: 'dp_1',
  object: 'dispute',
  status: 'needs_response',
  amount: 5,
  currency: 'usd',
  charge: 'ch_1',
  payment_intent: 'pi_1',
  reason: 'fraudulent',
  is_charge_refundable: false,
  evidence_details: { due_by: 9 },
  balance_transactions: [balanceTransaction({ id: 'txn_9' })],
  metadata: {},
  livemode: false,
  created: 1,
}
export const payout = {
  id: 'po_1',
  object: 'payout',
  status: 'paid',
  amount: 100,
  currency: 'usd',
  automatic: true,
  type: 'bank_account',
  method: 'standard',
  reconciliation_status: 'completed',
  arrival_date: 2,
  balance_transaction: 'txn_1',
  destination: { id: 'ba_1', object: 'bank_account', account_holder_name: 'A Person' },
  failure_balance_transaction: null,
  failure_code: null,
  original_payout: null,
  reversed_by: null,
  trace_id: { status: 'supported', value: 'T1' },
  statement_descriptor: null,
  livemode: false,
  created: 1,
}
