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
