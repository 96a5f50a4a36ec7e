import type Stripe from 'stripe'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { eventually, failure, payment, type SimulatorSuite, savedCard, startSuite } from './simulator-suite.ts'

let suite: SimulatorSuite
let stripe: Stripe
beforeAll(async () => {
  suite = await startSuite()
  stripe = suite.stripe
  const instantly = { balance_transaction_delay_ms: 0, refund_delay_ms: 0, dispute_delay_ms: 0 }
  await suite.control('POST', '/settings', { account_key: suite.key, ...instantly })
})
afterAll(() => suite.close())

/** A payment method from a token's twin name, or from the published number. */
const fromToken = (name: string) => stripe.paymentMethods.create({ type: 'card', card: { token: `tok_${name}` } })
const fromNumber = (number: string, more: object = {}) =>
  stripe.paymentMethods.create({
    type: 'card',
    card: { number, exp_month: 12, exp_year: 2040, cvc: number.startsWith('37') ? '1234' : '123', ...more },
  })
/** Both spellings of a name. */
const spellings = (name: string) => [name, `visa_${name}`]

describe('cards that succeed', () => {
  test.each([
    ['visa', '4242424242424242', 'visa', 'credit'],
    ['visa_debit', '4000056655665556', 'visa', 'debit'],
    ['mastercard', '5555555555554444', 'mastercard', 'credit'],
    ['mastercard_debit', '5200828282828210', 'mastercard', 'debit'],
    ['mastercard_prepaid', '5105105105105100', 'mastercard', 'prepaid'],
    ['amex', '378282246310005', 'amex', 'credit'],
    ['amex_threeDSecureNotSupported', '378282246310005', 'amex', 'credit'],
    ['discover', '6011111111111117', 'discover', 'credit'],
    ['diners', '3056930009020004', 'diners', 'credit'],
    ['jcb', '3566002020360505', 'jcb', 'credit'],
    ['unionpay', '6200000000000005', 'unionpay', 'credit'],
  ])('%s', async (name, number, brand, funding) => {
    const ways = await Promise.all([
      stripe.paymentMethods.retrieve(`pm_card_${name}`),
      fromToken(name),
      fromNumber(number),
    ])
    for (const { id, card } of ways) {
      expect(id).toMatch(/^pm_[A-Za-z0-9]{24}$/)
      expect([card?.brand, card?.funding, card?.last4]).toEqual([brand, funding, number.slice(-4)])
    }
    expect(new Set(ways.map(way => way.id)).size).toBe(3)
    expect(new Set(ways.map(way => way.card?.fingerprint)).size).toBe(1)
    const paid = await payment(stripe, await savedCard(stripe, `pm_card_${name}`))
    expect(paid.status).toBe('succeeded')
  })

  test('a fingerprint is of one number and one account', async () => {
    const fingerprint = async (client: Stripe, name: string) =>
      (await client.paymentMethods.retrieve(`pm_card_${name}`)).card?.fingerprint
    expect(await fingerprint(stripe, 'visa')).not.toBe(await fingerprint(stripe, 'visa_debit'))
    expect(await fingerprint(stripe, 'visa')).not.toBe(await fingerprint(suite.clientFor('sk_test_elsewhere'), 'visa'))
  })
})

