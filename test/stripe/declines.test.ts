import { describe, expect, test } from 'vitest'
import { maskedMessage } from '../../src/stripe/classify-failure.ts'
import { CURRENCIES } from '../../src/stripe/currencies.ts'
import { DECLINE_RULES, declineRule } from '../../src/stripe/declines.ts'
import { isStripeId, isTestAlias } from '../../src/stripe/stripe-ids.ts'

const rule = (declineCode: string | null, more: Partial<Parameters<typeof declineRule>[0]> = {}) =>
  declineRule({ code: 'card_declined', declineCode, ...more })
const DAY = 86_400

describe('after a decline', () => {
  test.each([
    ['lost_card', 'new_card', null],
    ['incorrect_cvc', 'new_card', null],
    ['fraudulent', 'never', null],
    ['duplicate_transaction', 'never', null],
    ['generic_decline', 'after', DAY],
    ['insufficient_funds', 'after', 3 * DAY],
    ['issuer_not_available', 'after', 14_400],
    ['authentication_required', 'payer_action', null],
    ['a_code_of_tomorrow', 'never', null],
    ['constructor', 'never', null],
  ])('of %s the retry is %s', (code, retry, retryAfterSeconds) => {
    expect(rule(code)).toEqual({ retry, retryAfterSeconds })
  })

  test('without a decline code the error code counts', () => {
    expect(declineRule({ code: 'expired_card', declineCode: null })).toMatchObject({ retry: 'new_card' })
    expect(declineRule({ code: 'expired_card', declineCode: 'unheard_of' })).toMatchObject({ retry: 'new_card' })
    expect(declineRule({ code: null, declineCode: null })).toMatchObject({ retry: 'never' })
  })

  test('advice makes an open rule stricter and settles an unknown code, and never softens a refusal', () => {
    expect(rule('generic_decline', { adviceCode: 'do_not_try_again' })).toMatchObject({ retry: 'never' })
    expect(rule('do_not_honor', { adviceCode: 'confirm_card_data' })).toMatchObject({ retry: 'new_card' })
    expect(rule('processing_error', { adviceCode: 'try_again_later' })).toEqual({
      retry: 'after',
      retryAfterSeconds: DAY,
    })
    expect(rule('a_code_of_tomorrow', { adviceCode: 'try_again_later' })).toMatchObject({ retry: 'after' })
    expect(rule('fraudulent', { adviceCode: 'try_again_later' })).toMatchObject({ retry: 'never' })
    expect(rule('stolen_card', { adviceCode: 'try_again_later' })).toMatchObject({ retry: 'new_card' })
  })

  test('a network’s delay counts when it is longer, its refusal always, and only for its own cards', () => {
    expect(rule('generic_decline', { brand: 'mastercard', networkAdviceCode: '30' })).toMatchObject({
      retryAfterSeconds: 10 * DAY,
    })
    expect(rule('insufficient_funds', { brand: 'mastercard', networkAdviceCode: '24' })).toMatchObject({
      retryAfterSeconds: 3 * DAY,
    })
    expect(rule('generic_decline', { brand: 'mastercard', networkAdviceCode: '03' })).toMatchObject({ retry: 'never' })
    expect(rule('generic_decline', { brand: 'visa', networkAdviceCode: '03' })).toMatchObject({ retry: 'after' })
    expect(rule('generic_decline', { brand: 'visa', networkDeclineCode: '14' })).toMatchObject({ retry: 'never' })
    expect(rule('generic_decline', { brand: 'amex', networkDeclineCode: '14' })).toMatchObject({ retry: 'after' })
  })

  test('every rule with a delay is an `after`, and no other has one', () => {
    for (const [code, { retry, retryAfterSeconds }] of Object.entries(DECLINE_RULES)) {
      expect(retry === 'after', code).toBe(retryAfterSeconds !== null)
    }
  })
})

test('currencies are lower case, and have the decimals and steps of Stripe’s API', () => {
  expect(CURRENCIES.size).toBeGreaterThan(130)
  for (const code of CURRENCIES.keys()) expect(code).toMatch(/^[a-z]{3}$/)
  expect(CURRENCIES.get('usd')).toEqual({ exponent: 2, step: 1, minimum: 50 })
  expect(CURRENCIES.get('jpy')).toEqual({ exponent: 0, step: 1, minimum: 50 })
  expect(CURRENCIES.get('kwd')).toEqual({ exponent: 3, step: 10, minimum: null })
  expect(CURRENCIES.get('isk')).toEqual({ exponent: 2, step: 100, minimum: null })
  expect(CURRENCIES.get('mnt')).toEqual({ exponent: 2, step: 1, minimum: null })
  expect(CURRENCIES.get('USD')).toBeUndefined()
})

test('ids are told by kind, and test-mode names from real ids', () => {
  expect(isStripeId('payment_method', 'pm_1Abc')).toBe(true)
  expect(isStripeId('payment_method', 'pm_card_visa')).toBe(true)
  expect(isStripeId('payment_method', 'pi_1Abc')).toBe(false)
  expect(isStripeId('charge', 'py_1Abc')).toBe(true)
  for (const id of ['pm_', 'pm-1', 'pm_1/..', 'pm_1 ', ' pm_1', 'pm_1\n', 1, null, undefined]) {
    expect(isStripeId('payment_method', id)).toBe(false)
  }
  expect(['pm_card_visa', 'tok_visa', 'tok_chargeDeclined'].every(isTestAlias)).toBe(true)
  expect(['pm_1Abc', 'tok_1Abc', 'pi_1Abc'].some(isTestAlias)).toBe(false)
})

test('a message of Stripe loses whatever could be a value', () => {
  expect(maskedMessage("No such customer: 'cus_123'")).toBe('No such customer: …')
  expect(maskedMessage('Invalid email jo@example.com (see https://stripe.com/x)')).toBe('Invalid email … (see …')
  expect(maskedMessage('Card 4242 4242 4242 4242 was declined.')).toBe('Card … … … … was declined.')
  expect(maskedMessage('word '.repeat(500))?.length).toBeLessThanOrEqual(200)
  expect(maskedMessage('')).toBeNull()
  expect(maskedMessage({})).toBeNull()
})
