/** Builds the charge that an attempt to pay leaves behind, successful or not. */
import type Stripe from 'stripe'
import { DECLINES, type Decline, type DeclineName } from '../cards/declines.ts'
import { cardOfKey, type MagicCard } from '../cards/magic-cards.ts'
import type { Account } from '../state/account.ts'
import type { ChargeRecord, PaymentMethodRecord } from '../state/records.ts'
import { DAY_MS } from '../state/time.ts'

/** Seven days, after which an authorization that was not captured ends. */
export const AUTHORIZATION_MS = 7 * DAY_MS

export type ChargeResult =
  | { kind: 'paid'; captured: boolean }
  | { kind: 'failed'; decline: DeclineName; blocked: boolean }

export function createCharge(
  account: Account,
  intent: Stripe.PaymentIntent,
  method: PaymentMethodRecord,
  result: ChargeResult,
  authenticated: boolean,
): ChargeRecord {
  const id = account.ids.next('ch')
  const paid = result.kind === 'paid'
  const decline: Decline | null = result.kind === 'failed' ? DECLINES[result.decline] : null
  const view: Stripe.Charge = {
    id,
    object: 'charge',
    amount: intent.amount,
    amount_captured: paid && result.captured ? intent.amount : 0,
    amount_refunded: 0,
    application: null,
    application_fee: null,
    application_fee_amount: null,
    balance_transaction: null,
    billing_details: method.view.billing_details,
    calculated_statement_descriptor: 'SIMULATOR',
    captured: paid && result.captured,
    created: account.nowSeconds,
    currency: intent.currency,
    customer: intent.customer,
    description: intent.description,
    disputed: false,
    failure_balance_transaction: null,
    failure_code: decline?.code ?? null,
    failure_message: decline?.message ?? null,
    fraud_details: {},
    livemode: false,
    metadata: { ...intent.metadata },
    on_behalf_of: null,
    outcome: outcomeOf(account, cardOfKey(method.card), result, decline),
    paid,
    payment_intent: intent.id,
    payment_method: method.id,
    payment_method_details: { card: cardDetails(account, intent, method, result, authenticated), type: 'card' },
    radar_options: {},
    receipt_email: intent.receipt_email,
    receipt_number: null,
    receipt_url: null,
    refunded: false,
    review: null,
    shipping: intent.shipping,
    source: null,
    source_transfer: null,
    statement_descriptor: intent.statement_descriptor,
    statement_descriptor_suffix: intent.statement_descriptor_suffix,
    status: paid ? 'succeeded' : 'failed',
    transfer_data: null,
    transfer_group: intent.transfer_group,
  }
  return account.tables.charges.add({ id, view, card: method.card })
}

function cardDetails(
  account: Account,
  intent: Stripe.PaymentIntent,
  method: PaymentMethodRecord,
  result: ChargeResult,
  authenticated: boolean,
): Stripe.Charge.PaymentMethodDetails.Card {
  const card = method.view.card!
  const held = result.kind === 'paid' && !result.captured
  return {
    amount_authorized: result.kind === 'paid' ? intent.amount : null,
    authorization_code: result.kind === 'paid' ? account.ids.letters(6).toUpperCase() : null,
    brand: card.brand,
    ...(held && { capture_before: account.nowSeconds + AUTHORIZATION_MS / 1000 }),
    checks: card.checks,
    country: card.country,
    electronic_commerce_indicator: authenticated ? '05' : '07',
    exp_month: card.exp_month,
    exp_year: card.exp_year,
    fingerprint: card.fingerprint ?? null,
    funding: card.funding,
    installments: null,
    last4: card.last4,
    mandate: null,
    network: card.brand,
    network_transaction_id: account.ids.letters(15),
    regulated_status: 'unregulated',
    three_d_secure: authenticated ? threeDSecure(account) : null,
    transaction_link_id: null,
    wallet: null,
  }
}

function threeDSecure(account: Account): Stripe.Charge.PaymentMethodDetails.Card.ThreeDSecure {
  return {
    authentication_flow: 'challenge',
    electronic_commerce_indicator: '05',
    exemption_indicator: null,
    result: 'authenticated',
    result_reason: null,
    transaction_id: account.ids.letters(20),
    version: '2.2.0',
  }
}

function outcomeOf(
  account: Account,
  card: MagicCard,
  result: ChargeResult,
  decline: Decline | null,
): Stripe.Charge.Outcome {
  const level = card.radar === 'elevated' ? 'elevated' : card.radar ? 'highest' : 'normal'
  const common = {
    advice_code: decline?.adviceCode ?? null,
    network_advice_code: null,
    network_decline_code: decline?.networkDeclineCode ?? null,
    risk_level: level,
    risk_score: { normal: 20, elevated: 65, highest: 92 }[level],
  }
  if (result.kind === 'paid') {
    return {
      ...common,
      network_status: 'approved_by_network',
      reason: null,
      seller_message: 'Payment complete.',
      type: 'authorized',
    }
  }
  if (result.blocked) {
    return {
      ...common,
      advice_code: null,
      network_decline_code: null,
      network_status: 'not_sent_to_network',
      reason: 'highest_risk_level',
      ...(account.settings.blockHighestRisk && { rule: 'block_if_high_risk' }),
      seller_message: 'Stripe blocked this payment as too risky.',
      type: 'blocked',
    }
  }
  return {
    ...common,
    network_status: 'declined_by_network',
    reason: decline?.declineCode ?? decline?.code ?? null,
    seller_message: 'The bank did not return any further details with this decline.',
    type: 'issuer_declined',
  }
}