describe('cards that are declined wherever they are tried', () => {
  const cards: [string, string | null, string, string | undefined][] = [
    ['chargeDeclined', '4000000000000002', 'card_declined', 'generic_decline'],
    ['chargeDeclinedInsufficientFunds', '4000000000009995', 'card_declined', 'insufficient_funds'],
    ['chargeDeclinedLostCard', '4000000000009987', 'card_declined', 'lost_card'],
    ['chargeDeclinedStolenCard', '4000000000009979', 'card_declined', 'stolen_card'],
    ['chargeDeclinedVelocityLimitExceeded', '4000000000006975', 'card_declined', 'card_velocity_exceeded'],
    ['chargeDeclinedFraudulent', null, 'card_declined', 'fraudulent'],
    ['chargeDeclinedExpiredCard', '4000000000000069', 'expired_card', undefined],
    ['chargeDeclinedIncorrectCvc', '4000000000000127', 'incorrect_cvc', undefined],
    ['chargeDeclinedProcessingError', '4000000000000119', 'processing_error', undefined],
  ]
  test.each(cards)('%s: on attach, on set-up and on a payment', async (name, number, code, declineCode) => {
    const customer = (await stripe.customers.create({})).id
    const methods = [...spellings(name).map(spelling => `pm_card_${spelling}`)]
    for (const spelling of spellings(name)) methods.push((await fromToken(spelling)).id)
    if (number) methods.push((await fromNumber(number)).id)
    for (const method of methods) {
      const error = await failure(stripe.paymentMethods.attach(method, { customer }))
      expect([error.type, error.statusCode, error.code, error.decline_code || undefined]).toEqual([
        'StripeCardError',
        402,
        code,
        declineCode,
      ])
    }
    const setup = await failure(
      stripe.setupIntents.create({ customer, payment_method: `pm_card_${name}`, confirm: true }),
    )
    expect([setup.code, setup.setup_intent?.status]).toEqual([code, 'requires_payment_method'])
    const paid = await failure(
      stripe.paymentIntents.create({ amount: 700, currency: 'usd', payment_method: `pm_card_${name}`, confirm: true }),
    )
    expect([paid.code, paid.decline_code || undefined, paid.payment_intent?.status]).toEqual([
      code,
      declineCode,
      'requires_payment_method',
    ])
    expect((await stripe.charges.retrieve(paid.charge!)).status).toBe('failed')
  })
})

describe('cards that can be saved and then not charged', () => {
  test.each([
    ['chargeCustomerFail', 'generic_decline'],
    ['chargeCustomerFailLostCard', 'lost_card'],
    ['chargeCustomerFailStolenCard', 'stolen_card'],
  ])('%s: %s', async (name, declineCode) => {
    for (const spelling of spellings(name)) {
      const card = await savedCard(stripe, (await fromToken(spelling)).id)
      const error = await failure(payment(stripe, card))
      expect([error.code, error.decline_code || undefined]).toEqual(['card_declined', declineCode])
      const { latest_charge, last_payment_error, payment_method } = error.payment_intent!
      expect([latest_charge, last_payment_error?.decline_code, payment_method]).toEqual([
        error.charge,
        declineCode,
        null,
      ])
    }
    const setup = await stripe.setupIntents.create({ payment_method: `pm_card_${name}`, confirm: true })
    expect(setup.status).toBe('succeeded')
  })

  test('the published number of chargeCustomerFail', async () => {
    const card = await savedCard(stripe, (await fromNumber('4000000000000341')).id)
    expect((await failure(payment(stripe, card))).decline_code).toBe('generic_decline')
  })
})

