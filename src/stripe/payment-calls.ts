// Calls that move money or look at it: payment intents, charges, refunds, disputes.
import type Stripe from 'stripe'
import { type Call, expecting, pageOf, requireId, type StripePage } from './call.ts'
import type { StripeMetadata } from './card-calls.ts'
import {
  readCharge,
  readDispute,
  readPaymentIntent,
  readRefund,
  type StripeCharge,
  type StripeDispute,
  type StripePaymentIntent,
  type StripeRefund,
} from './payment-objects.ts'
import { createdRange, type StripeWindow } from './window.ts'

/** `amount` in minor units, `currency` in lower case; `captureMethod` defaults to automatic_async, as at Stripe. */
export type CreatePaymentIntent = {
  customer: string
  paymentMethod: string
  amount: number
  currency: string
  offSession: boolean
  captureMethod?: 'automatic_async' | 'manual'
  metadata: StripeMetadata
  description?: string
}

/** A second confirmation of an intent, on-session when the payer is there to authenticate. */
export type ConfirmPaymentIntent = { paymentMethod: string; offSession: boolean; returnUrl?: string }

export type CreateRefund = {
  paymentIntent: string
  /** Minor units; all that is left without it. */
  amount?: number
  reason?: 'duplicate' | 'fraudulent' | 'requested_by_customer'
  metadata: StripeMetadata
}

export type CancellationReason = 'abandoned' | 'duplicate' | 'fraudulent' | 'requested_by_customer'
export type OfPayment = { charge?: string; paymentIntent?: string }

/** Payment intents come with `latestCharge` expanded. */
export type PaymentCalls = {
  /** Creates and confirms in one call; a decline throws `declined` with the intent in the failure. */
  createPaymentIntent(params: CreatePaymentIntent, idempotencyKey: string): Promise<StripePaymentIntent>
  retrievePaymentIntent(id: string): Promise<StripePaymentIntent>
  /** One page, newest first: a list sees what was just written, a search does not. */
  listPaymentIntentsOfCustomer(params: { customer: string } & StripeWindow): Promise<StripePage<StripePaymentIntent>>
  confirmPaymentIntent(id: string, params: ConfirmPaymentIntent, idempotencyKey: string): Promise<StripePaymentIntent>
  /** `amountToCapture` in minor units; the whole without it. */
  capturePaymentIntent(
    id: string,
    params: { amountToCapture?: number },
    idempotencyKey: string,
  ): Promise<StripePaymentIntent>
  cancelPaymentIntent(
    id: string,
    params: { reason?: CancellationReason },
    idempotencyKey: string,
  ): Promise<StripePaymentIntent>
  retrieveCharge(id: string): Promise<StripeCharge>
  createRefund(params: CreateRefund, idempotencyKey: string): Promise<StripeRefund>
  retrieveRefund(id: string): Promise<StripeRefund>
  listRefunds(params: OfPayment & StripeWindow): Promise<StripePage<StripeRefund>>
  retrieveDispute(id: string): Promise<StripeDispute>
  listDisputes(params: OfPayment & StripeWindow): Promise<StripePage<StripeDispute>>
}

const WITH_CHARGE = ['latest_charge']

export function paymentCalls(stripe: Stripe, call: Call): PaymentCalls {
  return { ...paymentIntentCalls(stripe, call), ...paymentIntentMoves(stripe, call), ...chargeCalls(stripe, call) }
}

function paymentIntentCalls(stripe: Stripe, call: Call) {
  return {
    createPaymentIntent: (params: CreatePaymentIntent, idempotencyKey: string) =>
      call(
        { operation: 'createPaymentIntent', idempotencyKey },
        options =>
          stripe.paymentIntents.create(
            {
              amount: params.amount,
              currency: params.currency,
              customer: requireId('createPaymentIntent', 'customer', params.customer),
              payment_method: requireId('createPaymentIntent', 'payment_method', params.paymentMethod),
              allowed_payment_method_types: ['card'],
              confirm: true,
              off_session: params.offSession,
              capture_method: params.captureMethod ?? 'automatic_async',
              metadata: params.metadata,
              ...(params.description === undefined ? {} : { description: params.description }),
              expand: WITH_CHARGE,
            },
            options,
          ),
        readPaymentIntent,
      ),
    retrievePaymentIntent: (id: string) =>
      call(
        { operation: 'retrievePaymentIntent' },
        options =>
          stripe.paymentIntents.retrieve(
            requireId('retrievePaymentIntent', 'payment_intent', id),
            { expand: WITH_CHARGE },
            options,
          ),
        expecting(id, readPaymentIntent),
      ),
    listPaymentIntentsOfCustomer: (params: { customer: string } & StripeWindow) =>
      call(
        { operation: 'listPaymentIntentsOfCustomer' },
        options =>
          stripe.paymentIntents.list(
            {
              customer: requireId('listPaymentIntentsOfCustomer', 'customer', params.customer),
              ...createdRange(params),
              expand: ['data.latest_charge'],
            },
            options,
          ),
        pageOf(readPaymentIntent),
      ),
  }
}

