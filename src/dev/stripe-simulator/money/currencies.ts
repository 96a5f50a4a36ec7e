/** Currencies that Stripe presents, and the smallest amount it charges. Source: docs.stripe.com/currencies. */
import { invalidParameter, StripeApiError } from '../api/stripe-error.ts'

const SUPPORTED = new Set(
  (
    'aed afn all amd ang aoa ars aud awg azn bam bbd bdt bgn bhd bif bmd bnd bob brl bsd bwp byn bzd cad cdf chf clp cny ' +
    'cop crc cve czk djf dkk dop dzd egp etb eur fjd fkp gbp gel gip gmd gnf gtq gyd hkd hnl hrk htg huf idr ils inr isk ' +
    'jmd jod jpy kes kgs khr kmf krw kwd kyd kzt lak lbp lkr lrd lsl mad mdl mga mkd mmk mnt mop mur mvr mwk mxn myr mzn ' +
    'nad ngn nio nok npr nzd omr pab pen pgk php pkr pln pyg qar ron rsd rub rwf sar sbd scr sek sgd shp sle sos srd std ' +
    'szl thb tjs tnd top try ttd twd tzs uah ugx usd uyu uzs vnd vuv wst xaf xcd xof xpf yer zar zmw'
  ).split(' '),
)

/** In minor units; where the table says nothing, Stripe's 0.50 of a dollar is taken as one unit. */
const SMALLEST: Readonly<Record<string, number>> = {
  aed: 200,
  aud: 50,
  bgn: 100,
  brl: 50,
  cad: 50,
  chf: 50,
  czk: 1500,
  dkk: 250,
  eur: 50,
  gbp: 30,
  hkd: 400,
  huf: 17500,
  inr: 50,
  jpy: 50,
  mxn: 1000,
  myr: 200,
  nok: 300,
  nzd: 50,
  pln: 200,
  ron: 200,
  sek: 300,
  sgd: 50,
  thb: 1000,
  usd: 50,
}
/** Eight digits. */
const LARGEST = 99_999_999

const ZERO_DECIMAL = new Set('bif clp djf gnf jpy kmf krw mga pyg rwf ugx vnd vuv xaf xof xpf'.split(' '))
/** Three decimals at the bank, of which the last must be 0. */
const THREE_DECIMAL = new Set('bhd jod kwd omr tnd'.split(' '))
/** Kept with two decimals for old times' sake, which must be 00. */
const WHOLE_ONLY = new Set('isk ugx'.split(' '))

export function isZeroDecimal(currency: string): boolean {
  return ZERO_DECIMAL.has(currency)
}

/** The currency in lower case, as objects carry it; 400 when Stripe has none of that name. */
export function checkCurrency(currency: string): string {
  const lower = currency.toLowerCase()
  if (!SUPPORTED.has(lower))
    throw invalidParameter('Invalid currency. Stripe does not support this currency.', 'currency')
  return lower
}

/** 400 `amount_too_small`, `amount_too_large`, or `parameter_invalid_integer` for a fraction that cannot be. */
export function checkChargeAmount(amount: number, currency: string): void {
  const smallest = SMALLEST[currency] ?? 1
  if (amount < smallest)
    throw wrongAmount('amount_too_small', `Amount must be at least ${smallest} ${currency} in its smallest unit`)
  if (amount > LARGEST)
    throw wrongAmount('amount_too_large', `Amount must be no more than ${LARGEST} ${currency} in its smallest unit`)
  const step = THREE_DECIMAL.has(currency) ? 10 : WHOLE_ONLY.has(currency) && !isZeroDecimal(currency) ? 100 : 1
  if (amount % step !== 0) {
    throw invalidParameter(
      `Amounts in ${currency} must be divisible by ${step}.`,
      'amount',
      'parameter_invalid_integer',
    )
  }
}

function wrongAmount(code: string, message: string): StripeApiError {
  return new StripeApiError(400, { type: 'invalid_request_error', code, message, param: 'amount' }, false)
}