describe('wrong card data', () => {
  test.each([
    ['a wrong check digit', { number: '4242424242424241' }, 'incorrect_number', undefined],
    ['letters', { number: '4242abcd42424242' }, 'incorrect_number', undefined],
    ['a number that is no test number', { number: '4916338506082832' }, 'card_declined', 'test_mode_live_card'],
    ['month 13', { exp_month: 13 }, 'invalid_expiry_month', undefined],
    ['month 0', { exp_month: 0 }, 'invalid_expiry_month', undefined],
    ['a past year', { exp_year: 2019 }, 'invalid_expiry_year', undefined],
    ['a year far ahead', { exp_year: 2199 }, 'invalid_expiry_year', undefined],
    ['two digits of a security code', { cvc: '12' }, 'invalid_cvc', undefined],
  ])('%s', async (_, wrong, code, declineCode) => {
    const card = { number: '4242424242424242', exp_month: 12, exp_year: 2040, cvc: '123', ...wrong }
    const dates = { exp_month: String(card.exp_month), exp_year: String(card.exp_year) }
    for (const call of [
      () => stripe.tokens.create({ card: { ...card, ...dates } }),
      () => stripe.paymentMethods.create({ type: 'card', card }),
    ]) {
      const error = await failure(call())
      expect([error.statusCode, error.type, error.code, error.decline_code || undefined]).toEqual([
        402,
        'StripeCardError',
        code,
        declineCode,
      ])
      expect(error.message).not.toMatch(/\d{6}/)
    }
  })

  test('a token is used once', async () => {
    const token = await stripe.tokens.retrieve('tok_visa')
    expect(token.id).toMatch(/^tok_[A-Za-z0-9]{24}$/)
    await stripe.paymentMethods.create({ type: 'card', card: { token: token.id } })
    const error = await failure(stripe.paymentMethods.create({ type: 'card', card: { token: token.id } }))
    expect([error.statusCode, error.code]).toEqual([400, 'token_already_used'])
    expect((await stripe.tokens.retrieve(token.id)).used).toBe(true)
  })

  test('unknown names and ids', async () => {
    expect((await failure(stripe.paymentMethods.retrieve('pm_card_unicorn'))).code).toBe('resource_missing')
    expect((await failure(stripe.tokens.retrieve('tok_unicorn'))).code).toBe('resource_missing')
    expect((await failure(fromToken('unicorn'))).code).toBe('resource_missing')
  })
})

describe('cards whose bank asks the payer', () => {
  const onSession = (card: { customer: string; method: string }) => payment(stripe, card, { off_session: false })
  const complete = (id: string, outcome = 'succeed') =>
    suite.control('POST', `/complete_authentication/${id}`, { outcome })

  // name, number, on session, off session, after authentication
  test.each([
    ['authenticationRequired', '4000002760003184', 'asks', 'authentication_required', 'succeeded'],
    ['authenticationRequiredOnSetup', '4000002500003155', 'asks', 'authentication_required', 'succeeded'],
    ['authenticationRequiredSetupForOffSession', '4000003800000446', 'asks', 'succeeded', 'succeeded'],
    [
      'authenticationRequiredChargeDeclinedInsufficientFunds',
      '4000008260003178',
      'asks',
      'authentication_required',
      'insufficient_funds',
    ],
    ['threeDSecure2Required', '4000000000003220', 'asks', 'authentication_required', 'succeeded'],
    ['threeDSecure2RequiredChargeDeclined', '4000008400001629', 'asks', 'authentication_required', 'generic_decline'],
    ['threeDSecure2RequiredProcessingError', '4000008400001280', 'generic_decline', 'generic_decline', null],
    ['threeDSecureOptional', '4000000000003055', 'succeeded', 'succeeded', null],
  ])('%s', async (name, number, now, later, then) => {
    const end = async (call: Promise<Stripe.PaymentIntent>) => {
      const [result] = await Promise.allSettled([call])
      return result!.status === 'fulfilled' ? result!.value.status : result!.reason.decline_code || result!.reason.code
    }
    const cards = [
      await savedCard(stripe, `pm_card_${name}`),
      await savedCard(stripe, (await fromNumber(number)).id),
      await savedCard(stripe, (await fromToken(`visa_${name}`)).id),
    ]
    for (const card of cards) {
      expect(await end(onSession(card))).toBe(now === 'asks' ? 'requires_action' : now)
      expect(await end(payment(stripe, card))).toBe(later)
    }
    if (then === null) return
    const asked = await onSession(cards[0]!)
    expect(asked.next_action?.type).toBe('use_stripe_sdk')
    await complete(asked.id)
    const after = await stripe.paymentIntents.retrieve(asked.id)
    expect(after.status === 'succeeded' ? after.status : after.last_payment_error?.decline_code).toBe(then)
    const refused = await onSession(cards[1]!)
    await complete(refused.id, 'fail')
    const gone = await stripe.paymentIntents.retrieve(refused.id)
    expect([gone.status, gone.last_payment_error?.code]).toEqual([
      'requires_payment_method',
      'payment_intent_authentication_failure',
    ])
  })

  test('a card that was set up with authentication is charged off session', async () => {
    const customer = (await stripe.customers.create({})).id
    const end = async (name: string) => {
      const setup = await stripe.setupIntents.create({
        customer,
        payment_method: `pm_card_${name}`,
        confirm: true,
        usage: 'off_session',
      })
      expect(setup.status).toBe('requires_action')
      await complete(setup.id)
      return payment(stripe, {
        customer,
        method: String((await stripe.setupIntents.retrieve(setup.id)).payment_method),
      })
    }
    expect((await end('authenticationRequiredOnSetup')).status).toBe('succeeded')
    expect((await failure(end('authenticationRequired'))).code).toBe('authentication_required')
    expect((await failure(end('authenticationRequiredChargeDeclinedInsufficientFunds'))).decline_code).toBe(
      'insufficient_funds',
    )
  })

  test('3-D Secure on request, and an error instead of a question', async () => {
    const card = await savedCard(stripe, 'pm_card_threeDSecureOptional')
    const options = { payment_method_options: { card: { request_three_d_secure: 'any' as const } } }
    expect((await payment(stripe, card, { ...options, off_session: false })).status).toBe('requires_action')
    const strict = await savedCard(stripe, 'pm_card_threeDSecure2Required')
    const error = await failure(payment(stripe, strict, { off_session: false, error_on_requires_action: true }))
    expect([error.statusCode, error.code, error.payment_intent?.status]).toEqual([
      402,
      'authentication_required',
      'requires_payment_method',
    ])
  })
})

