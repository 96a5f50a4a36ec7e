/** Card data as a browser sends it: the number is looked up among the published test numbers and then forgotten. */
import { invalidParameter } from '../api/stripe-error.ts'
import type { Account } from '../state/account.ts'
import { wrongCardData } from './card-error.ts'
import { cardOfNumber, type MagicCard } from './magic-cards.ts'

export interface CardDetails {
  card: MagicCard
  expMonth: number
  expYear: number
  cvcSent: boolean
  /** A magic name stands for a card of which everything was sent. */
  byName: boolean
}

export interface RawCardData {
  number?: string
  exp_month?: number
  exp_year?: number
  cvc?: string
}

/** Years from now in which the cards behind magic names expire. */
const YEARS_TO_EXPIRY = 3

/** The card that a magic name stands for, with an expiry ahead of the clock. */
export function detailsOfName(account: Account, card: MagicCard): CardDetails {
  const year = new Date(account.simulator.clock.nowMs()).getUTCFullYear()
  return { card, expMonth: 12, expYear: year + YEARS_TO_EXPIRY, cvcSent: true, byName: true }
}

/** Checks card data; 402 for a wrong number, expiry or security code, as at Stripe. */
export function detailsOfData(account: Account, data: RawCardData, param = 'card'): CardDetails {
  const { number, exp_month: month, exp_year: year, cvc } = data
  for (const [name, value] of [
    ['number', number],
    ['exp_month', month],
    ['exp_year', year],
  ] as const) {
    if (value === undefined)
      throw invalidParameter(`Missing required param: ${param}[${name}].`, `${param}[${name}]`, 'parameter_missing')
  }
  const card = lookUp(number!)
  const now = new Date(account.simulator.clock.nowMs())
  if (month! < 1 || month! > 12) {
    throw wrongCardData('invalid_expiry_month', "Your card's expiration month is invalid.", 'exp_month')
  }
  const fullYear = year! < 100 ? 2000 + year! : year!
  const thisYear = now.getUTCFullYear()
  if (fullYear < thisYear || fullYear > thisYear + 50) {
    throw wrongCardData('invalid_expiry_year', "Your card's expiration year is invalid.", 'exp_year')
  }
  if (isExpired(now.getTime(), month!, fullYear)) {
    throw wrongCardData('invalid_expiry_month', "Your card's expiration month is invalid.", 'exp_month')
  }
  if (cvc !== undefined && !(card.brand === 'amex' ? /^\d{3,4}$/ : /^\d{3}$/).test(cvc)) {
    throw wrongCardData('invalid_cvc', "Your card's security code is invalid.", 'cvc')
  }
  return { card, expMonth: month!, expYear: fullYear, cvcSent: cvc !== undefined, byName: false }
}

/** A card is good to the end of its month. */
export function isExpired(nowMs: number, expMonth: number, expYear: number): boolean {
  return nowMs >= Date.UTC(expYear, expMonth, 1)
}

function lookUp(number: string): MagicCard {
  const digits = number.replace(/[ -]/g, '')
  const card = cardOfNumber(digits)
  if (card) return card
  if (!/^\d{12,19}$/.test(digits) || !passesLuhn(digits)) {
    throw wrongCardData('incorrect_number', 'Your card number is incorrect.', 'number')
  }
  const message =
    'Your card was declined. Your request was in test mode, but used a non test card. For a list of valid test cards, visit: https://stripe.com/docs/testing.'
  throw wrongCardData('card_declined', message, 'number', 'test_mode_live_card')
}

function passesLuhn(digits: string): boolean {
  let sum = 0
  for (let i = 0; i < digits.length; i++) {
    const digit = Number(digits[digits.length - 1 - i])
    sum += i % 2 === 0 ? digit : digit > 4 ? 2 * digit - 9 : 2 * digit
  }
  return sum % 10 === 0
}
