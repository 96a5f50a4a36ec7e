// How an amount of money is written for the person who pays it.
import type { Language } from '../domain/languages.ts'
import { CURRENCIES } from '../stripe/currencies.ts'

/** `amount` in minor units, `currency` in lower case: `USD 48.00`, with the separators of the language. */
export function formatAmount(amount: number, currency: string, language: Language): string {
  const digits = CURRENCIES.get(currency)?.exponent ?? 2
  const format = new Intl.NumberFormat(language, { minimumFractionDigits: digits, maximumFractionDigits: digits })
  return `${currency.toUpperCase()} ${format.format(amount / 10 ** digits)}`
}