describe('cards that Radar and the checks judge', () => {
  test('radarBlock is blocked before it reaches the bank', async () => {
    const error = await failure(payment(stripe, await savedCard(stripe, 'pm_card_radarBlock')))
    const { outcome } = await stripe.charges.retrieve(error.charge!)
    expect([error.code, outcome?.type, outcome?.network_status, outcome?.risk_level]).toEqual([
      'card_declined',
      'blocked',
      'not_sent_to_network',
      'highest',
    ])
  })

  test.each([
    ['riskLevelHighest', 'highest'],
    ['riskLevelElevated', 'elevated'],
    ['visa', 'normal'],
  ])('%s is of %s risk and passes', async (name, level) => {
    const paid = await payment(stripe, await savedCard(stripe, `pm_card_${name}`), { expand: ['latest_charge'] })
    expect((paid.latest_charge as Stripe.Charge).outcome).toMatchObject({ risk_level: level, type: 'authorized' })
  })

  test('the highest risk is blocked where the account wants that', async () => {
    const { customer, method } = await savedCard(stripe, 'pm_card_riskLevelHighest')
    await suite.control('POST', '/settings', { account_key: suite.key, block_highest_risk: true })
    expect((await failure(payment(stripe, { customer, method }))).code).toBe('card_declined')
    await suite.control('POST', '/settings', { account_key: suite.key, block_highest_risk: false })
  })

  const checks = (cvc: string | null, line1: string | null, zip: string | null) => ({
    cvc_check: cvc,
    address_line1_check: line1,
    address_postal_code_check: zip,
  })
  const address = { billing_details: { address: { line1: 'A street', postal_code: '12345' } } }
  test.each([
    ['cvcCheckFail', '4000000000000101', checks('fail', null, null), checks('fail', 'pass', 'pass')],
    ['avsZipFail', '4000000000000036', checks('pass', 'pass', 'fail'), checks('pass', 'pass', 'fail')],
    ['avsFail', '4000000000000010', checks('pass', 'fail', 'fail'), checks('pass', 'fail', 'fail')],
    ['avsLine1Fail', '4000000000000028', checks('pass', 'fail', 'pass'), checks('pass', 'fail', 'pass')],
    [
      'avsUnchecked',
      '4000000000000044',
      checks('pass', 'unchecked', 'unchecked'),
      checks('pass', 'unchecked', 'unchecked'),
    ],
  ])('%s', async (name, number, byName, byData) => {
    expect((await stripe.paymentMethods.retrieve(`pm_card_${name}`)).card?.checks).toEqual(byName)
    const card = { number, exp_month: 1, exp_year: 2040 }
    const sent = await stripe.paymentMethods.create({ type: 'card', card: { ...card, cvc: '123' }, ...address })
    expect(sent.card?.checks).toEqual(byData)
    const bare = await stripe.paymentMethods.create({ type: 'card', card })
    expect(bare.card?.checks).toEqual(checks(null, null, null))
    const paid = await payment(stripe, await savedCard(stripe, sent.id), { expand: ['latest_charge'] })
    expect((paid.latest_charge as Stripe.Charge).payment_method_details?.card?.checks).toEqual(byData)
  })
})

