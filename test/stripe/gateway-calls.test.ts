import { afterEach, beforeEach, expect, test } from 'vitest'
import { createStripeGateway, type StripeAccount, type StripeGateway } from '../../src/stripe/gateway.ts'
import { type CannedServer, json, startCannedServer } from './canned-server.ts'
import {
  balanceTransaction,
  charge,
  customer,
  dispute,
  list,
  method,
  paymentIntent,
  payout,
  refund,
  setupIntent,
  stripeEvent,
  token,
} from './stripe-objects.ts'

let server: CannedServer
let gateway: StripeGateway

beforeEach(async () => {
  server = await startCannedServer()
  gateway = createStripeGateway({ apiBase: server.url, requestsPerSecond: 0, timeoutMs: 5_000 })
})

afterEach(async () => {
  gateway.close()
  await server.close()
})

type Case = [string, (stripe: StripeAccount) => Promise<unknown>, string, unknown, unknown]
const cases: Case[] = [
  [
    'account',
    s => s.account(),
    'GET /v1/account',
    { id: 'acct_1', object: 'account', charges_enabled: true, country: 'US', email: 'a@b.c' },
    { id: 'acct_1' },
  ],
  [
    'createCustomer',
    s => s.createCustomer({ metadata: { payer: 'payer_1' } }, 'key'),
    'POST /v1/customers',
    customer,
    { id: 'cus_1', deleted: false },
  ],
  [
    'retrieveCustomer',
    s => s.retrieveCustomer('cus_1'),
    'GET /v1/customers/cus_1',
    customer,
    { metadata: { payer: 'payer_1' } },
  ],
  [
    'deleteCustomer',
    s => s.deleteCustomer('cus_1'),
    'DELETE /v1/customers/cus_1',
    { id: 'cus_1', object: 'customer', deleted: true },
    { deleted: true },
  ],
  [
    'createSetupIntent',
    s => s.createSetupIntent({ customer: 'cus_1', usage: 'off_session', metadata: {} }, 'key'),
    'POST /v1/setup_intents',
    { ...setupIntent, payment_method: null },
    { clientSecret: 'seti_1_secret_x', paymentMethod: null },
  ],
  [
    'retrieveSetupIntent',
    s => s.retrieveSetupIntent('seti_1'),
    'GET /v1/setup_intents/seti_1?expand%5B0%5D=payment_method',
    setupIntent,
    { paymentMethodId: 'pm_1', paymentMethod: { card: { last4: '4242' } } },
  ],
  [
    'cancelSetupIntent',
    s => s.cancelSetupIntent('seti_1', 'key'),
    'POST /v1/setup_intents/seti_1/cancel',
    { ...setupIntent, status: 'canceled' },
    { status: 'canceled' },
  ],
  [
    'retrieveToken',
    s => s.retrieveToken('tok_1'),
    'GET /v1/tokens/tok_1',
    token,
    { used: false, card: { fingerprint: 'fp' } },
  ],
  [
    'retrievePaymentMethod',
    s => s.retrievePaymentMethod('pm_1'),
    'GET /v1/payment_methods/pm_1',
    method,
    { customer: 'cus_1' },
  ],
  [
    'createPaymentMethodFromToken',
    s => s.createPaymentMethodFromToken('tok_1', 'key'),
    'POST /v1/payment_methods',
    method,
    { id: 'pm_1' },
  ],
  [
    'attachPaymentMethod',
    s => s.attachPaymentMethod('pm_1', 'cus_1', 'key'),
    'POST /v1/payment_methods/pm_1/attach',
    method,
    { customer: 'cus_1' },
  ],
  [
    'detachPaymentMethod',
    s => s.detachPaymentMethod('pm_1', 'key'),
    'POST /v1/payment_methods/pm_1/detach',
    { ...method, customer: null },
    { customer: null },
  ],
  [
    'retrievePaymentIntent',
    s => s.retrievePaymentIntent('pi_1Test'),
    'GET /v1/payment_intents/pi_1Test?expand%5B0%5D=latest_charge',
    paymentIntent(),
    { latestChargeId: 'ch_1Test' },
  ],
  [
    'listPaymentIntentsOfCustomer',
    s => s.listPaymentIntentsOfCustomer({ customer: 'cus_1', createdFrom: 7, limit: 500 }),
    'GET /v1/payment_intents?customer=cus_1&limit=100&created[gte]=7&expand[0]=data.latest_charge',
    list(paymentIntent()),
    { hasMore: false },
  ],
  [
    'confirmPaymentIntent',
    s => s.confirmPaymentIntent('pi_1Test', { paymentMethod: 'pm_1', offSession: false }, 'key'),
    'POST /v1/payment_intents/pi_1Test/confirm',
    paymentIntent({
      status: 'requires_action',
      next_action: { type: 'redirect_to_url', redirect_to_url: { url: 'https://a.example', return_url: null } },
    }),
    { nextAction: { redirectUrl: 'https://a.example' } },
  ],
  [
    'capturePaymentIntent',
    s => s.capturePaymentIntent('pi_1Test', { amountToCapture: 5 }, 'key'),
    'POST /v1/payment_intents/pi_1Test/capture',
    paymentIntent(),
    { status: 'succeeded' },
  ],
  [
    'cancelPaymentIntent',
    s => s.cancelPaymentIntent('pi_1Test', { reason: 'abandoned' }, 'key'),
    'POST /v1/payment_intents/pi_1Test/cancel',
    paymentIntent({ status: 'canceled', canceled_at: 3 }),
    { canceledAt: 3 },
  ],
  [
    'retrieveCharge',
    s => s.retrieveCharge('ch_1Test'),
    'GET /v1/charges/ch_1Test',
    charge(),
    { outcome: { type: 'authorized' } },
  ],
  [
    'createRefund',
    s => s.createRefund({ paymentIntent: 'pi_1', amount: 5, metadata: {} }, 'key'),
    'POST /v1/refunds',
    refund,
    { status: 'pending' },
  ],
  ['retrieveRefund', s => s.retrieveRefund('re_1'), 'GET /v1/refunds/re_1', refund, { charge: 'ch_1' }],
  [
    'listRefunds',
    s => s.listRefunds({ charge: 'ch_1' }),
    'GET /v1/refunds?charge=ch_1&limit=100',
    list(refund),
    { data: [{ id: 're_1' }] },
  ],
  [
    'retrieveDispute',
    s => s.retrieveDispute('dp_1'),
    'GET /v1/disputes/dp_1',
    dispute,
    { evidenceDueBy: 9, balanceTransactions: ['txn_9'] },
  ],
  [
    'listDisputes',
    s => s.listDisputes({ paymentIntent: 'pi_1' }),
    'GET /v1/disputes?payment_intent=pi_1&limit=100',
    list(dispute),
    { data: [{ id: 'dp_1' }] },
  ],
  [
    'balance',
    s => s.balance(),
    'GET /v1/balance',
    { object: 'balance', livemode: false, available: [{ amount: -5, currency: 'usd' }], pending: [] },
    { available: [{ amount: -5, currency: 'usd' }] },
  ],
  [
    'retrieveBalanceTransaction',
    s => s.retrieveBalanceTransaction('txn_1Test'),
    'GET /v1/balance_transactions/txn_1Test?expand%5B0%5D=source',
    balanceTransaction({ source: 'ch_1' }),
    { sourceId: 'ch_1', source: null, raw: { source: 'ch_1' } },
  ],
  [
    'retrievePayout',
    s => s.retrievePayout('po_1'),
    'GET /v1/payouts/po_1',
    payout,
    { traceId: { value: 'T1' }, raw: { amount: 100 } },
  ],
  [
    'listPayouts',
    s => s.listPayouts({ createdTo: 9 }),
    'GET /v1/payouts?limit=100&created[lt]=9',
    list(payout),
    { data: [{ reconciliationStatus: 'completed' }] },
  ],
  [
    'retrieveEvent',
    s => s.retrieveEvent('evt_1Test'),
    'GET /v1/events/evt_1Test',
    stripeEvent(),
    { object: { id: 'pi_1Test' } },
  ],
  [
    'listEvents',
    s => s.listEvents({ types: ['payout.paid'], deliverySuccess: false }),
    'GET /v1/events?types[0]=payout.paid&delivery_success=false&limit=100',
    list(stripeEvent()),
    { data: [{ id: 'evt_1Test' }] },
  ],
]

test.each(cases)('%s asks for what it says and reads the answer', async (_name, call, line, body, expected) => {
  server.answer = json(200, body)
  const answer = await call(gateway.forAccount('sk_test_canned'))
  expect(answer).toMatchObject(expected as object)
  expect(JSON.stringify(answer)).not.toMatch(/A Person|@/)
  const [request] = server.requests
  expect(decodeURIComponent(`${request?.method} ${request?.path}`)).toBe(decodeURIComponent(line))
  expect(request?.headers['idempotency-key']).toBe(line.startsWith('POST') ? 'key' : undefined)
})
