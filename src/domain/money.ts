// Money as the contract has it: an amount in minor units of an ISO 4217 currency.
import { z } from 'zod'
import { CURRENCIES } from '../stripe/currencies.ts'

export const AMOUNT_MAX = 99_999_999

export const amountSchema = z.int().min(1).max(AMOUNT_MAX).describe('Minor units of the currency, 1 to 99,999,999.')

export const currencySchema = z
  .string()
  .refine(code => CURRENCIES.has(code), 'must be an ISO 4217 code in lower case that Stripe takes')
  .describe('ISO 4217, lower case.')