describe('cards whose story goes on after the payment', () => {
  const disputesOf = (payment_intent: string) => stripe.disputes.list({ payment_intent })

  test.each([
    ['createDispute', '4000000000000259', ['fraudulent'], 'needs_response', 1000],
    ['createDisputeProductNotReceived', '4000000000002685', ['product_not_received'], 'needs_response', 1000],
    ['createDisputeInquiry', '4000000000001976', ['general'], 'warning_needs_response', 0],
    ['createMultipleDisputes', '4000000404000079', ['product_not_received', 'fraudulent'], 'needs_response', 1000],
  ])('%s', async (name, number, reasons, status, taken) => {
    for (const method of [`pm_card_${name}`, (await fromNumber(number)).id, (await fromToken(name)).id]) {
      const paid = await payment(stripe, await savedCard(stripe, method))
      const disputes = await eventually(async () => {
        const { data } = await disputesOf(paid.id)
        return data.length === reasons.length && data
      })
      expect(disputes.map(dispute => dispute.reason)).toEqual(reasons)
      expect(new Set(disputes.map(dispute => dispute.status))).toEqual(new Set([status]))
      const rows = disputes.flatMap(dispute => dispute.balance_transactions)
      expect(rows.reduce((sum, row) => sum - row.amount, 0)).toBe(taken)
      expect((await stripe.charges.retrieve(String(paid.latest_charge))).disputed).toBe(true)
    }
  })

  test('createIssuerFraudRecord warns without a dispute', async () => {
    const paid = await payment(stripe, await savedCard(stripe, (await fromNumber('4000000000005423')).id))
    const warning = await eventually(async () => {
      const { data } = await stripe.events.list({ type: 'radar.early_fraud_warning.created' })
      return data[0]?.data.object as Stripe.Radar.EarlyFraudWarning | undefined
    })
    expect([warning.charge, warning.payment_intent]).toEqual([paid.latest_charge, paid.id])
    expect((await disputesOf(paid.id)).data).toEqual([])
  })

  test.each([
    ['pendingRefund', '4000000000007726', 'pending', 'succeeded'],
    ['refundFail', '4000000000005126', 'succeeded', 'failed'],
  ])('%s', async (name, number, first, last) => {
    for (const method of [`pm_card_${name}`, (await fromNumber(number)).id]) {
      const paid = await payment(stripe, await savedCard(stripe, method))
      const refund = await stripe.refunds.create({ payment_intent: paid.id })
      expect(refund.status).toBe(first)
      await eventually(async () => (await stripe.refunds.retrieve(refund.id)).status === last)
      const charge = await stripe.charges.retrieve(String(paid.latest_charge))
      expect(charge.amount_refunded).toBe(last === 'failed' ? 0 : 1000)
    }
  })

  test.each([
    ['bypassPending', 'US'],
    ['bypassPendingInternational', 'IE'],
  ])('%s: the money is available at once', async (name, country) => {
    const paid = await payment(stripe, await savedCard(stripe, `pm_card_${name}`))
    const charge = await eventually(async () => {
      const found = await stripe.charges.retrieve(String(paid.latest_charge), { expand: ['balance_transaction'] })
      return found.balance_transaction ? found : null
    })
    expect(charge.payment_method_details?.card?.country).toBe(country)
    expect((charge.balance_transaction as Stripe.BalanceTransaction).status).toBe('available')
  })
})
