/** The parameters of /v1/payment_intents: method, what is said at confirmation, description; put together for each call. */
import {
  automaticPaymentMethods,
  id,
  mandateData,
  metadata,
  paymentMethodData,
  paymentMethodOptions,
  paymentMethodTypes,
  shipping,
} from '../api/common-parameters.ts'
import { boolean, clearable, ignored, integer, oneOf, required, string } from '../api/parameters.ts'

const text = clearable(string({ max: 1000 }))
const captureMethod = oneOf('automatic', 'automatic_async', 'manual')
const futureUsage = clearable(oneOf('off_session', 'on_session'))
const descriptor = clearable(string({ max: 22 }))

const method = {
  payment_method: clearable(id),
  payment_method_data: paymentMethodData,
  payment_method_options: paymentMethodOptions,
  payment_method_types: ignored,
  allowed_payment_method_types: paymentMethodTypes,
  excluded_payment_method_types: paymentMethodTypes,
}

const atConfirm = {
  error_on_requires_action: boolean,
  mandate: id,
  mandate_data: mandateData,
  off_session: boolean,
  radar_options: ignored,
  return_url: string(),
  use_stripe_sdk: boolean,
}

const described = {
  description: text,
  metadata,
  payment_details: ignored,
  amount_details: ignored,
  receipt_email: clearable(string({ max: 512 })),
  setup_future_usage: futureUsage,
  shipping: clearable(shipping),
  statement_descriptor: descriptor,
  statement_descriptor_suffix: descriptor,
  transfer_group: clearable(string()),
}

export const createTable = {
  ...method,
  ...atConfirm,
  ...described,
  amount: required(integer({ min: 1 })),
  currency: required(string({ max: 3 })),
  automatic_payment_methods: automaticPaymentMethods,
  capture_method: captureMethod,
  confirm: boolean,
  confirmation_method: oneOf('automatic', 'manual'),
  customer: id,
  payment_method_configuration: ignored,
}

export const updateTable = {
  ...method,
  ...described,
  amount: integer({ min: 1 }),
  currency: string({ max: 3 }),
  capture_method: captureMethod,
  customer: id,
}

export const confirmTable = {
  ...method,
  ...atConfirm,
  amount_to_confirm: integer({ min: 1 }),
  capture_method: captureMethod,
  receipt_email: described.receipt_email,
  setup_future_usage: futureUsage,
  shipping: described.shipping,
  payment_details: ignored,
  amount_details: ignored,
}

export const captureTable = {
  amount_to_capture: integer({ min: 1 }),
  final_capture: boolean,
  metadata,
  statement_descriptor: descriptor,
  statement_descriptor_suffix: descriptor,
  payment_details: ignored,
  amount_details: ignored,
}

export const cancelTable = {
  cancellation_reason: oneOf('abandoned', 'duplicate', 'fraudulent', 'requested_by_customer'),
}
