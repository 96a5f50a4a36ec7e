/** Builds a payment intent as it is before anything happened to it. */
import type Stripe from 'stripe'
import type { Account } from '../state/account.ts'
import type { PaymentIntentRecord } from '../state/records.ts'

export interface NewPaymentIntent {
  amount: number
  currency: string
  allowed_payment_method_types?: string[]
  automatic_payment_methods?: { enabled: 'true' | 'false'; allow_redirects?: 'always' | 'never' }
  excluded_payment_method_types?: string[]
  capture_method?: 'automatic' | 'automatic_async' | 'manual'
  confirmation_method?: 'automatic' | 'manual'
  customer?: string
}

export function buildPaymentIntent(account: Account, wish: NewPaymentIntent): PaymentIntentRecord {
  const id = account.ids.next('pi')
  const allowed = wish.allowed_payment_method_types
  const automatic = wish.automatic_payment_methods
  const view: Stripe.PaymentIntent = {
    id,
    object: 'payment_intent',
    allowed_payment_method_types: allowed ?? null,
    amount: wish.amount,
    amount_capturable: 0,
    amount_details: { tip: {} },
    amount_received: 0,
    application: null,
    application_fee_amount: null,
    automatic_payment_methods: allowed ? null : automaticMethods(automatic),
    canceled_at: null,
    cancellation_reason: null,
    capture_method: wish.capture_method ?? 'automatic_async',
    client_secret: `${id}_secret_${account.ids.letters(25)}`,
    confirmation_method: wish.confirmation_method ?? 'automatic',
    created: account.nowSeconds,
    currency: wish.currency,
    customer: wish.customer ?? null,
    customer_account: null,
    description: null,
    excluded_payment_method_types: wish.excluded_payment_method_types ?? null,
    last_payment_error: null,
    latest_charge: null,
    livemode: false,
    managed_payments: null,
    metadata: {},
    next_action: null,
    on_behalf_of: null,
    payment_method: null,
    payment_method_configuration_details: null,
    payment_method_options: {
      card: { installments: null, mandate_options: null, network: null, request_three_d_secure: 'automatic' },
    },
    payment_method_types: ['card'],
    payment_record: null,
    processing: null,
    receipt_email: null,
    review: null,
    setup_future_usage: null,
    shipping: null,
    source: null,
    statement_descriptor: null,
    statement_descriptor_suffix: null,
    status: 'requires_payment_method',
    transfer_group: null,
  }
  return { id, view, confirmation: null }
}

export function automaticMethods(
  wish: NewPaymentIntent['automatic_payment_methods'],
): Stripe.PaymentIntent.AutomaticPaymentMethods {
  return { enabled: wish?.enabled !== 'false', allow_redirects: wish?.allow_redirects ?? 'always' }
}
