// Calls about who pays and with which card: account, customers, tokens, payment methods, setup intents.
import type Stripe from 'stripe'
import { readAccount, type StripeAccountInfo } from './balance-objects.ts'
import { type Call, expecting, pageOf, requireId, type StripePage } from './call.ts'
import {
  readCustomer,
  readCustomerContacts,
  readPaymentMethod,
  readSetupIntent,
  readToken,
  type StripeCustomer,
  type StripeCustomerContacts,
  type StripePaymentMethod,
  type StripeSetupIntent,
  type StripeToken,
} from './card-objects.ts'

export type StripeMetadata = Record<string, string>
export type CreateSetupIntent = { customer: string; usage: 'off_session' | 'on_session'; metadata: StripeMetadata }

export type CardCalls = {
  /** The account that the secret key belongs to. */
  account(): Promise<StripeAccountInfo>
  createCustomer(params: { metadata: StripeMetadata }, idempotencyKey: string): Promise<StripeCustomer>
  retrieveCustomer(id: string): Promise<StripeCustomer>
  /** Newest first, at most 100. */
  listCustomers(params: { limit: number; startingAfter?: string }): Promise<StripePage<StripeCustomer>>
  /** What the customer says of the person: panless never writes it there, others may have. */
  retrieveCustomerContacts(id: string): Promise<StripeCustomerContacts>
  /** An empty text clears. */
  updateCustomerContacts(
    id: string,
    contacts: Partial<Record<'name' | 'email' | 'phone', string>>,
    idempotencyKey: string,
  ): Promise<StripeCustomerContacts>
  /** Deletes the customer and detaches its cards; `not_found` when it is gone already. */
  deleteCustomer(id: string): Promise<StripeCustomer>
  createSetupIntent(params: CreateSetupIntent, idempotencyKey: string): Promise<StripeSetupIntent>
  /** With its payment method expanded. */
  retrieveSetupIntent(id: string): Promise<StripeSetupIntent>
  cancelSetupIntent(id: string, idempotencyKey: string): Promise<StripeSetupIntent>
  /** A test-mode name such as tok_visa answers a token with an id of its own. */
  retrieveToken(id: string): Promise<StripeToken>
  /** A test-mode name such as pm_card_visa answers a payment method with an id of its own. */
  retrievePaymentMethod(id: string): Promise<StripePaymentMethod>
  createPaymentMethodFromToken(token: string, idempotencyKey: string): Promise<StripePaymentMethod>
  attachPaymentMethod(id: string, customer: string, idempotencyKey: string): Promise<StripePaymentMethod>
  detachPaymentMethod(id: string, idempotencyKey: string): Promise<StripePaymentMethod>
}

export function cardCalls(stripe: Stripe, call: Call): CardCalls {
  return {
    account: () => call({ operation: 'account' }, options => stripe.accounts.retrieveCurrent({}, options), readAccount),
    createCustomer: ({ metadata }, idempotencyKey) =>
      call(
        { operation: 'createCustomer', idempotencyKey },
        options => stripe.customers.create({ metadata }, options),
        readCustomer,
      ),
    retrieveCustomer: id =>
      call(
        { operation: 'retrieveCustomer' },
        options => stripe.customers.retrieve(requireId('retrieveCustomer', 'customer', id), {}, options),
        expecting(id, readCustomer),
      ),
    listCustomers: ({ limit, startingAfter }) =>
      call(
        { operation: 'listCustomers' },
        options =>
          stripe.customers.list({ limit, ...(startingAfter ? { starting_after: startingAfter } : {}) }, options),
        pageOf(readCustomer),
      ),
    retrieveCustomerContacts: id =>
      call(
        { operation: 'retrieveCustomerContacts' },
        options => stripe.customers.retrieve(requireId('retrieveCustomerContacts', 'customer', id), {}, options),
        expecting(id, readCustomerContacts),
      ),
    updateCustomerContacts: (id, contacts, idempotencyKey) =>
      call(
        { operation: 'updateCustomerContacts', idempotencyKey },
        options => stripe.customers.update(requireId('updateCustomerContacts', 'customer', id), contacts, options),
        expecting(id, readCustomerContacts),
      ),
    deleteCustomer: id =>
      call(
        { operation: 'deleteCustomer' },
        options => stripe.customers.del(requireId('deleteCustomer', 'customer', id), {}, options),
        expecting(id, readCustomer),
      ),
    ...setupIntentCalls(stripe, call),
    ...paymentMethodCalls(stripe, call),
  }
}

function setupIntentCalls(stripe: Stripe, call: Call) {
  return {
    createSetupIntent: ({ customer, usage, metadata }: CreateSetupIntent, idempotencyKey: string) =>
      call(
        { operation: 'createSetupIntent', idempotencyKey },
        options =>
          stripe.setupIntents.create(
            {
              customer: requireId('createSetupIntent', 'customer', customer),
              usage,
              metadata,
              allowed_payment_method_types: ['card'],
            },
            options,
          ),
        readSetupIntent,
      ),
    retrieveSetupIntent: (id: string) =>
      call(
        { operation: 'retrieveSetupIntent' },
        options =>
          stripe.setupIntents.retrieve(
            requireId('retrieveSetupIntent', 'setup_intent', id),
            { expand: ['payment_method'] },
            options,
          ),
        expecting(id, readSetupIntent),
      ),
    cancelSetupIntent: (id: string, idempotencyKey: string) =>
      call(
        { operation: 'cancelSetupIntent', idempotencyKey },
        options => stripe.setupIntents.cancel(requireId('cancelSetupIntent', 'setup_intent', id), {}, options),
        expecting(id, readSetupIntent),
      ),
  }
}

function paymentMethodCalls(stripe: Stripe, call: Call) {
  return {
    retrieveToken: (id: string) =>
      call(
        { operation: 'retrieveToken' },
        options => stripe.tokens.retrieve(requireId('retrieveToken', 'token', id), {}, options),
        expecting(id, readToken),
      ),
    retrievePaymentMethod: (id: string) =>
      call(
        { operation: 'retrievePaymentMethod' },
        options =>
          stripe.paymentMethods.retrieve(requireId('retrievePaymentMethod', 'payment_method', id), {}, options),
        expecting(id, readPaymentMethod),
      ),
    createPaymentMethodFromToken: (token: string, idempotencyKey: string) =>
      call(
        { operation: 'createPaymentMethodFromToken', idempotencyKey },
        options =>
          stripe.paymentMethods.create(
            { type: 'card', card: { token: requireId('createPaymentMethodFromToken', 'token', token) } },
            options,
          ),
        readPaymentMethod,
      ),
    attachPaymentMethod: (id: string, customer: string, idempotencyKey: string) =>
      call(
        { operation: 'attachPaymentMethod', idempotencyKey },
        options =>
          stripe.paymentMethods.attach(
            requireId('attachPaymentMethod', 'payment_method', id),
            { customer: requireId('attachPaymentMethod', 'customer', customer) },
            options,
          ),
        expecting(id, readPaymentMethod),
      ),
    detachPaymentMethod: (id: string, idempotencyKey: string) =>
      call(
        { operation: 'detachPaymentMethod', idempotencyKey },
        options => stripe.paymentMethods.detach(requireId('detachPaymentMethod', 'payment_method', id), {}, options),
        expecting(id, readPaymentMethod),
      ),
  }
}
