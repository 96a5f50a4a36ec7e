// The currencies that Stripe charges cards in (docs.stripe.com/currencies): how many decimals the API's amounts have,
// what they must be a multiple of, and the least amount where Stripe publishes one.

export type Currency = {
  /** Decimals of an API amount: 1000 with exponent 2 is 10.00. */
  exponent: 0 | 2 | 3
  /** An amount must be a multiple of this. */
  step: number
  /** The least amount when the account settles in this currency, null where none is published. */
  minimum: number | null
}

const TWO_DECIMALS =
  'aed afn all amd ang aoa ars aud awg azn bam bbd bdt bgn bmd bnd bob brl bsd bwp byn bzd cad cdf chf cny cop crc cve ' +
  'czk dkk dop dzd egp etb eur fjd fkp gbp gel gip gmd gtq gyd hkd hnl htg huf idr ils inr jmd kes kgs khr kyd kzt lak ' +
  'lbp lkr lrd lsl mad mdl mkd mmk mnt mop mur mvr mwk mxn myr mzn nad ngn nio nok npr nzd pab pen pgk php pkr pln qar ' +
  'ron rsd rub sar sbd scr sek sgd shp sle sos srd std szl thb tjs top try ttd twd tzs uah usd uyu uzs wst xcd xcg ' +
  'yer zar zmw'
const NO_DECIMALS = 'bif clp djf gnf jpy kmf krw mga pyg rwf vnd vuv xaf xof xpf'
// Card networks take no third decimal: the last digit is always 0.
const THREE_DECIMALS = 'bhd jod kwd omr tnd'
// Without decimals in the world, with two in the API: whole units only.
const TWO_DECIMALS_WHOLE_UNITS = 'isk ugx'

const MINIMUMS: Readonly<Record<string, number>> = {
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

/** By lower-case ISO 4217 code. */
export const CURRENCIES: ReadonlyMap<string, Currency> = new Map([
  ...listed(TWO_DECIMALS, 2, 1),
  ...listed(NO_DECIMALS, 0, 1),
  ...listed(THREE_DECIMALS, 3, 10),
  ...listed(TWO_DECIMALS_WHOLE_UNITS, 2, 100),
])

function listed(codes: string, exponent: Currency['exponent'], step: number): [string, Currency][] {
  return codes.split(' ').map(code => [code, { exponent, step, minimum: MINIMUMS[code] ?? null }])
}
