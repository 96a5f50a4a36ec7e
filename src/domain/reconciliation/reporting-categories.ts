// Stripe's reporting categories (docs.stripe.com/reports/reporting-categories): which of them the vault has rows for,
// and under which heading a payout shows them. The list is open: what is not here becomes an exception, never an error.

export type CategoryHeading = 'charges' | 'refunds' | 'disputes' | 'fees' | 'adjustments' | 'payouts' | 'other'

export type Category = {
  heading: CategoryHeading
  /** The vault's own row that a line of this category belongs to; null for what Stripe does by itself. */
  counterpart: 'charge' | 'refund' | 'dispute' | null
}

const line = (heading: CategoryHeading, counterpart: Category['counterpart'] = null): Category => ({
  heading,
  counterpart,
})

export const REPORTING_CATEGORIES: Readonly<Record<string, Category>> = {
  charge: line('charges', 'charge'),
  charge_failure: line('charges', 'charge'),
  partial_capture_reversal: line('charges', 'charge'),
  refund: line('refunds', 'refund'),
  refund_failure: line('refunds', 'refund'),
  dispute: line('disputes', 'dispute'),
  dispute_reversal: line('disputes', 'dispute'),
  fee: line('fees'),
  network_cost: line('fees'),
  tax: line('fees'),
  other_adjustment: line('adjustments'),
  payout: line('payouts'),
  payout_reversal: line('payouts'),
  anticipation_repayment: line('other'),
  climate_order_purchase: line('other'),
  climate_order_refund: line('other'),
  contribution: line('other'),
  financing_paydown: line('other'),
  financing_paydown_reversal: line('other'),
  financing_payout: line('other'),
  financing_payout_reversal: line('other'),
  payment_network_reserve_hold: line('other'),
  payment_network_reserve_release: line('other'),
  payout_minimum_balance_hold: line('other'),
  payout_minimum_balance_release: line('other'),
  risk_reserved_funds: line('other'),
  topup: line('other'),
  topup_reversal: line('other'),
  unreconciled_customer_funds: line('other'),
  // Connect and Issuing, which an account may use beside the vault.
  advance: line('other'),
  advance_funding: line('other'),
  connect_collection_transfer: line('other'),
  connect_reserved_funds: line('other'),
  issuing_authorization_hold: line('other'),
  issuing_authorization_release: line('other'),
  issuing_disbursement: line('other'),
  issuing_dispute: line('other'),
  issuing_dispute_fraud_liability_debit: line('other'),
  issuing_dispute_provisional_credit: line('other'),
  issuing_dispute_provisional_credit_reversal: line('other'),
  issuing_transaction: line('other'),
  platform_earning: line('other'),
  platform_earning_refund: line('other'),
  transfer: line('other'),
  transfer_reversal: line('other'),
}

export const KNOWN_CATEGORIES: readonly string[] = Object.keys(REPORTING_CATEGORIES)

/** Categories whose lines must have a row in the vault. */
export const COUNTERPART_CATEGORIES: readonly string[] = KNOWN_CATEGORIES.filter(
  name => REPORTING_CATEGORIES[name]?.counterpart,
)

export const headingOf = (category: string): CategoryHeading | 'unknown' =>
  REPORTING_CATEGORIES[category]?.heading ?? 'unknown'