function paymentIntentMoves(stripe: Stripe, call: Call) {
  return {
    confirmPaymentIntent: (id: string, params: ConfirmPaymentIntent, idempotencyKey: string) =>
      call(
        { operation: 'confirmPaymentIntent', idempotencyKey },
        options =>
          stripe.paymentIntents.confirm(
            requireId('confirmPaymentIntent', 'payment_intent', id),
            {
              payment_method: requireId('confirmPaymentIntent', 'payment_method', params.paymentMethod),
              off_session: params.offSession,
              ...(params.returnUrl === undefined ? {} : { return_url: params.returnUrl }),
              expand: WITH_CHARGE,
            },
            options,
          ),
        expecting(id, readPaymentIntent),
      ),
    capturePaymentIntent: (id: string, params: { amountToCapture?: number }, idempotencyKey: string) =>
      call(
        { operation: 'capturePaymentIntent', idempotencyKey },
        options =>
          stripe.paymentIntents.capture(
            requireId('capturePaymentIntent', 'payment_intent', id),
            {
              ...(params.amountToCapture === undefined ? {} : { amount_to_capture: params.amountToCapture }),
              expand: WITH_CHARGE,
            },
            options,
          ),
        expecting(id, readPaymentIntent),
      ),
    cancelPaymentIntent: (id: string, params: { reason?: CancellationReason }, idempotencyKey: string) =>
      call(
        { operation: 'cancelPaymentIntent', idempotencyKey },
        options =>
          stripe.paymentIntents.cancel(
            requireId('cancelPaymentIntent', 'payment_intent', id),
            {
              ...(params.reason === undefined ? {} : { cancellation_reason: params.reason }),
              expand: WITH_CHARGE,
            },
            options,
          ),
        expecting(id, readPaymentIntent),
      ),
  }
}

function chargeCalls(stripe: Stripe, call: Call) {
  return {
    retrieveCharge: (id: string) =>
      call(
        { operation: 'retrieveCharge' },
        options => stripe.charges.retrieve(requireId('retrieveCharge', 'charge', id), {}, options),
        expecting(id, readCharge),
      ),
    createRefund: (params: CreateRefund, idempotencyKey: string) =>
      call(
        { operation: 'createRefund', idempotencyKey },
        options =>
          stripe.refunds.create(
            {
              payment_intent: requireId('createRefund', 'payment_intent', params.paymentIntent),
              ...(params.amount === undefined ? {} : { amount: params.amount }),
              ...(params.reason === undefined ? {} : { reason: params.reason }),
              metadata: params.metadata,
            },
            options,
          ),
        readRefund,
      ),
    retrieveRefund: (id: string) =>
      call(
        { operation: 'retrieveRefund' },
        options => stripe.refunds.retrieve(requireId('retrieveRefund', 'refund', id), {}, options),
        expecting(id, readRefund),
      ),
    listRefunds: (params: OfPayment & StripeWindow) =>
      call(
        { operation: 'listRefunds' },
        options => stripe.refunds.list({ ...ofPayment('listRefunds', params), ...createdRange(params) }, options),
        pageOf(readRefund),
      ),
    retrieveDispute: (id: string) =>
      call(
        { operation: 'retrieveDispute' },
        options => stripe.disputes.retrieve(requireId('retrieveDispute', 'dispute', id), {}, options),
        expecting(id, readDispute),
      ),
    listDisputes: (params: OfPayment & StripeWindow) =>
      call(
        { operation: 'listDisputes' },
        options => stripe.disputes.list({ ...ofPayment('listDisputes', params), ...createdRange(params) }, options),
        pageOf(readDispute),
      ),
  }
}

function ofPayment(operation: string, { charge, paymentIntent }: OfPayment) {
  return {
    ...(charge === undefined ? {} : { charge: requireId(operation, 'charge', charge) }),
    ...(paymentIntent === undefined ? {} : { payment_intent: requireId(operation, 'payment_intent', paymentIntent) }),
  }
}
