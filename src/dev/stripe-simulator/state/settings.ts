/** What an account lets its owner switch: delays, fees, payouts, the disorder of webhooks. */

export interface AccountSettings {
  /** Work at Stripe's side of each API call, in milliseconds of wall time. */
  apiDelayMs: number
  /** From a charge to its balance transaction, when the capture method is the default (asynchronous) one. */
  balanceTransactionDelayMs: number
  /** From a pending refund to its end, and from a succeeded one to its failure. */
  refundDelayMs: number
  /** From a charge to its dispute, and from evidence to the decision. */
  disputeDelayMs: number
  /** Above 0, a confirmed payment is `processing` for that long. */
  processingDelayMs: number
  feePercent: number
  feeFixed: number
  disputeFee: number
  automaticPayouts: boolean
  /** Radar's default rule; off, as a risk level of `highest` alone lets a payment through here. */
  blockHighestRisk: boolean
  /** The real list of a payout's transactions holds the payout's own negative row. */
  payoutListsItself: boolean
}

export const DEFAULT_SETTINGS: Readonly<AccountSettings> = {
  apiDelayMs: 0,
  balanceTransactionDelayMs: 300,
  refundDelayMs: 300,
  disputeDelayMs: 300,
  processingDelayMs: 0,
  feePercent: 2.9,
  feeFixed: 30,
  disputeFee: 1500,
  automaticPayouts: true,
  blockHighestRisk: false,
  payoutListsItself: true,
}

/** How webhooks are delivered out of order; the first four are probabilities from 0 to 1. */
export interface WebhookDisorder {
  duplicate: number
  reorder: number
  drop: number
  beforeAnswer: number
  delayMs: number
}

export const NO_DISORDER: Readonly<WebhookDisorder> = { duplicate: 0, reorder: 0, drop: 0, beforeAnswer: 0, delayMs: 0 }
